"""What a path offers to be diagnosed: course functions, a bound model, a workspace of the game."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from engine.errors import NothingToAsk
from engine.sandbox.messages import Diagnose, Probe

BINDING = "tui_debugger_model.py"
"""The file that binds a whole model."""
_ADAPTERS = ("tests/adapters.py", "adapters.py")
_BINDINGS = (BINDING, f"tests/{BINDING}")
_WORKSPACE = ("transformer/core.py", "training/loss.py")
_MARKS = (".git", "pyproject.toml", "setup.py")
_LARGEST = 1 << 20
"""Bytes of a file that is looked at for what it defines."""


class Target(Struct, frozen=True):
    """Where what is to be diagnosed lies."""

    root: Path
    """All that the code under test may read of its own."""
    adapters: Path | None = None
    model: Path | None = None
    workspace: bool = False

    @property
    def name(self) -> str:
        """What it is called in a report."""
        files = [file.relative_to(self.root).as_posix() for file in self.files]
        return " and ".join(files) if files else self.root.name or str(self.root)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that say what there is to ask."""
        return tuple(file for file in (self.adapters, self.model) if file is not None)

    def task(
        self, names: tuple[str, ...] | None, seed: int = 0, rope: str | None = None
    ) -> Probe | Diagnose:
        """What the sandbox has to do."""
        if self.workspace:
            return Probe(str(self.root), names, seed)
        adapters, model = (None if f is None else str(f) for f in (self.adapters, self.model))
        return Diagnose(str(self.root), adapters, model, rope, names, seed)


def find(path: Path) -> Target:
    """What ``path``, a repository or a file, offers. Raises NothingToAsk."""
    path = path.expanduser().absolute()
    if path.is_file():
        return _of_file(path)
    if not path.is_dir():
        raise NothingToAsk(f"{path} is neither a file nor a folder.")
    adapters = next((path / file for file in _ADAPTERS if (path / file).is_file()), None)
    model = next((path / file for file in _BINDINGS if (path / file).is_file()), None)
    if adapters or model:
        return Target(path, adapters, model)
    if any((path / file).is_file() for file in _WORKSPACE):
        return Target(path, workspace=True)
    raise NothingToAsk(
        f"{path} holds neither {' nor '.join(_ADAPTERS)}, nor {BINDING}, and it is no workspace of "
        "the game. Give the file itself if it has another name; docs/diagnose.md shows what goes "
        "into it."
    )


def _of_file(path: Path) -> Target:
    """By what the file defines at its top level, or imports there."""
    names = set(_defined(path))
    if any(name.startswith("run_") or name == "get_adamw_cls" for name in names):
        return Target(_repository(path), adapters=path)
    if "build" in names:
        return Target(_repository(path), model=path)
    raise NothingToAsk(
        f"{path} defines none of the course's adapters (run_rmsnorm, …), and no build() of a "
        "model; docs/diagnose.md shows both."
    )


def _defined(path: Path) -> Iterator[str]:
    try:
        if path.stat().st_size > _LARGEST:
            raise NothingToAsk(f"{path} is too large to be a file of adapters.")
        tree = ast.parse(path.read_bytes(), str(path))
    except (OSError, SyntaxError, ValueError) as error:
        raise NothingToAsk(f"{path} cannot be read as Python: {error}.") from error
    for statement in ast.walk(tree):
        match statement:
            case ast.FunctionDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (t.id for t in targets if isinstance(t, ast.Name))
            case ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)


def _repository(path: Path) -> Path:
    """The nearest folder above that looks like a repository's, or else the package's."""
    for folder in path.parents:
        if any((folder / mark).exists() for mark in _MARKS):
            return folder
    folder = path.parent
    while (folder / "__init__.py").exists() and folder != folder.parent:
        folder = folder.parent
    return folder
