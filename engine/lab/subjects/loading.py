"""Loading one file of somebody's repository as Python would from the repository's own folder."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

from engine.evidence import Fault
from engine.lab.codebase import CodeFault, fault_of, relative


class Foreign:
    """A module of a repository; it is loaded when it is first asked for something."""

    def __init__(self, root: Path, file: Path) -> None:
        """``file`` is absolute and under ``root``, what tracebacks are told relative to."""
        self.root = root.resolve()
        self.file = file.resolve()
        self._module: ModuleType | None = None

    @property
    def name(self) -> str:
        """The file, as a person would call it."""
        return self.file.relative_to(self.root).as_posix()

    @property
    def module(self) -> ModuleType:
        """The module. Raises CodeFault when it cannot be loaded."""
        if self._module is None:
            try:
                self._module = self._load()
            except BaseException as error:
                # Importing runs their code: SystemExit and KeyboardInterrupt are theirs too.
                raise CodeFault(self.fault(error)) from error
        return self._module

    def fault(self, error: BaseException) -> Fault:
        """What was raised, and where in their code."""
        return fault_of(error, self.root)

    def raised(self, error: BaseException) -> bool:
        """Whether a ``raise`` of their own raised ``error``, and no library called from there."""
        frames = traceback.extract_tb(error.__traceback__)
        if not frames or relative(frames[-1].filename, self.root) is None:
            return False
        return (frames[-1].line or "").startswith("raise")

    def _load(self) -> ModuleType:
        package = self.file.parent
        parts = [self.file.stem]
        while (package / "__init__.py").exists() and package != package.parent:
            parts.insert(0, package.name)
            package = package.parent
        # As `python -m` and pytest would find it: from the repository, from src, from beside it.
        places = [str(place) for place in (self.root, self.root / "src", package)]
        sys.path[:0] = [place for place in dict.fromkeys(places) if Path(place).is_dir()]
        for known in [name for name in sys.modules if name.partition(".")[0] == parts[0]]:
            del sys.modules[known]  # another repository's of that name
        importlib.invalidate_caches()
        return importlib.import_module(".".join(parts))
