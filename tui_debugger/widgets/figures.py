"""A probe's figure as text, whichever kind it is."""

from __future__ import annotations

from textual.content import Content

from engine.evidence import Curves, Figure, Heatmap, Table
from tui_debugger.widgets.columns import table
from tui_debugger.widgets.heatmap import Palette, heatmap
from tui_debugger.widgets.plot import plot

CURVES_HEIGHT = 14


def drawn(figure: Figure, width: int, palette: Palette) -> Content:
    """``figure`` in at most ``width`` cells across."""
    match figure:
        case Heatmap():
            return heatmap(figure, width, palette)
        case Curves():
            return plot(figure, width, CURVES_HEIGHT)
        case Table():
            return table(figure, width)
