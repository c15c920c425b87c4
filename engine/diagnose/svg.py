"""Figures as SVG and tables of HTML that need nothing besides the page that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from engine.evidence import Curves, Figure, Heatmap, Table

_WIDTH, _HEIGHT = 480, 240
_MARGIN = 44
_CELL = 14
_DASHES = ("", "6 4", "2 3", "8 3 2 3")
"""Of lines, one after the other: colour is not the only sign."""


def drawn(figure: Figure) -> str:
    """``figure`` as HTML, with its title."""
    match figure:
        case Heatmap():
            body = _heatmap(figure)
        case Curves():
            body = _curves(figure)
        case Table():
            body = _table(figure)
    return f"<figure>{body}<figcaption>{escape(figure.title)}</figcaption></figure>"


def _heatmap(figure: Heatmap) -> str:
    """A square for each value, from blue over white to red; hatched where it is not finite."""
    rows, columns = len(figure.values), max(map(len, figure.values), default=0)
    largest = max((abs(v) for row in figure.values for v in row if v is not None), default=0.0)
    cells = []
    for y, row in enumerate(figure.values):
        for x, value in enumerate(row):
            said = "not finite" if value is None else f"{value:.4g}"
            title = f"{figure.rows} {y}, {figure.columns} {x}: {said}"
            place = f'x="{_MARGIN + x * _CELL}" y="{y * _CELL}" width="{_CELL}" height="{_CELL}"'
            fill = "url(#lost)" if value is None else _shade(value / largest if largest else 0.0)
            cells.append(f'<rect {place} fill="{fill}"><title>{escape(title)}</title></rect>')
    height, width = rows * _CELL, columns * _CELL
    labels = (
        f'<text x="{_MARGIN + width / 2:g}" y="{height + 16}" text-anchor="middle">'
        f"{escape(figure.columns)}</text>"
        f'<text x="{_MARGIN - 6}" y="{height / 2:g}" text-anchor="end">{escape(figure.rows)}</text>'
    )
    return _svg(_MARGIN + width + 4, height + 24, f"{''.join(cells)}{labels}", figure.title)


def _shade(share: float) -> str:
    """From -1, blue, over white to 1, red."""
    faded = round(255 * (1 - min(1.0, abs(share))))
    return f"rgb(255,{faded},{faded})" if share >= 0 else f"rgb({faded},{faded},255)"


def _curves(figure: Curves) -> str:
    points = [v for line in figure.series.values() for v in line if v is not None]
    low, high = (min(points), max(points)) if points else (0.0, 1.0)
    left, right = (min(figure.x), max(figure.x)) if figure.x else (0.0, 1.0)
    inner, tall = _WIDTH - _MARGIN - 8, _HEIGHT - _MARGIN

    def place(x: float, y: float) -> str:
        across = (x - left) / (right - left) if right > left else 0.5
        up = (y - low) / (high - low) if high > low else 0.5
        return f"{_MARGIN + across * inner:.1f},{8 + (1 - up) * (tall - 16):.1f}"

    parts = [f'<path class="axis" d="M{_MARGIN},4 V{tall} H{_WIDTH - 4}"/>']
    for number, (name, values) in enumerate(figure.series.items()):
        style = f'class="line{number % 4}" stroke-dasharray="{_DASHES[number % 4]}"'
        for stretch in _stretches(figure.x, values):
            path = " ".join(place(x, y) for x, y in stretch)
            parts.append(f'<polyline {style} points="{path}"/>')
        at = f'x="{_MARGIN + 8 + 150 * (number % 3)}" y="{_HEIGHT - 6 + 16 * (number // 3)}"'
        parts.append(f'<text {at} class="line{number % 4}">{escape(name)}</text>')
    parts += [
        f'<text x="{_MARGIN - 4}" y="16" text-anchor="end">{high:.3g}</text>',
        f'<text x="{_MARGIN - 4}" y="{tall}" text-anchor="end">{low:.3g}</text>',
        f'<text x="{_MARGIN}" y="{tall + 16}">{left:.3g}</text>',
        f'<text x="{_WIDTH - 4}" y="{tall + 16}" text-anchor="end">{right:.3g} '
        f"{escape(figure.x_label)}</text>",
    ]
    lines = 16 * ((len(figure.series) - 1) // 3)
    return _svg(_WIDTH, _HEIGHT + lines, "".join(parts), f"{figure.title}: {figure.y_label}")


def _stretches(
    x: Sequence[float], values: Sequence[float | None]
) -> Iterator[list[tuple[float, float]]]:
    """The runs of finite values, as points."""
    stretch: list[tuple[float, float]] = []
    for at, value in zip(x, values, strict=False):
        if value is not None:
            stretch.append((at, value))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _table(figure: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in figure.columns)
    rows = (
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in figure.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _svg(width: float, height: float, body: str, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" '
        f'aria-label="{escape(label, quote=True)}">{body}</svg>'
    )
