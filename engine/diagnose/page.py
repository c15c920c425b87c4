"""A report as one HTML page that needs no other file and no network."""

from __future__ import annotations

from datetime import datetime
from html import escape
from importlib import resources
from itertools import groupby
from string import Template

from engine.diagnose.report import Finding, Report
from engine.diagnose.svg import drawn
from engine.evidence import Measurement, Number


def page(report: Report, made: datetime) -> str:
    """The whole page. Everything that a subject said is escaped, and nothing on it runs."""
    folder = resources.files("engine.diagnose")
    causes = groupby(report.causes, lambda finding: finding.component)
    return Template((folder / "page.html").read_text("utf-8")).substitute(
        style=(folder / "page.css").read_text("utf-8"),
        subject=escape(report.subject),
        made=made.strftime("%Y-%m-%d %H:%M"),
        verdict=_verdict(report),
        findings="".join(_section(part, list(findings)) for part, findings in causes),
        consequences=_consequences(report),
        skipped=_skipped(report),
        quiet=", ".join(f"<code>{escape(probe)}</code>" for probe in report.quiet) or "none",
    )


def _verdict(report: Report) -> str:
    if not report.findings:
        count = len(report.quiet)
        return f"Silent: {count} probe{'' if count == 1 else 's'} found all well."
    count = len(report.findings)
    parts = dict.fromkeys(finding.component for finding in report.causes)
    look = " and then at ".join(f"<code>{escape(part)}</code>" for part in parts)
    return f"{count} probe{'s fire' if count > 1 else ' fires'}. Look first at {look}."


def _section(part: str, findings: list[Finding]) -> str:
    return f"<h2>{escape(part)}</h2>{''.join(map(_finding, findings))}"


def _finding(finding: Finding) -> str:
    parts = [f"<h3><code>{escape(finding.probe)}</code></h3><p>{escape(finding.finding)}</p>"]
    if finding.means:
        parts.append(f'<p class="means">{escape(finding.means)}</p>')
    if finding.level is not None:
        title = escape(finding.level.title)
        parts.append(f"<p>See level {finding.level.number} of the game, “{title}”.</p>")
    if finding.measurements:
        head = "<tr><th>measured</th><th>observed</th><th>expected</th><th>tolerated</th></tr>"
        rows = "".join(map(_row, finding.measurements))
        parts.append(f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>")
    if finding.figure is not None:
        parts.append(drawn(finding.figure))
    return f"<section>{''.join(parts)}</section>"


def _row(taken: Measurement) -> str:
    allowed = "" if taken.tolerance is None else f"± {taken.tolerance:.2g}"
    observed, expected = _number(taken.observed), _number(taken.expected)
    cells = (taken.what, f"{observed} {taken.unit}", expected, allowed)
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _number(value: Number | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.6g}"


def _consequences(report: Report) -> str:
    if not report.consequences:
        return ""
    items = "".join(
        f"<li><code>{escape(finding.probe)}</code>, probably because of "
        f"{escape(', '.join(finding.because))}: {escape(finding.finding)}</li>"
        for finding in report.consequences
    )
    return f"<h2>What may follow from that</h2><ul>{items}</ul>"


def _skipped(report: Report) -> str:
    if not report.skipped:
        return "<p>Nothing was skipped.</p>"
    reasons = dict.fromkeys(skipped.reason for skipped in report.skipped)
    items = []
    for reason in reasons:
        names = ", ".join(s.probe for s in report.skipped if s.reason == reason)
        items.append(f"<li>{escape(reason)} <small>{escape(names)}</small></li>")
    return f"<ul>{''.join(items)}</ul>"
