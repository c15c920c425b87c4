"""A diagnosis as plain text: what to look at first, what follows from it, what was skipped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import click

from engine.diagnose.report import Finding, Report
from engine.evidence import Evidence, Status
from tui_debugger.commands import rendering
from tui_debugger.commands.layout import wrapped
from tui_debugger.plain import count, one_line

NAMED = 8
"""Probes that are written out of those that were skipped for one reason."""


def report(found: Report) -> str:
    """The whole report."""
    return "\n".join(_lines(found))


def _lines(found: Report) -> Iterator[str]:
    first = True
    for part, findings in groupby(found.causes, lambda finding: finding.component):
        yield rendering.heading(part, first=first)
        first = False
        for finding in findings:
            yield from _told(finding)
    if found.consequences:
        yield rendering.heading("What may follow from that", first=first)
        first = False
        for finding in found.consequences:
            said = f"{finding.probe}  {one_line(finding.finding)}"
            why = f"({finding.component}; probably because of {', '.join(finding.because)})"
            yield wrapped(f"✗ {said} {why}", "  ", "      ")
    if found.skipped:
        yield rendering.heading("Skipped", first=first)
        yield from _skipped(found)
    yield ""
    yield _sum(found)


def _told(finding: Finding) -> Iterator[str]:
    """With its numbers, what it usually means, and where to learn about it."""
    status = Status.FIRES if finding.fault is None else Status.FAILED
    yield rendering.evidence(
        Evidence(
            finding.probe,
            finding.component,
            status,
            finding.finding,
            finding.measurements,
            finding.figure,
            finding.fault,
        )
    )
    if finding.means:
        yield wrapped(finding.means, "      ")
    if finding.level is not None:
        yield wrapped(f"See level {finding.level.number}, “{finding.level.title}”.", "      ")


def _skipped(found: Report) -> Iterator[str]:
    for reason in dict.fromkeys(skipped.reason for skipped in found.skipped):
        names = [skipped.probe for skipped in found.skipped if skipped.reason == reason]
        yield wrapped(f"– {one_line(reason)}", "  ", "    ")
        more = f" and {len(names) - NAMED} more (--json names them)" if len(names) > NAMED else ""
        yield wrapped(", ".join(names[:NAMED]) + more, "      ")


def _sum(found: Report) -> str:
    quiet = f"{count(len(found.quiet), 'probe')} quiet, {len(found.skipped)} skipped"
    took = f"in {found.seconds:.1f} s"
    if not found.findings:
        return _styled("✓ Silent", f": {quiet}, {took}.", "green")
    parts = list(dict.fromkeys(finding.component for finding in found.causes))
    fire = f"✗ {len(found.findings)} {'fires' if len(found.findings) == 1 else 'fire'}"
    return _styled(fire, f", {quiet}, {took}. Look first at {', then at '.join(parts)}.", "red")


def _styled(sign: str, rest: str, colour: str) -> str:
    lines = wrapped(f"{sign}{rest}")
    return click.style(sign, fg=colour, bold=True) + lines.removeprefix(sign)
