"""Claims: the player's diagnosis before the first submission, and when it is right.

A claim names lines, a category and a probe as its evidence. It is right when every line is one that
the bug has spoilt, the category is one that describes it, and the probe had fired before. It is
judged when the level is solved, and pays a fifth of the level's value on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from engine.hints import Kind, ladder
from engine.ledger import Claimed, Entry, HintTaken, Line, Probed, Submitted
from engine.level import Level

BONUS_SHARE = 1, 5
"""What a right claim pays, as a fraction of the level's value."""
MOST_LINES = 5
"""Lines of one claim: a diagnosis, not a net."""


class Judged(Struct, frozen=True):
    """What is right in a claim, part by part."""

    lines: tuple[bool, ...]
    """Line by line, in the claim's order."""
    category: bool
    evidence: bool
    """Whether the probe had fired."""
    allowed: bool
    """So many lines may be claimed, and nothing had given them away."""

    @property
    def right(self) -> bool:
        """Whether all of it is."""
        return all((*self.lines, self.category, self.evidence, self.allowed))


def bonus(level: Level) -> int:
    """Points for a right claim."""
    return level.value * BONUS_SHARE[0] // BONUS_SHARE[1]


def categories(levels: Iterable[Level]) -> dict[str, str]:
    """What a bug can be, in alphabetical order, and what kind of mistake each one stands for."""
    single = (level for level in levels if len(level.parts) == 1)
    return dict(sorted({level.file.category: level.kind for level in single}.items()))


def claim_of(entries: Iterable[Entry]) -> Claimed | None:
    """The claim that counts: the first, if nothing was submitted before it."""
    for entry in entries:
        if isinstance(entry.deed, Submitted):
            return None
        if isinstance(entry.deed, Claimed):
            return entry.deed
    return None


def fired(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The probes that ever fired, each once, the latest run's first."""
    runs = [entry.deed.fired for entry in entries if isinstance(entry.deed, Probed)]
    return tuple(dict.fromkeys(name for run in reversed(runs) for name in run))


def refusal(level: Level, entries: Sequence[Entry]) -> str:
    """Why no claim can be made any more, as one sentence; empty while one can."""
    if len(level.parts) > 1:
        return "A level with several bugs takes no claim."
    if any(isinstance(entry.deed, Submitted) for entry in entries):
        return "A claim is made before the first submission, and there has been one."
    if claim_of(entries) is not None:
        return "One claim a level, and it has been made."
    if any(_gives_away(level, entry) for entry in entries):
        return "The line or the answer has been shown; there is nothing left to claim."
    if not fired(entries):
        return "A claim needs evidence: run a probe that fires."
    return ""


def judge(level: Level, entries: Sequence[Entry]) -> Judged | None:
    """What is right in the claim in ``entries``, oldest first; None when none counts."""
    claim = claim_of(entries)
    if claim is None or len(level.parts) > 1:
        return None
    before = entries[: next(at for at, entry in enumerate(entries) if entry.deed == claim)]
    wrong = spoilt(level)
    return Judged(
        lines=tuple(line in wrong for line in claim.lines),
        category=claim.category in (level.file.category, *level.file.arguable),
        evidence=claim.probe in fired(before),
        allowed=0 < len(claim.lines) <= MOST_LINES
        and not any(_gives_away(level, entry) for entry in before),
    )


def spoilt(level: Level) -> frozenset[Line]:
    """The lines of the level's start that differ from the clean code; where lines are missing, the
    two that they belong between."""
    found: set[Line] = set()
    for file in {edit.file for edit in level.edits}:
        clean, start = level.clean[file].splitlines(), level.start[file].splitlines()
        for tag, _, _, low, high in SequenceMatcher(None, clean, start, False).get_opcodes():
            if tag == "delete":
                low, high = max(0, low - 1), min(len(start), high + 1)
            if tag != "equal":
                found.update(Line(file, number + 1) for number in range(low, high))
    return frozenset(found)


def start_line(start: str, text: str, line: int) -> int:
    """Which line (from 1) of ``start`` became ``line`` of ``text``; of lines that are new, the one
    they stand in place of or come after."""
    before, after = start.splitlines(), text.splitlines()
    at = line - 1
    for _, low, high, first, last in SequenceMatcher(None, before, after, False).get_opcodes():
        if first <= at < last:
            same = min(low + at - first, high - 1) if low < high else low - 1
            return max(0, same) + 1
    return max(1, len(before))


def _gives_away(level: Level, entry: Entry) -> bool:
    """Whether a hint was taken that names the line."""
    telling = {at for at, rung in enumerate(ladder(level)) if rung.kind is not Kind.NOTE}
    return isinstance(entry.deed, HintTaken) and (entry.deed.reveals or entry.deed.rung in telling)
