"""A probe's figure as text, whichever kind it is."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget

from engine.evidence import Curves, Figure, Heatmap, Table
from tui_debugger.contrast import parsed
from tui_debugger.terminal_app import TerminalApp
from tui_debugger.widgets.columns import table
from tui_debugger.widgets.heatmap import Palette, heatmap
from tui_debugger.widgets.plot import plot

CURVES_HEIGHT = 14


@dataclass(frozen=True)
class Growing:
    """A long probe as it goes on."""

    done: int
    total: int
    points: tuple[tuple[int, float | None], ...] = ()
    """How far it was, and the value there; None stands for one that is not finite."""


def growing_curve(growing: Growing, width: int) -> Content | None:
    """The values so far, in room for all of them; None before there is a finite one."""
    values = tuple(value for _, value in growing.points)
    if all(value is None for value in values):
        return None
    steps = tuple(float(done) for done, _ in growing.points)
    curve = Curves("As it goes on", steps, {"so far": values}, "steps done", "value")
    return plot(curve, width, CURVES_HEIGHT, until=growing.total)


def drawn(figure: Figure, width: int, palette: Palette) -> Content:
    """``figure`` in at most ``width`` cells across."""
    match figure:
        case Heatmap():
            return heatmap(figure, width, palette)
        case Curves():
            return plot(figure, width, CURVES_HEIGHT)
        case Table():
            return table(figure, width)


def theme_palette(widget: Widget) -> Palette:
    """The theme's colours for a figure in ``widget``; shades where the theme or the terminal has
    none."""
    variables = widget.app.theme_variables
    surface, positive, negative = (
        parsed(variables, name) for name in ("surface", "primary", "error")
    )
    assert isinstance(widget.app, TerminalApp)
    halves = "▀" in widget.app.signs.glyphs
    if not (surface and positive and negative) or surface.ansi is not None:
        grey = widget.background_colors[1]
        return Palette(grey, grey, grey, colours=False)
    return Palette(surface, positive, negative, widget.app.blends, halves)
