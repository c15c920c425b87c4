"""A job as the server hands it to a child, with a folder to be in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from engine.sandbox.confinement import PROJECT
from engine.sandbox.messages import Answer, Judge, Run
from engine.sandbox.removal import removing


class Assignment(Struct, frozen=True):
    """A job as handed to its child."""

    run: Run
    scratch: str
    """The folder it is in while it runs; removed afterwards."""

    @property
    def report(self) -> Path:
        """Where faulthandler writes: beside that folder, out of the way."""
        return Path(f"{self.scratch}.fault")

    @property
    def readable(self) -> list[Path]:
        """What the task has to read."""
        match self.run.task:
            case Judge(answers=answers):
                return [Path(answers).parent, PROJECT]
            case task:
                return [Path(task.root)]

    @property
    def writable(self) -> list[Path]:
        """What the task may write to: its own folder, and that of its answers."""
        match self.run.task:
            case Answer(out=out):
                return [Path(self.scratch), Path(out).parent]
            case _:
                return [Path(self.scratch)]

    def make_room(self) -> None:
        """Make the folder. Raises OSError."""
        Path(self.scratch).mkdir(mode=0o700)

    def clearing_up(self) -> Iterator[None]:
        """Remove the folder, and what may have been locked within, in short steps."""
        with suppress(OSError):
            self.report.unlink()
        yield from removing(Path(self.scratch))
