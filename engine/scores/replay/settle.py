"""What a card is worth once its fixes have been judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from engine.errors import BadDiff
from engine.judging import mended
from engine.ledger import Entry, Submitted
from engine.level import Level
from engine.patch import apply
from engine.scores.cards import Card
from engine.scores.document import Solve
from engine.scores.names import shown
from engine.scores.replay.ruling import Ruling, fingerprint
from engine.scores.solves import mending, solve


class Fix(Struct, frozen=True):
    """A submission that a card is paid for."""

    field: str
    """Where it stands, for a person to find."""
    level: Level
    place: int
    """In the solve's record."""
    submitted: Submitted
    source: dict[str, str] | None
    """The level's source with the fix applied; None where it does not apply."""
    fault: str = ""
    """Why it does not."""

    @property
    def key(self) -> str:
        """The fingerprint of its source."""
        return fingerprint(self.source or {})


class Settled(Struct, frozen=True):
    """A card with nothing in it but what was replayed, and a sentence for each fix that was not."""

    card: Card
    faults: tuple[str, ...] = ()


def fixes(card: Card, levels: Mapping[str, Level]) -> Iterator[Fix]:
    """Every submission that ``card`` is paid for."""
    for one in card.solves:
        yield from _fixes(one, levels[one.level])


def settle(
    card: Card, levels: Mapping[str, Level], rulings: Mapping[str, Ruling]
) -> Settled | None:
    """``card`` as far as its fixes hold; None where one of them has not been judged."""
    solves: list[Solve] = []
    faults: list[str] = []
    for one in card.solves:
        level = levels[one.level]
        mine = list(_fixes(one, level))
        if any(fix.source is not None and fix.key not in rulings for fix in mine):
            return None
        held = {fix.place: _held(fix, rulings) for fix in mine}
        wrong = [f"{fix.field}: {said}" for fix in mine if (said := held[fix.place][1])]
        faults += wrong
        left = _kept(one, level, {at: deed for at, (deed, _) in held.items()}) if wrong else one
        if left is not None:
            solves.append(left)
    return Settled(Card(card.player, tuple(solves), verified=True), tuple(faults))


def proven(card: Card, levels: Mapping[str, Level], rulings: Mapping[str, Ruling]) -> Card:
    """``card``, verified if every one of its fixes has been judged and holds."""
    settled = settle(card, levels, rulings)
    return settled.card if settled is not None and not settled.faults else card


def _fixes(one: Solve, level: Level) -> Iterator[Fix]:
    for place, submitted in mending(level, one.record):
        field = f"{one.player}, {level.title}, record[{place}].deed.fix"
        try:
            source = apply(submitted.fix, level.start)
        except BadDiff as error:
            yield Fix(field, level, place, submitted, None, f"does not apply, {error}")
        else:
            yield Fix(field, level, place, submitted, source)


def _held(fix: Fix, rulings: Mapping[str, Ruling]) -> tuple[Submitted, str]:
    """The submission as far as it holds, and a sentence if that is not all of it."""
    if fix.source is None:
        return replace(fix.submitted, solved=False, mended=()), fix.fault
    ruling = rulings[fix.key]
    parts = tuple(part.id for part in fix.level.parts)
    paid = parts if fix.submitted.solved else fix.submitted.mended
    found = [id for id in mended(fix.level, ruling.solved, ruling.passed) if id in paid]
    solved = fix.submitted.solved and ruling.solved
    deed = replace(fix.submitted, solved=solved, mended=() if solved else tuple(found))
    if len(found) == len(set(paid)):
        return deed, ""
    if ruling.reason:
        return deed, f"does not replay. {shown(ruling.reason, 300)}"
    return deed, f"mends {len(found)} of {len(paid)} that it is paid for."


def _kept(one: Solve, level: Level, held: Mapping[int, Submitted]) -> Solve | None:
    """``one`` with the submissions that were replayed, each as far as it holds.

    Those that were not judged again won nothing when they were made, and must not win now.
    """
    entries = []
    for place, step in enumerate(one.record):
        deed = step.deed
        if isinstance(deed, Submitted):
            deed = held.get(place) or replace(deed, solved=False, mended=())
        entries.append(Entry(step.at, level.id, deed))
    return solve(one.player, level, entries)
