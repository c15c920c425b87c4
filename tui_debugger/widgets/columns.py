"""Rows of text under headings, fitted to a width."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from engine.evidence import Measurement, Table
from tui_debugger.text import figure, one_line, tolerance

GAP = 2
LEAST = 6
"""Cells that a column keeps."""


def columns(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Content:
    """A table: where the width does not suffice the widest columns give way, to even widths."""
    headings = [one_line(heading) for heading in headings]
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [
        max([len(heading), *(len(row[at]) for row in cells if at < len(row))])
        for at, heading in enumerate(headings)
    ]
    widths = _fitted(widths, width - GAP * (len(widths) - 1))
    lines = [Content.styled(_row(headings, widths), "$muted underline")]
    lines += [Content(_row(row, widths)) for row in cells]
    return Content("\n").join(lines)


def table(data: Table, width: int) -> Content:
    """A probe's table under its title."""
    title = Content.styled(one_line(data.title), "bold")
    return Content("\n").join([title, columns(data.columns, data.rows, width)])


def measurements(found: Sequence[Measurement], width: int) -> Content:
    """Observed against expected: side by side where there is room, else one below the other."""
    headings: tuple[str, ...] = ("measured", "observed", "expected", "tolerance")
    rows: list[tuple[str, ...]] = [(one_line(m.what), *_numbers(m)) for m in found]
    if not any(m.expected is not None for m in found):
        headings, rows = headings[:2], [row[:2] for row in rows]
    widest = sum(max(len(h), *(len(r[at]) for r in rows)) + GAP for at, h in enumerate(headings))
    if widest - GAP <= width:
        return columns(headings, rows, width)
    lines: list[Content] = []
    for what, observed, *others in rows:
        lines.append(Content(what))
        said = [f"observed {observed}"]
        if others and others[0]:
            said.append(f"expected {' '.join(filter(None, others))}")
        lines.append(Content.styled(f"  {', '.join(said)}", "$text-secondary"))
    return Content("\n").join(lines)


def _numbers(found: Measurement) -> tuple[str, str, str]:
    unit = f" {one_line(found.unit)}" if found.unit else ""
    observed = figure(found.observed, found.expected) + unit
    expected = figure(found.expected, found.observed)
    return observed, expected and expected + unit, tolerance(found.tolerance)


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """``widths`` with the widest cut to what they may all have, at least ``LEAST``."""
    most = max(widths, default=LEAST)
    while most > LEAST and sum(min(width, most) for width in widths) > room:
        most -= 1
    return [min(width, most) for width in widths]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (" " * GAP).join(
        f"{cell[: width - 1]}…" if len(cell) > width else f"{cell:<{width}}"
        for cell, width in zip(cells, widths, strict=False)
    )
