"""Running the probes with the interpreter, and the packages, of somebody else's environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.errors import NothingToAsk
from engine.sandbox.environment import FRESH

NEEDED = ("torch", "numpy", "msgspec")
_OLDEST = (3, 11)
_WANTED = "--python takes the interpreter of your transformer's environment: .venv/bin/python."
_WITHIN = ("bin/python", "Scripts/python.exe")
"""Where an environment has its interpreter."""
_ENGINE = Path(__file__).resolve().parents[1]

_LOOK = f"""
import importlib.util, json, sys
missing = [name for name in {NEEDED!r} if importlib.util.find_spec(name) is None]
tag = sys.implementation.cache_tag + sys.platform
print(json.dumps(dict(version=list(sys.version_info[:2]), tag=tag, missing=missing)))
"""
_SERVE = """
import sys
sys.path.insert(0, {engine!r})
sys.path.append({lent!r})
from engine.lab import bench
from engine.sandbox.process import main
main(bench)
"""


class _Found(Struct, frozen=True):
    """What an interpreter says of itself."""

    version: tuple[int, int]
    tag: str
    missing: tuple[str, ...]


@contextmanager
def server(python: str) -> Iterator[Sequence[str] | None]:
    """The command of a sandbox's server that runs on ``python``, valid within the context.

    ``python`` is a file, a name that is looked for as a shell does, or an environment's folder.
    None stands for the game's own interpreter. The engine is lent to another as a copy, so that
    nothing else of ours is found there, and msgspec too where it has none and is the same Python.
    Raises NothingToAsk, saying what it lacks.
    """
    if python == sys.executable:
        yield None
        return
    python = _program(python)
    found = _look(python)
    ours = sys.implementation.cache_tag + sys.platform
    lent = ["msgspec"] if "msgspec" in found.missing and found.tag == ours else []
    missing = [name for name in found.missing if name not in lent]
    if found.version < _OLDEST:
        has, needs = (".".join(map(str, v)) for v in (found.version, _OLDEST))
        raise NothingToAsk(f"{python} is Python {has}; the probes need {needs} or later.")
    if missing:
        raise NothingToAsk(
            f"{python} has no {' and no '.join(missing)}, which the probes need there: "
            f"{python} -m pip install {' '.join(missing)}"
        )
    with tempfile.TemporaryDirectory(prefix="tui-debugger-", ignore_cleanup_errors=True) as folder:
        engine, packages = Path(folder, "engine"), Path(folder, "lent")
        shutil.copytree(_ENGINE, engine / "engine", ignore=shutil.ignore_patterns("__pycache__"))
        packages.mkdir()
        for name in lent:
            shutil.copytree(_place(name), packages / name)
        code = _SERVE.format(engine=str(engine), lent=str(packages))
        # -E: what PYTHONPATH leads to here has no business there.
        yield [python, "-E", "-P", "-c", code, FRESH]


def _program(python: str) -> str:
    """The absolute path, links as they are: a link is how an environment is told from another."""
    within = (Path(python, name) for name in _WITHIN)
    wanted = next((str(path) for path in within if path.is_file()), python)
    found = shutil.which(Path(wanted).expanduser())
    if found is None:
        raise NothingToAsk(f"There is no program {python}; {_WANTED}")
    return str(Path(found).absolute())


def _look(python: str) -> _Found:
    with tempfile.TemporaryDirectory() as nowhere:
        try:
            told = subprocess.run(
                [python, "-E", "-c", _LOOK],
                capture_output=True,
                text=True,
                timeout=60,
                cwd=nowhere,
                check=True,
            )
            return msgspec.convert(json.loads(told.stdout), _Found)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise NothingToAsk(f"{python} does not run as a Python; {_WANTED}") from error


def _place(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
