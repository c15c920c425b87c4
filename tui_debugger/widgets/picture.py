"""Text with its colours as a picture: SVG, in the theme that it is seen in."""

from __future__ import annotations

import io

from rich.console import Console
from rich.segment import SegmentLines
from rich.terminal_theme import TerminalTheme
from textual.color import Color
from textual.content import Content
from textual.visual import Visual
from textual.widget import Widget

from tui_debugger.text import one_line
from tui_debugger.widgets.heatmap import Palette

WIDTH = 100
"""Cells across of what is saved or copied, however wide the terminal is."""
_GREY = Color(128, 128, 128)
PLAIN = Palette(_GREY, _GREY, _GREY, colours=False)
"""For text that no colour goes along with."""


def picture(widget: Widget, content: Content, title: str) -> str:
    """``content`` as SVG, ``WIDTH`` cells across, in the colours it has in ``widget``."""
    style = widget.visual_style
    strips = Visual.to_strips(widget, content, WIDTH, None, style, apply_selection=False, pad=True)
    console = Console(
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
    )
    console.print(SegmentLines([list(strip) for strip in strips], new_lines=True), soft_wrap=True)
    return console.export_svg(title=one_line(title), theme=_theme(widget))


def _theme(widget: Widget) -> TerminalTheme:
    """The terminal's own colours with the widget's behind and on top."""
    ground, ink = widget.background_colors[1], widget.colors[3]
    colours = [
        (c.red, c.green, c.blue)
        for c in map(widget.app.ansi_theme.ansi_colors.__getitem__, range(16))
    ]
    return TerminalTheme(ground.rgb, ink.rgb, colours[:8], colours[8:])
