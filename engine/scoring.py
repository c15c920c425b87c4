"""Points, as pure functions of the ledger's entries.

A part of a level pays its share of the value when it is first found mended, less the hints taken
since points were last won, and never less than the floor. So a hint costs nothing until there is
something to charge it to, nobody is locked out, and points once won stay won. A right claim pays
its bonus with the first solution (``engine.claims``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from engine import claims
from engine.ledger import Claimed, Entry, HintTaken, Opened, Submitted
from engine.level import Level

FLOOR_SHARE = 1, 10
"""What a solved part pays at the least, as a fraction of its value."""


class State(StrEnum):
    """How far the player is with a level."""

    NEW = "new"
    STARTED = "started"
    SOLVED = "solved"
    REVEALED = "revealed"
    """The answer was taken before the level was solved."""


class Progress(Struct, frozen=True):
    """One level's standing."""

    state: State
    award: int
    """Points won."""
    worth: int
    """Points that a full solution would bring the award to, as things stand."""
    hints: int
    """Rungs of the ladder taken."""
    submissions: int
    mended: tuple[str, ...]
    """Ids of the parts ever found mended."""
    gained_at: datetime | None
    """When points were last won."""
    claim: Claimed | None = None
    """The claim that counts, if one was made."""
    judged: claims.Judged | None = None
    """What was right in it; None before the level is solved, or without a claim."""
    bonus: int = 0
    """Points of the award that the claim has brought."""

    @property
    def claim_right(self) -> bool | None:
        """Whether all of the claim was right; None while that is open."""
        return self.judged.right if self.judged else None


def progress(level: Level, entries: Iterable[Entry]) -> Progress:
    """The standing of ``level`` from its own entries, oldest first."""
    tally = _Tally(level)
    for entry in entries:
        tally.add(entry)
    return tally.progress()


def course(level: Level, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Progress]]:
    """Each of the entries of ``level``, with the standing after it."""
    tally = _Tally(level)
    for entry in entries:
        tally.add(entry)
        yield entry, tally.progress()


def total(standings: Sequence[Progress]) -> int:
    """All points won."""
    return sum(standing.award for standing in standings)


class _Tally:
    def __init__(self, level: Level) -> None:
        self.level = level
        self.share = level.value // len(level.parts)
        self.floor = self.share * FLOOR_SHARE[0] // FLOOR_SHARE[1]
        self.owed = 0
        self.award = 0
        self.rungs: set[int] = set()
        self.mended: list[str] = []
        self.submissions = 0
        self.solved = self.revealed = self.touched = False
        self.gained_at: datetime | None = None
        self.entries: list[Entry] = []
        self.claim: Claimed | None = None
        self.judged: claims.Judged | None = None
        self.bonus = 0

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        match entry.deed:
            case Opened(started=False):
                return  # a look is no deed
            case HintTaken(rung, cost, reveals) if rung not in self.rungs:
                self.rungs.add(rung)
                if not self.solved:
                    self.owed += cost
                    self.revealed = self.revealed or reveals
            case Claimed() as claimed if self.claim is None and not self.submissions:
                self.claim = claimed
            case Submitted() as submitted:
                self._submitted(submitted, entry.at)
            case _:
                pass
        self.touched = True

    def _submitted(self, submitted: Submitted, at: datetime) -> None:
        self.submissions += 1
        parts = [part.id for part in self.level.parts]
        found = parts if submitted.solved else [id for id in parts if id in submitted.mended]
        fresh = [id for id in found if id not in self.mended]
        if fresh and not self.revealed:
            gain, self.owed = self._gain(len(fresh))
            self.award += gain
            self.gained_at = at
        self.mended += fresh
        if submitted.solved and not self.solved:
            self.solved = True
            self.judged = claims.judge(self.level, self.entries)
            if self.judged and self.judged.right and not self.revealed:
                self.bonus = claims.bonus(self.level)

    def _gain(self, parts: int) -> tuple[int, int]:
        """Points for so many parts, and what is still owed for hints after that."""
        if self.revealed:
            return 0, self.owed
        charged = min(self.owed, parts * (self.share - self.floor))
        return parts * self.share - charged, self.owed - charged

    def progress(self) -> Progress:
        if self.solved:
            state = State.SOLVED
        elif self.revealed:
            state = State.REVEALED
        else:
            state = State.STARTED if self.touched else State.NEW
        open_parts = len(self.level.parts) - len(self.mended)
        return Progress(
            state=state,
            award=self.award + self.bonus,
            worth=self.award + self.bonus + self._gain(open_parts)[0],
            hints=len(self.rungs),
            submissions=self.submissions,
            mended=tuple(id for p in self.level.parts if (id := p.id) in self.mended),
            gained_at=self.gained_at,
            claim=self.claim,
            judged=self.judged,
            bonus=self.bonus,
        )
