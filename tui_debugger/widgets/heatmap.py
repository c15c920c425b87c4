"""A matrix as coloured cells: with numbers where they fit, with shades that need no colour too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from textual.color import Color
from textual.content import Content
from textual.style import Style

from engine.evidence import Heatmap
from tui_debugger.text import MUTED, figure, one_line
from tui_debugger.widgets.scale import between, fraction

SHADES = " ░▒▓█"
"""From the least of a matrix to its greatest, or from zero to the greatest by amount."""
Row = tuple[float | None, ...]


@dataclass(frozen=True)
class Palette:
    """The theme's colours that a heatmap blends."""

    surface: Color
    positive: Color
    negative: Color
    colours: bool = True
    """False where the terminal shows none: then shades alone tell the values."""
    halves: bool = True
    """Whether a cell can show two values, one above the other."""


def heatmap(data: Heatmap, width: int, palette: Palette) -> Content:
    """``data`` in at most ``width`` cells across, title, axes and legend included."""
    title = Content.styled(one_line(data.title), "bold")
    values = [value for row in data.values for value in row if value is not None]
    columns = max((len(row) for row in data.values), default=0)
    if not values:
        note = "No value is finite." if columns else "Nothing to draw."
        return Content("\n").join([title, Content.styled(note, MUTED)])
    scale = _Scale(min(values), max(values), palette)
    margin = max(len(str(len(data.values) - 1)), 1) + 1
    texts = _texts(data.values)
    cell = max(len(str(columns - 1)), *(len(text) for row in texts for text in row)) + 1
    shown = data.values
    if cell * columns + margin <= width:
        body = list(_numbered(shown, texts, cell, margin, scale))
    elif 2 * columns + margin <= width and (len(shown) <= 24 or not palette.colours):
        body = list(_cells(shown, margin, scale))
    else:
        body = list(_halves([row[:width] for row in shown], scale))
    axes = f"rows: {one_line(data.rows)} ↓   columns: {one_line(data.columns)} →"
    if body and columns > width:
        axes += f"   (first {width} of {columns} columns)"
    return Content("\n").join([title, *body, Content.styled(axes, MUTED), scale.legend()])


@dataclass(frozen=True)
class _Scale:
    """From values to colours and shades."""

    low: float
    high: float
    palette: Palette

    @property
    def signed(self) -> bool:
        return self.low < 0 < self.high

    def amount(self, value: float) -> float:
        """From 0 to 1: how much of the palette's colour a value gets."""
        if self.signed:
            return fraction(abs(value), 0.0, max(-self.low, self.high))
        return fraction(value, self.low, self.high)

    def colour(self, value: float) -> Color:
        end = self.palette.negative if self.signed and value < 0 else self.palette.positive
        return self.palette.surface.blend(end, self.amount(value))

    def shade(self, value: float) -> str:
        return SHADES[round(self.amount(value) * (len(SHADES) - 1))]

    def legend(self) -> Content:
        steps = [between(self.low, self.high, step / 8) for step in range(9)]
        bar = [self.cell(value) for value in steps]
        low, high = figure(self.low, self.high), figure(self.high, self.low)
        return Content.assemble((f"{low} ", MUTED), *bar, (f" {high}", MUTED))

    def cell(self, value: float | None) -> tuple[str, Style]:
        """A value as two characters: its colour and, if it is below zero, a sign; or a shade."""
        if value is None:
            return "??", Style(bold=True)
        below = self.signed and value < 0
        if not self.palette.colours:
            return ("–" if below else self.shade(value)) + self.shade(value), Style()
        colour = self.colour(value)
        sign = Style(background=colour, foreground=colour.get_contrast_text(0.4))
        return " –" if below else "  ", sign

    def swatch(self, text: str, value: float | None) -> tuple[str, Style]:
        """``text`` on the value's colour."""
        if value is None:
            return text, Style(bold=True)
        if not self.palette.colours:
            return text, Style()
        colour = self.colour(value)
        return text, Style(background=colour, foreground=colour.get_contrast_text(0.9))


def _texts(values: tuple[Row, ...]) -> list[list[str]]:
    greatest = max((abs(v) for row in values for v in row if v is not None), default=0.0)
    show: Callable[[float], str]
    if all(v is None or (v == int(v) and abs(v) < 1000) for row in values for v in row):
        show = "{:.0f}".format
    elif 0.05 <= greatest < 1000:
        show = "{:.2f}".format
    else:
        show = "{:.0e}".format
    return [["n/f" if v is None else show(v) for v in row] for row in values]


def _numbered(
    values: tuple[Row, ...], texts: list[list[str]], cell: int, margin: int, scale: _Scale
) -> Iterator[Content]:
    heads = "".join(f"{column:>{cell}}" for column in range(len(values[0])))
    yield Content.styled(" " * margin + heads, MUTED)
    for position, (row, words) in enumerate(zip(values, texts, strict=True)):
        cells = [scale.swatch(f"{w:>{cell}}", v) for v, w in zip(row, words, strict=True)]
        yield Content.assemble((f"{position:>{margin - 1}} ", MUTED), *cells)


def _cells(values: tuple[Row, ...], margin: int, scale: _Scale) -> Iterator[Content]:
    for position, row in enumerate(values):
        cells = [scale.cell(value) for value in row]
        yield Content.assemble((f"{position:>{margin - 1}} ", MUTED), *cells)


def _halves(values: list[Row], scale: _Scale) -> Iterator[Content]:
    """Two rows to a line; one row, where there are no colours or no half blocks."""
    if not scale.palette.colours:
        for row in values:
            yield Content("".join("?" if v is None else scale.shade(v) for v in row))
        return
    if not scale.palette.halves:
        for row in values:
            yield Content.assemble(*(scale.swatch("?" if v is None else " ", v) for v in row))
        return
    blank = scale.palette.surface
    for upper, lower in zip(values[::2], [*values[1::2], ()], strict=False):
        parts: list[tuple[str, Style]] = []
        for column, value in enumerate(upper):
            below = lower[column] if column < len(lower) else None
            top = blank if value is None else scale.colour(value)
            bottom = blank if below is None else scale.colour(below)
            parts.append(("▀", Style(foreground=top, background=bottom)))
        yield Content.assemble(*parts)
