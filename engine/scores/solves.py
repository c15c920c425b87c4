"""From the ledger's entries to what is told of them, and back: one player's doings in one level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from engine.hints import Kind, ladder
from engine.ledger import Entry, HintTaken, Opened, Probed, Submitted, WasReset
from engine.level import Level
from engine.scores.document import Claim, Solve, Step
from engine.scoring import Progress, State, course, progress


def solve(player: str, level: Level, entries: Iterable[Entry]) -> Solve | None:
    """What ``player`` won in ``level``; None where nothing was mended.

    ``entries`` are the ledger's of that level, oldest first. Diffs are kept of those submissions
    alone that mended something new, and of probes what a claim may rest on; what was tried besides,
    and in which folder, is nobody else's concern.
    """
    record = tuple(_record(level, entries))
    standing = progress(level, _entries(level, record))
    if not standing.mended:
        return None
    return Solve(
        player=player,
        level=level.id,
        title=level.title,
        award=standing.award,
        value=level.value,
        solved=standing.state is State.SOLVED,
        hints=standing.hints,
        claim=_claim(standing),
        submissions=standing.submissions,
        started_at=record[0].at,
        solved_at=_solved_at(record),
        gained_at=standing.gained_at,
        fix=[deed.fix for _, deed in mending(level, record)][-1],
        record=record,
    )


def _claim(standing: Progress) -> Claim | None:
    made = standing.claim
    if made is None:
        return None
    lines = tuple(f"{line.file}:{line.number}" for line in made.lines)
    return Claim(lines, made.category, made.probe, standing.claim_right, standing.bonus)


def mending(level: Level, record: Sequence[Step]) -> Iterator[tuple[int, Submitted]]:
    """The submissions that mended something new, with their places in ``record``."""
    before: tuple[str, ...] = ()
    for place, (entry, standing) in enumerate(course(level, _entries(level, record))):
        if isinstance(entry.deed, Submitted) and standing.mended != before:
            yield place, entry.deed
        before = standing.mended


def impossible(level: Level, record: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """What no game would have written: the field within the record, and what is wrong with it."""
    rungs = ladder(level)
    taken = 0
    for place, step in enumerate(record):
        match step.deed:
            case HintTaken() as hint:
                if hint.rung != taken or taken == len(rungs):
                    yield f"[{place}].deed.rung", "is not the next hint of the level"
                    return
                rung = rungs[taken]
                if hint.cost != rung.cost:
                    yield f"[{place}].deed.cost", f"is {hint.cost}, but that hint costs {rung.cost}"
                if hint.reveals != (rung.kind is Kind.ANSWER):
                    yield f"[{place}].deed.reveals", "is not what that hint does"
                taken += 1
            case Submitted() as submitted:
                if not set(submitted.mended) <= {part.id for part in level.parts}:
                    yield f"[{place}].deed.mended", "names a bug that the level does not have"


def _record(level: Level, entries: Iterable[Entry]) -> Iterator[Step]:
    kept = [entry for entry in _that_count(entries) if not isinstance(entry.deed, WasReset)]
    before: tuple[str, ...] = ()
    for place, (entry, after) in enumerate(course(level, kept)):
        deed = entry.deed
        if isinstance(deed, Submitted):
            fix = deed.fix if after.mended != before else ""
            deed = replace(deed, failed=(), reason="", seed=0, fix=fix)
        before = after.mended
        if place == 0 or not isinstance(deed, Opened):
            yield Step(entry.at, deed)


def _that_count(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Those that points may depend on: of probes, what is evidence for a claim, once."""
    seen: set[str] = set()
    submitted = False
    for entry in entries:
        deed = entry.deed
        if isinstance(deed, Probed):
            new = () if submitted else tuple(name for name in deed.fired if name not in seen)
            seen.update(new)
            if new:
                yield replace(entry, deed=Probed(new, 0))
            continue
        submitted = submitted or isinstance(deed, Submitted)
        yield entry


def _entries(level: Level, record: Iterable[Step]) -> list[Entry]:
    return [Entry(step.at, level.id, step.deed) for step in record]


def _solved_at(record: Iterable[Step]) -> datetime | None:
    solving = (s.at for s in record if isinstance(s.deed, Submitted) and s.deed.solved)
    return next(solving, None)
