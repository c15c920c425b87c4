"""Curves drawn in characters: braille for one line, a mark of its own for each of several."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from textual.content import Content

from engine.evidence import Curves
from tui_debugger.text import MUTED, figure, one_line
from tui_debugger.widgets.scale import between, fraction

MARKS = "•×+○◆▲"
STYLES = ("$text-primary", "$text-accent", "$text-success", "$text-error", "$text-secondary")
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a braille cell, row by row; Unicode, block U+2800."""

Point = tuple[float, float]


def plot(curves: Curves, width: int, height: int, *, until: float | None = None) -> Content:
    """``curves`` with both axes, in ``width`` by ``height`` cells, title and legend included.

    Values that are not finite leave a gap, and the legend counts them. With ``until`` the x-axis
    goes from 0 to there at least, for a curve that is still growing.
    """
    named = list(curves.series.items())
    points = {name: _points(curves.x, values) for name, values in named}
    everything = [point for line in points.values() for point in line]
    head = [Content.styled(one_line(curves.title), "bold")]
    if not everything:
        return Content("\n").join([*head, Content.styled("Nothing finite to draw.", MUTED)])
    extent = [] if until is None else [0.0, until]
    left, right = _range([*(x for x, _ in everything), *extent])
    low, high = _range(y for _, y in everything)
    labels = [_label(between(low, high, share), low, high) for share in (1, 0.5, 0)]
    margin = max(map(len, labels))
    columns = max(8, width - margin - 2)
    rows = max(3, height - len(head) - 3)
    canvas = _Canvas(columns, rows, (left, right), (low, high))
    for position, (name, _) in enumerate(named):
        style = STYLES[position % len(STYLES)]
        if len(named) == 1:
            canvas.line(points[name], style)
        else:
            canvas.marks(points[name], MARKS[position % len(MARKS)], style)
    at = {0: labels[0], rows // 2: labels[1], rows - 1: labels[2]}
    body = [
        Content.assemble((f"{at.get(row, ''):>{margin}} ┤", MUTED), canvas.row(row))
        for row in range(rows)
    ]
    ends = _label(left, left, right), _label(right, left, right)
    middle = one_line(curves.x_label).center(max(0, columns - len(ends[0]) - len(ends[1])))
    axis = Content.styled(f"{'':>{margin + 2}}{ends[0]}{middle}{ends[1]}", MUTED)
    return Content("\n").join([*head, *body, axis, _legend(curves)])


def _legend(curves: Curves) -> Content:
    parts: list[str | tuple[str, str]] = [(f"{one_line(curves.y_label)}: ", MUTED)]
    for position, (name, values) in enumerate(curves.series.items()):
        mark = "⠶" if len(curves.series) == 1 else MARKS[position % len(MARKS)]
        finite = [value for value in values if value is not None]
        said = f"{mark} {one_line(name)}"
        if finite:
            said += f" {figure(finite[0], finite[-1])} → {figure(finite[-1], finite[0])}"
        if len(finite) < len(values):
            said += f", {len(values) - len(finite)} not finite"
        parts += ["   " if position else "", (said, STYLES[position % len(STYLES)])]
    return Content.assemble(*parts)


def _label(value: float, low: float, high: float) -> str:
    """A place on an axis; what is nothing beside the axis's extent is 0."""
    near_zero = abs(value) / 2 < 1e-5 * (high / 2 - low / 2)
    return "0" if near_zero else figure(value)


def _points(x: Sequence[float], values: Sequence[float | None]) -> list[Point]:
    pairs = zip(x, values, strict=False)
    return [(at, value) for at, value in pairs if value is not None and math.isfinite(value)]


def _range(values: Iterable[float]) -> tuple[float, float]:
    every = list(values)
    low, high = min(every), max(every)
    if low == high:
        pad = abs(low) / 2 or 0.5
        return low - pad, high + pad
    return low, high


class _Canvas:
    """Cells of text, each with a character and a style."""

    def __init__(
        self, columns: int, rows: int, x: tuple[float, float], y: tuple[float, float]
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.x = x
        self.y = y
        self.cells: dict[tuple[int, int], tuple[str, str]] = {}

    def marks(self, points: Sequence[Point], mark: str, style: str) -> None:
        """One ``mark`` at each point."""
        for point in points:
            column, row = self._at(point, self.columns, self.rows)
            self.cells[column, row] = mark, style

    def line(self, points: Sequence[Point], style: str) -> None:
        """A line through ``points``, two by four dots to a cell."""
        wide, tall = 2 * self.columns, 4 * self.rows
        places = [self._at(point, wide, tall) for point in points]
        bits: dict[tuple[int, int], int] = {}
        for (x1, y1), (x2, y2) in zip(places, places[1:] or places, strict=False):
            steps = max(abs(x2 - x1), abs(y2 - y1), 1)
            for step in range(steps + 1):
                x, y = x1 + (x2 - x1) * step // steps, y1 + (y2 - y1) * step // steps
                cell = x // 2, y // 4
                bits[cell] = bits.get(cell, 0) | _DOTS[y % 4][x % 2]
        self.cells.update((cell, (chr(0x2800 + dots), style)) for cell, dots in bits.items())

    def row(self, row: int) -> Content:
        """One row of cells."""
        cells = [self.cells.get((column, row), (" ", "")) for column in range(self.columns)]
        return Content.assemble(*cells)

    def _at(self, point: Point, wide: int, tall: int) -> tuple[int, int]:
        (left, right), (low, high) = self.x, self.y
        across, up = fraction(point[0], left, right), fraction(point[1], low, high)
        return round(across * (wide - 1)), round((1 - up) * (tall - 1))
