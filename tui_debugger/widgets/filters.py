"""What every line goes through on its way to the terminal: fewer colours, stand-ins for signs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor

from tui_debugger.terminal.signs import Glyphs

GREYS, PLAIN = Monochrome(), NoColor()
"""Of a theme with colours of its own, and of one in the terminal's."""


def without_colours(given: Sequence[LineFilter], ansi: bool) -> list[LineFilter]:
    """``given`` with the filter that suits the theme; Textual decides on one at the start."""
    others = [one for one in given if not isinstance(one, (Monochrome, NoColor))]
    return [*others, PLAIN if ansi else GREYS]


class Signs(LineFilter):
    """Puts stand-ins in place of what the terminal cannot show."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(enabled=glyphs.encoding != "utf-8")
        self.glyphs = glyphs

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same cells, all of which can be shown."""
        shown = self.glyphs.text
        return [
            Segment(shown(text), style, control) if not control else Segment(text, style, control)
            for text, style, control in segments
        ]
