"""Output as it comes: printed text, and the values that the player's own probe shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from engine.sandbox.messages import Shown
from tui_debugger.copying import copy
from tui_debugger.messages import Save
from tui_debugger.text import MUTED, one_line, plain
from tui_debugger.widgets.figures import drawn, theme_palette
from tui_debugger.widgets.heatmap import Palette
from tui_debugger.widgets.picture import PLAIN, WIDTH, picture

LINES = 5000
"""Lines kept; older ones go."""
FOLD = 4000
"""Characters of a printed line; what is longer goes on below."""
FIGURES = 100
"""Figures of one run that are drawn; a loop that shows more has them told in words alone."""
INDENT = 6
NAME = "output"
"""Of the files it is saved in."""


@dataclass
class _Block:
    """Printed lines, or a value with what is to be drawn of it."""

    text: list[str] = field(default_factory=list)
    shown: Shown | None = None
    figure: bool = False
    height: int = 0
    """Lines it takes on the sheet."""


class OutputSheet(ScrollView, can_focus=True):
    """Lines in their full length, nothing in them obeyed; follows its end while that is seen."""

    DEFAULT_CSS = """
    OutputSheet { padding: 0 1; background: $background; scrollbar-size: 1 1;
                  overflow-y: scroll; scrollbar-background: $background;
                  scrollbar-background-hover: $background;
                  scrollbar-background-active: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", id="output.copy", tooltip="Output: Copy it as text"),
        Binding("s", "save", "Save", id="output.save", tooltip="Output: Save it as text and SVG"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._blocks: list[_Block] = []
        self._lines: list[Content | str] = []
        """Every block's lines, as they are seen."""
        self._widest = 0
        self._figures = 0
        self._put = 0.0
        """Where the end was scrolled to last: who is above it does not follow any more."""
        self._room = WIDTH
        """Cells that values are drawn for: as many as there were when it was last seen."""

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self._redraw())

    def on_resize(self, _: events.Resize) -> None:
        room = self.scrollable_content_region.width
        if room and room != self._room:
            self._room = room
            self._redraw()

    @property
    def allow_select(self) -> bool:
        return True

    @property
    def line_count(self) -> int:
        """Lines with something on them; what has been ended goes on nowhere yet."""
        return len(self._lines) - bool(self._lines and not self._lines[-1])

    def clear(self) -> None:
        """An empty sheet."""
        self._blocks.clear()
        self._lines.clear()
        self._widest = self._figures = 0
        self._put = 0.0
        self._grown()
        self.refresh_bindings()

    def write(self, text: str) -> None:
        """Go on with printed text, which need not end with its line."""
        if not self._blocks or self._blocks[-1].shown:
            self._add(_Block([""]), [""])
        block = self._blocks[-1]
        before = max(0, len(self._lines) - 1)
        for number, line in enumerate(plain(text).expandtabs().split("\n")):
            if number:
                self._new_line(block)
            rest = line
            while room := FOLD - len(block.text[-1]):
                block.text[-1] += rest[:room]
                rest = rest[room:]
                self._lines[-1] = block.text[-1]
                if not rest:
                    break
                self._new_line(block)
        block.height = len(block.text)
        self._grown(before)

    def show(self, shown: Shown) -> None:
        """Add a value: its line and name, what it is in words, and its figure."""
        last = self._blocks[-1] if self._blocks else None
        if last and last.text and not last.text[-1]:
            last.text.pop()
            last.height -= 1
            self._lines.pop()
        self._figures += shown.figure is not None
        block = _Block(shown=shown, figure=self._figures <= FIGURES)
        before = len(self._lines)
        self._add(block, list(self._seen(block)))
        self._grown(before)

    def as_text(self) -> str:
        """All of it, for the clipboard or a file: figures in shades, as no colour goes along."""
        return "\n".join(str(line).rstrip() for line in self._told(WIDTH, PLAIN))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._lines) if action in ("copy", "save") else True

    def action_copy(self) -> None:
        """Copy all of it."""
        copy(self, self.as_text(), "The output")

    def action_save(self) -> None:
        """Save all of it."""
        seen = Content("\n").join(self._told(WIDTH, theme_palette(self)))
        self.post_message(Save(NAME, self.as_text() + "\n", picture(self, seen, "Output")))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join(str(line) for line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        across, down = self.scroll_offset
        style, width = self.visual_style, self.scrollable_content_region.width
        at = y + down
        if at >= len(self._lines) or not self._lines[at]:
            return Strip.blank(width, style.rich_style)
        line, selection = self._lines[at], self.text_selection
        if isinstance(line, str) and not (selection and selection.get_span(at)):
            if line.isascii():  # a cell to a character, as about all that is ever printed
                seen = line[across : across + width].ljust(width)
                strip = Strip([Segment(seen, style.rich_style)], width)
            else:
                strip = Strip([Segment(line, style.rich_style)])
                strip = strip.crop_extend(across, across + width, style.rich_style)
            return strip.apply_offsets(across, at)
        line = self._selected(Content(line) if isinstance(line, str) else line, at)
        length = max(1, line.cell_length)
        strip = Visual.to_strips(self, line, length, 1, style, apply_selection=False)[0]
        strip = strip.crop_extend(across, across + width, style.rich_style)
        return strip.apply_offsets(across, at)

    def _selected(self, line: Content, at: int) -> Content:
        selection = self.text_selection
        span = selection.get_span(at) if selection else None
        if span is None:
            return line
        start, end = span
        style = Style.from_styles(self.screen.get_component_styles("screen--selection"))
        return line.stylize(style, start, len(line) if end == -1 else end)

    def _new_line(self, block: _Block) -> None:
        block.text.append("")
        self._lines.append("")

    def _add(self, block: _Block, lines: list[Content | str]) -> None:
        if not self._lines:
            self.call_later(self.refresh_bindings)
        block.height = len(lines)
        self._blocks.append(block)
        self._lines += lines

    def _told(self, width: int, palette: Palette) -> Iterator[Content]:
        for block in self._blocks:
            if block.shown:
                yield from _lines(block.shown, width, palette if block.figure else None)
            else:
                yield from map(Content, block.text)

    def _seen(self, block: _Block) -> Iterator[Content | str]:
        if block.shown:
            palette = theme_palette(self) if block.figure else None
            yield from _lines(block.shown, max(20, self._room), palette)
        else:
            yield from block.text

    def _redraw(self) -> None:
        """Everything anew: figures are drawn for a width and a theme."""
        self._lines.clear()
        self._widest = 0
        for block in self._blocks:
            lines = list(self._seen(block))
            block.height = len(lines)
            self._lines += lines
        self._grown()

    def _grown(self, before: int = 0) -> None:
        """Lines from ``before`` on are new."""
        following = self.is_vertical_scroll_end or self.scroll_y >= self._put
        widths = (
            cell_len(line) if isinstance(line, str) else line.cell_length
            for line in self._lines[before:]
        )
        self._widest = max(self._widest, *widths, 0)
        self._prune()
        self._fit(Size(self._widest, self.line_count))
        if following:
            self._to_end()
        self.refresh()

    def _fit(self, size: Size) -> None:
        """Be as large as that; all of the screen is laid out anew only where the scrollbar below
        comes or goes, for output may grow thirty times a second."""
        self.set_reactive(OutputSheet.virtual_size, size)
        across = size.width > self.scrollable_content_region.width
        if across != self.show_horizontal_scrollbar:
            self.refresh(layout=True)
            return
        self.vertical_scrollbar.window_virtual_size = size.height
        if across:
            self.horizontal_scrollbar.window_virtual_size = size.width

    def _to_end(self) -> None:
        if not self.is_vertical_scrollbar_grabbed:
            # Forced, for there is no scrollbar yet when the first lines come.
            self.scroll_end(animate=False, immediate=True, x_axis=False, force=True)
            self._put = self.scroll_y

    def _prune(self) -> None:
        while (over := len(self._lines) - LINES) > 0:
            first = self._blocks[0]
            if not first.shown and first.height > over:
                del first.text[:over]
                first.height -= over
                del self._lines[:over]
            else:
                del self._lines[: first.height]
                del self._blocks[0]


def _lines(shown: Shown, width: int, palette: Palette | None) -> Iterator[Content]:
    """A value on lines of its own; without a palette its figure is left out."""
    name = one_line(shown.name)
    yield Content.assemble((f"{shown.line:>{INDENT - 2}}  ", MUTED), (name, "bold $text-accent"))
    indent = Content(" " * INDENT)
    for line in plain(shown.text).expandtabs().splitlines():
        for row in Content(line).wrap(width - INDENT):
            yield indent + row
    if shown.figure is not None and palette is not None:
        for row in drawn(shown.figure, width - INDENT, palette).split("\n", allow_blank=True):
            yield indent + row
        yield Content("")
