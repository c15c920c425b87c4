"""The audit on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.lab.audit.document import Key, fresh
from engine.lab.audit.findings import Finding


def report(findings: Sequence[Finding]) -> Iterator[str]:
    """Lines: each claim with its outcome and figures, and how often each outcome occurs."""
    for finding in findings:
        yield f"{finding.number:<5}{finding.claim.says} ({finding.claim.place})"
        yield f"     {finding.outcome}"
        rows = [fresh(Key(finding.number, row.setting, row.what), row) for row in finding.rows]
        table = [
            (row.setting, row.what, f"{cells.clean} | {cells.buggy}", cells.shows)
            for row, cells in zip(finding.rows, rows, strict=True)
        ]
        widths = [max(len(line[column]) for line in table) for column in range(4)]
        for line in table:
            columns = (f"{text:<{width}}" for text, width in zip(line, widths, strict=True))
            yield f"       {'  '.join(columns)}".rstrip()
    counts = Counter(finding.outcome.kind for finding in findings)
    yield ", ".join(f"{kind}: {number}" for kind, number in counts.items())
