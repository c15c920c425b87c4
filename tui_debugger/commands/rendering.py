"""Levels, evidence and verdicts as plain text, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import click

from engine.evidence import Curves, Evidence, Fault, Figure, Heatmap, Measurement, Status, Table
from engine.game import ProbeRun, Submission
from engine.hints import Rung
from engine.level import Level
from engine.sandbox.messages import Outcome, Shown
from engine.scoring import Progress, State
from engine.verdict import Check, Verdict
from tui_debugger.commands.layout import columns, fits, prose, width, wrapped
from tui_debugger.plain import count, figure, one_line, plain, points, tolerance

SIGNS = {
    Status.QUIET: ("✓", "green"),
    Status.FIRES: ("✗", "red"),
    Status.FAILED: ("!", "yellow"),
    Status.SKIPPED: ("–", None),
}
"""Sign and colour of a probe's outcome."""

STATES = {State.NEW: None, State.STARTED: "yellow", State.SOLVED: "green", State.REVEALED: None}
"""The colour of a level's state."""

SHOWN = 6
"""Measurements of one probe that are written out."""


def heading(text: str, *, first: bool = True) -> str:
    """The title of a section, set apart from the one before."""
    return ("" if first else "\n") + click.style(text, bold=True)


def levels(found: Sequence[Level], standings: Mapping[str, Progress]) -> Iterator[str]:
    """The table of levels, line by line; without their ids where those would make it wrap."""
    rows: list[tuple[str, ...]] = [("#", "Level", "Id", "Severity", "Points", "Status")]
    for level in found:
        standing = standings[level.id]
        won = f"{standing.award}/{level.value}"
        severity = level.file.severity
        rows.append((str(level.number), level.title, level.id, severity, won, standing.state))
    if not fits(rows, width()):
        rows = [(number, title, *others) for number, title, _, *others in rows]
    colours = [None, *(STATES[standings[level.id].state] for level in found)]
    for lines, colour in zip(columns(rows, width()), colours, strict=True):
        for line in lines:
            yield click.style(line, fg=colour) if colour else line


def brief(level: Level) -> str:
    """The incident: what somebody saw."""
    about = f"{level.number}  {level.title}  ({level.file.severity}, {points(level.value)})"
    return f"{heading(about)}\n\n{prose(level.file.brief)}\n"


def rung(told: Rung, level: Level) -> str:
    """A hint that was taken."""
    lines = [heading(told.title)]
    if not told.holds:
        lines.append("  Often said; it is not what this model shows.")
    lines.append(prose(told.text, "  "))
    if told.probe:
        lines.append(f"\n  Put it to the test: tui-debugger probe {level.number} {told.probe}")
    return "\n".join(lines) + "\n"


def evidence(found: Evidence) -> str:
    """One probe's outcome; with its numbers and its figure where it is not quiet."""
    lines = [_item(f"{found.probe}  {one_line(found.finding)}", found.status)]
    if place := _untold(found.fault, found.finding):
        lines.append(wrapped(place, "      "))
    if found.status is Status.FIRES:
        shown = found.measurements[:SHOWN]
        lines += [wrapped(measurement(taken), "      ", "        ") for taken in shown]
        if len(shown) < len(found.measurements):
            lines.append(f"      and {len(found.measurements) - SHOWN} more (--json has them all)")
        if found.figure is not None:
            lines += [f"      {line}" for line in drawn(found.figure)]
    return "\n".join(lines)


def measurement(taken: Measurement) -> str:
    """``row sums, shape (2, 4): 3.21, expected 1 ± 1e-06``."""
    unit = f" {taken.unit}" if taken.unit else ""
    text = f"{taken.what}: {figure(taken.observed, taken.expected)}{unit}"
    if taken.expected is not None:
        text += f", expected {figure(taken.expected, taken.observed)}"
        if taken.tolerance is not None:
            text += f" {tolerance(taken.tolerance)}"
        text += unit
    return one_line(text)


def drawn(shown: Figure) -> Iterator[str]:
    """A table in full; of what can only be looked at, its shape and range."""
    yield one_line(shown.title)
    match shown:
        case Table(columns=head, rows=body):
            for lines in columns([head, *body], width() - 6):
                yield from lines
        case Heatmap(values=matrix, rows=rows, columns=across):
            every = [value for row in matrix for value in row]
            shape = f"{len(matrix)} × {len(matrix[0]) if matrix else 0}"
            yield f"  {shape} ({rows} by {across}): {_range(every)}"
        case Curves(series=series):
            for name, values in series.items():
                yield f"  {one_line(name)}: {_range(values)}, the last {_value(values[-1:])}"


def shown(told: Shown) -> str:
    """A value that the player's own probe shows: its line and name, then what it is."""
    lines = plain(told.text).splitlines()
    return "\n".join(
        [f"{told.line:4}  {one_line(told.name)}".rstrip(), *(f"      {line}" for line in lines)]
    )


def probe_run(done: ProbeRun) -> str:
    """The end of a run: what was still owed, and the counts."""
    lines = []
    if done.ended.outcome is not Outcome.DONE:
        cut_short = [e for e in done.evidence if e.status is Status.FAILED and e.finding]
        cut_short = [e for e in cut_short if e.finding == done.ended.sentence]
        lines += [evidence(e) for e in cut_short]
        if not cut_short:
            lines.append(wrapped(_with_fault(done.ended.sentence, done.ended.fault)))
    counts = {status: sum(e.status is status for e in done.evidence) for status in Status}
    fires = counts[Status.FIRES]
    words = [f"{fires} fires" if fires == 1 else f"{fires} fire"]
    words += [
        f"{counts[status]} {status}"
        for status in (Status.FAILED, Status.SKIPPED, Status.QUIET)
        if counts[status] or status is Status.QUIET
    ]
    return "\n".join([*lines, "", f"{', '.join(words)}."])


def verdict(found: Verdict) -> str:
    """Solved or not, with every check that failed."""
    if found.solved:
        sign = click.style("✓ Solved", fg="green", bold=True)
        return f"{sign}: {count(len(found.checks), 'check')} passed."
    sign = click.style("✗ Not solved", fg="red", bold=True)
    failed = [check for check in found.checks if not check.passed]
    if not failed:
        said = _with_fault(found.reason, found.fault)
        return f"{sign}: {wrapped(said, ' ' * 14, '  ').lstrip()}"
    lines: list[str] = []
    wrong = (check for check in failed if check.fault is None)
    for component, checks in groupby(wrong, lambda check: check.component):
        lines.append(heading(one_line(component), first=not lines))
        lines += [_item(f"{check.name}  {one_line(check.message)}") for check in checks]
    for fault, names in _stopped(failed).items():
        lines += [""] if lines else []
        lines += [_item(fault), wrapped(f"It stops {', '.join(names)}.", "      ")]
    passed = len(found.checks) - len(failed)
    return "\n".join(
        [*lines, "", f"{sign}: {count(len(failed), 'check')} failed, {passed} passed."]
    )


def reason(found: Verdict) -> str:
    """Why the code was not judged to the end, if it was not: what stopped it, and where."""
    return _with_fault(found.reason, found.fault) or " ".join(_stopped(found.checks))


def _stopped(checks: Sequence[Check]) -> dict[str, list[str]]:
    """Where the code raised, and the names of the checks that this stopped."""
    stopped: dict[str, list[str]] = {}
    for check in checks:
        if check.fault is not None:
            stopped.setdefault(one_line(str(check.fault)), []).append(check.name)
    return stopped


def gain(level: Level, done: Submission) -> str:
    """What a submission brought: bugs mended, points, and for a solution the explanation."""
    lines = []
    titles = {part.id: part.title for part in level.parts}
    if len(titles) > 1:
        lines += [f"Mended: {titles[id]}" for id in done.newly_mended]
        lines.append(f"{len(done.after.mended)} of {len(titles)} bugs mended so far.")
    if done.gained:
        won = f"+{points(done.gained)}"
        lines.append(f"{click.style(won, bold=True)}: {done.after.award} of {level.value}.")
    elif done.verdict.solved and done.after.award:
        lines.append(f"It has paid its {points(done.after.award)} before.")
    elif done.verdict.solved:
        lines.append("No points, since the answer was taken first.")
    if done.verdict.solved:
        answer = level.file.answer
        lines += ["", heading(answer.title), prose(answer.explanation, "  "), ""]
    return "\n".join(lines)


def _item(text: str, status: Status = Status.FIRES) -> str:
    """A sign and what it stands for."""
    sign, colour = SIGNS[status]
    said = wrapped(text, "    ", "      ")
    return f"  {click.style(sign, fg=colour, bold=True)} {said[4:]}"


def _untold(fault: Fault | None, said: str) -> str:
    """Where and what ``fault`` is, unless ``said`` has told that already."""
    return "" if fault is None or (fault.file or fault.sentence) in said else one_line(str(fault))


def _with_fault(sentence: str, fault: Fault | None) -> str:
    return f"{one_line(sentence)} {_untold(fault, sentence)}".rstrip()


def _range(values: Sequence[float | None]) -> str:
    finite = [value for value in values if value is not None]
    strange = len(values) - len(finite)
    told = f"{figure(min(finite))} to {figure(max(finite))}" if finite else "nothing finite"
    return f"{told}, {strange} not finite" if strange else told


def _value(last: Sequence[float | None]) -> str:
    return figure(last[0]) if last and last[0] is not None else "not finite"
