"""Two runs beside each other, in words: what changed in the source, and what that did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from textual.content import Content

from engine.evidence import Evidence, Measurement, Status
from tui_debugger.history import History, Moved, Run, moved
from tui_debugger.text import MUTED, STATUS, count, figure, lines, one_line
from tui_debugger.widgets.columns import columns
from tui_debugger.widgets.diff_view import coloured

TITLE = "bold $text-primary"
_ELEMENT = re.compile(r" at \([\d, ]*\)$")


def summary(run: Run) -> Content:
    """How many probes came out how."""
    parts: list[str | tuple[str, str]] = []
    for status in (Status.FIRES, Status.FAILED, Status.QUIET):
        if number := run.counted(status):
            sign, word, style = STATUS[status]
            word = "fire" if status is Status.FIRES and number > 1 else word
            parts += [", " if parts else "", (f"{sign} {number} {word}", style)]
    return Content.assemble(*parts)


def edits(history: History, then: Run, now: Run) -> Content:
    """How many lines were added and taken between two runs; empty when none were."""
    lines = [
        d for d in history.diff(then, now).splitlines() if not d.startswith(("--- a/", "+++ b/"))
    ]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    return Content.styled(f"  +{added} −{removed}" if lines else "", "$text-accent")


def alone(run: Run) -> Content:
    """What one run found."""
    return lines(_standing("What it found", run.evidence))


def compared(history: History, then: Run, now: Run, width: int) -> Content:
    """What was edited between two runs, the probes that this moved, and those that it did not."""
    diff = history.diff(then, now)
    parts: list[Content | str] = [Content.styled("Edited in between", TITLE)]
    parts.append(coloured(diff) if diff else Content.styled("Nothing.", MUTED))
    pairs = moved(then, now)
    both = {e.probe for e in then.evidence} & {e.probe for e in now.evidence}
    parts += ["", Content.styled("What that did", TITLE)]
    parts.append(f"{count(len(pairs), 'probe')} of the {len(both)} in both runs changed.")
    for pair in pairs:
        parts += ["", *_pair(pair, width)]
    told = {pair.now.probe for pair in pairs}
    same = [e for e in now.evidence if e.probe in both - told]
    new = [e for e in now.evidence if e.probe not in both]
    for title, found in (("As before", same), ("Only in this run", new)):
        if found:
            parts += ["", *_standing(title, found)]
    return lines(parts)


def _standing(title: str, evidence: Iterable[Evidence]) -> Iterator[Content]:
    """What fires and what failed, with what it says; the rest is counted."""
    yield Content.styled(title, TITLE)
    quiet = 0
    for item in evidence:
        if item.status in (Status.FIRES, Status.FAILED):
            yield Content.assemble(_outcome(item), "  ", (item.probe, "bold"))
            yield Content.styled(f"  {one_line(item.finding)}", MUTED)
        else:
            quiet += 1
    sign, word, style = STATUS[Status.QUIET]
    yield Content.styled(f"{sign} {quiet} {word}", style)


def _pair(pair: Moved, width: int) -> Iterator[Content]:
    yield Content.assemble(
        (pair.now.probe, "bold"), "  ", _outcome(pair.then), " → ", _outcome(pair.now)
    )
    before, after = _by_quantity(pair.then), _by_quantity(pair.now)
    rows = [_row(what, before.get(what), after.get(what)) for what in {**before, **after}]
    if rows:
        yield columns(("measured", "then", "now", "expected"), rows, width)
    else:
        yield Content.styled(one_line(pair.now.finding), MUTED)


def _by_quantity(evidence: Evidence) -> dict[str, Measurement]:
    """What was measured, whichever element it was worst at: that is another one in every run."""
    return {one_line(_ELEMENT.sub("", found.what)): found for found in evidence.measurements}


def _row(what: str, then: Measurement | None, now: Measurement | None) -> tuple[str, ...]:
    due = now or then
    assert due is not None
    seen = _observed(then)
    if then is not None and then.expected not in (None, due.expected):
        seen += f" for {figure(then.expected, then.observed)}"  # at another element
    return what, seen, _observed(now), figure(due.expected, due.observed)


def _outcome(evidence: Evidence) -> Content:
    sign, word, style = STATUS[evidence.status]
    return Content.styled(f"{sign} {word}", style)


def _observed(found: Measurement | None) -> str:
    return "–" if found is None else figure(found.observed, found.expected)
