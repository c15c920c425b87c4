"""A job as the server hands it to a child, with a folder to be in."""

from __future__ import annotations

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
        shutil.rmtree(self.scratch, onerror=_unlock)
        with suppress(OSError):
            self.report.unlink()


def _unlock(_: object, path: str, __: object) -> None:
    with suppress(OSError):
        Path(path).parent.chmod(0o700)
        Path(path).chmod(0o700)
        if Path(path).is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink()
