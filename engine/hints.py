"""The ladder of hints: the level's notes from vague to telling, then the line, then the answer."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from engine.level import Level

LINE_SHARE = 2, 5
"""What the line costs, as a fraction of the level's value."""


class Kind(StrEnum):
    """What a rung of the ladder tells."""

    NOTE = "note"
    LINE = "line"
    ANSWER = "answer"


class Rung(Struct, frozen=True):
    """One step of the ladder."""

    kind: Kind
    title: str
    cost: int
    """Points. The answer's is the whole of what the level is still worth: 0 here."""
    text: str
    probe: str | None = None
    holds: bool = True
    """False where a note that is often repeated is not what the live model shows."""


def ladder(level: Level) -> tuple[Rung, ...]:
    """All rungs of ``level``, in the order in which they are taken."""
    notes = [Rung(Kind.NOTE, h.title, h.cost, h.text, h.probe, h.holds) for h in level.file.hints]
    places = [f"{file}, line {line}" for file, line in level.places()]
    cost = level.value * LINE_SHARE[0] // LINE_SHARE[1]
    line = Rung(Kind.LINE, "The lines" if len(places) > 1 else "The line", cost, "\n".join(places))
    told = level.file.answer
    answer = Rung(Kind.ANSWER, "The answer", 0, f"{told.title}\n\n{told.explanation.strip()}")
    return (*notes, line, answer)
