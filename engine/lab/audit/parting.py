"""Where a document and a measurement part ways."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from engine.lab.audit.claim import Within
from engine.lab.audit.document import Cells, Key, cells, outcomes, render
from engine.lab.audit.figures import read, slack
from engine.lab.audit.findings import SEEDS, Finding, Range, Row
from engine.lab.audit.outcome import MIXED


def parting(document: str, findings: Sequence[Finding]) -> list[str]:
    """One sentence for each difference that the stated spreads do not allow.

    Outcomes must be the same word for word. Measured on all seeds, a figure's ends must be those of
    the document; measured on some of them, it must lie between.
    """
    recorded, said = cells(document), outcomes(document)
    problems = []
    for finding in findings:
        now = str(finding.outcome).capitalize()
        if finding.number not in said:
            problems.append(f"{finding.number} is not in the document.")
        elif said[finding.number] != now:
            problems.append(f"{finding.number} reads “{said[finding.number]}”; measured: “{now}”.")
        for row in finding.rows:
            key = Key(finding.number, row.setting, row.what)
            if key in recorded:
                problems += _figures(key, recorded[key], row, finding.seeds == len(SEEDS))
    return problems


def wording(document: str, findings: Sequence[Finding]) -> list[str]:
    """One sentence for each line that is not what would be written around the same figures.

    ``findings`` are those of every claim.
    """
    recorded = cells(document)
    blank = Cells("?", "?", "?")
    redrawn = render(findings, lambda key, row: recorded.get(key, blank))
    lines = difflib.ndiff(document.splitlines(), redrawn.splitlines())
    words = {"- ": "reads", "+ ": "should read"}
    return [f"The document {words[line[:2]]}: {line[2:]}" for line in lines if line[:2] in words]


def _figures(key: Key, recorded: Cells, row: Row, all_seeds: bool) -> Iterator[str]:
    where = f"{key.number}, {key.setting}, {key.what}"
    if recorded.shows not in (row.shows, MIXED) or (all_seeds and recorded.shows != row.shows):
        yield f"{where}: recorded as “{recorded.shows}”, measured as “{row.shows}”."
    for name, text, measured in (
        ("correct", recorded.clean, row.clean),
        ("with the bug", recorded.buggy, row.buggy),
    ):
        try:
            agrees = _agrees(read(text), measured, row.within, all_seeds)
        except ValueError:
            agrees = False
        if not agrees:
            low, high = measured
            yield f"{where}, {name}: recorded {text}, measured {low:.6g} to {high:.6g}."


def _agrees(recorded: Range, measured: Range, within: Within, all_seeds: bool) -> bool:
    below = recorded.low - slack(recorded.low, within)
    above = recorded.high + slack(recorded.high, within)
    if not (below <= measured.low and measured.high <= above):
        return False
    return not all_seeds or (
        measured.low <= recorded.low + slack(recorded.low, within)
        and measured.high >= recorded.high - slack(recorded.high, within)
    )
