"""The audit as a document: writing it, and reading its figures back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from engine.catalog import Catalog
from engine.lab.audit.figures import spread, written
from engine.lab.audit.findings import SEEDS, Finding, Row

HEAD = """\
# The answer key, put to the test

Every note on detection and every consequence that the answer key states, measured on correct and \
on buggy code. `tui-debugger dev audit`, run in the project's folder, measures and writes it anew; \
the tests fail when it and the measurement part ways.

It names the bug of every level: a player may want to come back later.

## How to read it

Each claim is measured on {seeds} seeds in each of the settings of its table. A setting shows the \
claim when every seed does, by the rule given there. The outcome follows: a claim **holds** when \
every setting shows it, and **holds only when** the settings named do; when none does, **the \
reverse is seen** if some setting shows that on every seed, and else the claim **is not seen**. \
Nothing of this is written by hand.

Figures are the least and the largest over the seeds. The column ± says how far another machine's \
may lie from them: rounding for what is not trained, and what training makes of rounding for the \
rest. Models have two layers, four heads and 64 features unless a setting says otherwise, and are \
trained on small talk of 23 different characters, in batches of 4 windows of 64, with a learning \
rate of 0.003 and a weight decay of 0.01. They are far smaller than what the key has in mind: what \
is seen here is there, what is not seen here may need more.
"""
TABLE = "| setting | measured | correct | with the bug | ± | shows |\n|---|---|---|---|---|---|"


class Key(NamedTuple):
    """Where a figure stands."""

    number: str
    setting: str
    what: str


class Cells(NamedTuple):
    """A figure as the document has it."""

    clean: str
    buggy: str
    shows: str


Cell = Callable[[Key, Row], Cells]


def fresh(key: Key, row: Row) -> Cells:
    """The cells of a measurement."""
    return Cells(written(row.clean, row.within), written(row.buggy, row.within), row.shows)


def render(findings: Sequence[Finding], cell: Cell = fresh) -> str:
    """The whole document; ``cell`` says what stands in the cells of a row."""
    parts = [HEAD.format(seeds=len(SEEDS)), "## Outcomes\n", "\n".join(_summary(findings)) + "\n"]
    for level, group in groupby(findings, lambda finding: finding.claim.level):
        parts.append(f"## {_heading(level)}\n")
        parts += ["\n".join(_section(finding, cell)) for finding in group]
    return "\n".join(parts)


def cells(document: str) -> dict[Key, Cells]:
    """Every figure of a document, as text."""
    found: dict[Key, Cells] = {}
    number = ""
    for line in document.splitlines():
        if heading := re.match(r"### (\d+\.\d+) ", line):
            number = heading.group(1)
        elif number and line.startswith("| ") and line != TABLE.partition("\n")[0]:
            columns = [column.strip() for column in line.strip("|").split(" | ")]
            if len(columns) == 6:
                setting, what, clean, buggy, _, shows = columns
                found[Key(number, setting, what)] = Cells(clean, buggy, shows)
    return found


def outcomes(document: str) -> dict[str, str]:
    """The outcome of every claim, as text."""
    return dict(re.findall(r"^### (\d+\.\d+) .*\n\n\*\*(.*)\.\*\*$", document, re.MULTILINE))


def _heading(level: int) -> str:
    if level == 0:
        return "The key itself"
    return f"Bug {level}: {Catalog().find(level).file.answer.title}"


def _summary(findings: Sequence[Finding]) -> Iterator[str]:
    yield "| | the key says | where | outcome |\n|---|---|---|---|"
    for finding in findings:
        claim = finding.claim
        yield f"| {finding.number} | {claim.says} | {claim.place} | {finding.outcome} |"


def _section(finding: Finding, cell: Cell) -> Iterator[str]:
    claim = finding.claim
    yield f"### {finding.number} “{claim.says}” ({claim.place})\n"
    yield f"**{str(finding.outcome).capitalize()}.**\n"
    rule = f"Measured: {claim.asks}. Seen when {claim.seen}."
    if claim.opposite:
        rule += f" The reverse when {claim.opposite}."
    yield f"{rule}\n"
    yield TABLE
    for row in finding.rows:
        clean, buggy, shows = cell(Key(finding.number, row.setting, row.what), row)
        around = spread(row.within)
        yield f"| {row.setting} | {row.what} | {clean} | {buggy} | {around} | {shows} |"
    yield ""
