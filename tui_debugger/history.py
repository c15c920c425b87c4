"""The runs of a level's probes, oldest first: what each found, and in which text."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct, field

from engine.evidence import Evidence, Status
from engine.level import Source, unified_diff
from engine.workspace import write_atomically

MOST = 40
"""Runs that are kept of a level; older ones go."""


class Run(Struct, frozen=True):
    """One run."""

    at: datetime
    evidence: tuple[Evidence, ...]
    """Without figures and calls. What was not reached is not in it."""
    edits: dict[str, str]
    """The files that were not as in the level's start, whole."""

    def counted(self, status: Status) -> int:
        """How many probes came out like that."""
        return sum(item.status is status for item in self.evidence)


class _Pages(Struct, frozen=True):
    format: int = 1
    runs: tuple[Run, ...] = field(default=())


class Moved(Struct, frozen=True):
    """A probe that came out differently in two runs."""

    then: Evidence
    now: Evidence


class History:
    """The runs of one level, kept on disk.

    Nothing is lost with it that a player could not have again, so a file that cannot be read or
    written is no error.
    """

    def __init__(self, path: Path, start: Source) -> None:
        self.path = path
        self.start = start
        self.runs: tuple[Run, ...] = ()
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self.runs = msgspec.json.decode(path.read_bytes(), type=_Pages).runs

    def add(self, evidence: tuple[Evidence, ...], texts: Mapping[str, str]) -> None:
        """Note a run that has ended; ``texts`` is the source it ran."""
        seen = tuple(
            msgspec.structs.replace(item, figure=None, calls=())
            for item in evidence
            if item.status is not Status.SKIPPED
        )
        if not seen:
            return
        edits = {file: text for file, text in texts.items() if self.start.get(file, text) != text}
        self.runs = (*self.runs, Run(datetime.now(UTC), seen, edits))[-MOST:]
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, msgspec.json.encode(_Pages(runs=self.runs)).decode())

    def diff(self, then: Run, now: Run) -> str:
        """What changed in the source between two runs, as a unified diff."""
        files = {*then.edits, *now.edits}
        before, after = (
            {file: run.edits.get(file, self.start.get(file, "")) for file in files}
            for run in (then, now)
        )
        return unified_diff(before, after)

    def texts(self, file: str) -> list[str]:
        """The texts that ``file`` had from run to run, from the level's start on, each change
        once."""
        found = [self.start[file]] if file in self.start else []
        for run in self.runs:
            text = run.edits.get(file, self.start.get(file))
            if text is not None and found[-1:] != [text]:
                found.append(text)
        return found


def moved(then: Run, now: Run) -> tuple[Moved, ...]:
    """The probes of both runs whose outcome or numbers changed, other outcomes first."""
    before = {item.probe: item for item in then.evidence}
    pairs = [Moved(before[item.probe], item) for item in now.evidence if item.probe in before]
    changed = [
        pair
        for pair in pairs
        if pair.then.status is not pair.now.status
        or (pair.now.status is Status.FIRES and pair.then.measurements != pair.now.measurements)
    ]
    return tuple(sorted(changed, key=lambda pair: pair.then.status is pair.now.status))
