"""A player's own score: level by level, and how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from engine.ledger import Entry, Submitted
from engine.level import Level
from engine.scoring import Progress, State, course, progress


class LevelScore(Struct, frozen=True):
    """One level."""

    level: Level
    standing: Progress
    time: timedelta | None
    """From when it was first opened to when it was solved; None before it is."""


class Won(Struct, frozen=True):
    """Points, when they were won."""

    at: datetime
    level: Level
    points: int
    total: int
    """All points from then on."""


class Score(Struct, frozen=True):
    """All levels, and the course of it."""

    levels: tuple[LevelScore, ...]
    course: tuple[Won, ...]

    @property
    def points(self) -> int:
        """All points won."""
        return sum(row.standing.award for row in self.levels)

    @property
    def value(self) -> int:
        """What all levels pay without hints."""
        return sum(row.level.value for row in self.levels)


def score(levels: Sequence[Level], entries: Iterable[Entry]) -> Score:
    """The score that a ledger's entries amount to, oldest first."""
    of: dict[str, list[Entry]] = {level.id: [] for level in levels}
    for entry in entries:
        if entry.level in of:
            of[entry.level].append(entry)
    rows = tuple(_row(level, of[level.id]) for level in levels)
    gains = sorted((gain for level in levels for gain in _gains(level, of[level.id])), key=_at)
    total = 0
    won: list[Won] = []
    for at, level, points in gains:
        total += points
        won.append(Won(at, level, points, total))
    return Score(rows, tuple(won))


Gain = tuple[datetime, Level, int]


def _at(gain: Gain) -> datetime:
    return gain[0]


def _gains(level: Level, entries: Iterable[Entry]) -> Iterable[Gain]:
    before = 0
    for entry, standing in course(level, entries):
        if standing.award != before:
            yield entry.at, level, standing.award - before
        before = standing.award


def _row(level: Level, entries: Sequence[Entry]) -> LevelScore:
    standing = progress(level, entries)
    time = None
    if standing.state is State.SOLVED:
        solving = (e.at for e in entries if isinstance(e.deed, Submitted) and e.deed.solved)
        time = max(next(solving) - entries[0].at, timedelta())  # a clock may have been set back
    return LevelScore(level, standing, time)
