"""A report as JUnit XML, in the form that continuous integration reads: one test case a probe."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from engine.diagnose.components import ORDER, component
from engine.diagnose.report import Finding, Report
from engine.evidence import Measurement

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0, section 2.2, has no place for."""


def junit(report: Report) -> str:
    """Quiet probes pass, those that fire fail, those that the code stops are errors."""
    cases = [(component(probe), _case(probe)) for probe in report.quiet]
    for finding in report.findings:
        case = _case(finding.probe)
        kind = "failure" if finding.fault is None else "error"
        told = ET.SubElement(case, kind, message=_fit(finding.finding), type=finding.probe)
        told.text = _fit("\n".join(_lines(finding)))
        cases.append((finding.component, case))
    for skipped in report.skipped:
        case = _case(skipped.probe)
        ET.SubElement(case, "skipped", message=_fit(skipped.reason))
        cases.append((skipped.component, case))
    root = ET.Element(
        "testsuites", {"name": "tui-debugger diagnose"} | _counts(c for _, c in cases)
    )
    for part in sorted({name for name, _ in cases}, key=ORDER.index):
        own = [case for name, case in cases if name == part]
        for case in own:
            case.set("classname", part)
        ET.SubElement(root, "testsuite", {"name": part} | _counts(own)).extend(own)
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, 'unicode')}\n"


def _case(probe: str) -> ET.Element:
    return ET.Element("testcase", name=probe)


def _counts(cases: Iterable[ET.Element]) -> dict[str, str]:
    cases = list(cases)
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {name: sum(c.find(kind) is not None for c in cases) for name, kind in kinds.items()}
    return {"tests": str(len(cases))} | {name: str(count) for name, count in counts.items()}


def _lines(finding: Finding) -> Iterable[str]:
    yield finding.finding
    yield from map(_measured, finding.measurements)
    if finding.means:
        yield finding.means
    if finding.because:
        yield f"Probably because of {', '.join(finding.because)}."
    if finding.level is not None:
        yield f"See level {finding.level.number} of the game, “{finding.level.title}”."


def _measured(taken: Measurement) -> str:
    due = "" if taken.expected is None else f", expected {taken.expected}"
    allowed = "" if taken.tolerance is None else f" ± {taken.tolerance:.2g}"
    return f"{taken.what}: {taken.observed}{due}{allowed} {taken.unit}".rstrip()


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
