"""A job as the server hands it to a child, with a folder to be in."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from engine.sandbox.messages import Run


class Assignment(Struct, frozen=True):
    """A job as handed to its child."""

    run: Run
    scratch: str
    """The folder it is in while it runs; removed afterwards."""

    @property
    def report(self) -> Path:
        """Where faulthandler writes: beside that folder, out of the way."""
        return Path(f"{self.scratch}.fault")

    def make_room(self) -> None:
        """Make the folder. Raises OSError."""
        Path(self.scratch).mkdir(mode=0o700)

    def clear_up(self) -> None:
        """Remove the folder, and what may have been locked within."""
        scratch = Path(self.scratch)
        shutil.rmtree(scratch, ignore_errors=True)
        if scratch.is_dir() and not scratch.is_symlink():
            _unlock(scratch)
            shutil.rmtree(scratch, ignore_errors=True)
        with suppress(OSError):
            self.report.unlink()


def _unlock(scratch: Path) -> None:
    """Make every folder within removable, but nothing that a link points to."""
    with suppress(OSError):
        scratch.chmod(0o700)
    for folder, inner, _ in os.walk(scratch):
        for path in (Path(folder, name) for name in inner):
            if not path.is_symlink():
                with suppress(OSError):
                    path.chmod(0o700)
