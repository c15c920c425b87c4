"""The editor of one Python file: highlighting that follows the theme, indentation, line marks."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets import TextArea

from tui_debugger.widgets.code_theme import NAME, code_theme
from tui_debugger.widgets.indenting import indent, indent_after, spaces_before

CHANGED = "▎"
FAULT = "✗"
MORE = "›"
"""At the right edge of a line that goes on."""
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code != 0x09} | {0x7F: 0x2421}
"""A control character, and the picture that is shown for it."""


class CodeEditor(TextArea):
    """Python source, with a mark beside lines that differ from the start and on a faulty line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "code-editor--changed",
        "code-editor--fault",
        "code-editor--more",
    }
    HELP = """\
`tab` indents, `shift+tab` takes it back, for all lines that are selected. `ctrl+z` undoes, \
`ctrl+y` redoes, `ctrl+k` deletes to the end of the line, `ctrl+x` cuts the line or the selection.
"""
    DEFAULT_CSS = """
    CodeEditor {
        border: none;
        padding: 0;
        scrollbar-size: 0 1;
        & .code-editor--changed { color: $text-success; }
        & .code-editor--fault { color: $text-error; background: $error-muted; }
        & .code-editor--more { color: $text-warning; }
        &:focus { border: none; }
    }
    """
    changed: reactive[frozenset[int]] = reactive(frozenset)
    """Lines (from 0) that differ from the level's start."""
    fault: reactive[int | None] = reactive(None)
    """The line (from 0) that raised an error, or that the player was led to."""

    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__(
            text,
            language="python",
            soft_wrap=False,
            tab_behavior="indent",
            show_line_numbers=True,
            max_checkpoints=500,
            id=id,
        )

    def on_mount(self) -> None:
        self._follow_theme()
        self.app.theme_changed_signal.subscribe(self, self._follow_theme)

    def _follow_theme(self, _: object = None) -> None:
        self.register_theme(code_theme(self.app.theme_variables))
        self.theme = NAME
        self.notify_style_update()

    def watch_changed(self) -> None:
        self.refresh()

    def watch_fault(self) -> None:
        self.notify_style_update()

    def get_line(self, line_index: int) -> Text:
        line = Text(self.document.get_line(line_index).translate(_PICTURES), end="", no_wrap=True)
        if line_index == self.fault:
            line.stylize(self.get_component_rich_style("code-editor--fault"))
        return line

    def render_line(self, y: int) -> Strip:
        line = y + self.scroll_offset.y
        strip = self._with_more(super().render_line(y), line)
        if line == self.fault:
            sign, component = FAULT, "code-editor--fault"
        elif line in self.changed:
            sign, component = CHANGED, "code-editor--changed"
        else:
            return strip
        margin = self.gutter_width - 2
        style = self.get_component_rich_style(component)
        mark = Strip([Segment(sign, style)], 1)
        return Strip.join([strip.crop(0, margin), mark, strip.crop(margin + 1)])

    def _with_more(self, strip: Strip, line: int) -> Strip:
        """``strip`` with a sign at its end when the line goes on beyond it."""
        width = self.scrollable_content_region.width
        if line >= self.document.line_count or strip.cell_length < width:
            return strip
        seen = self.scroll_offset.x + width - self.gutter_width
        if cell_len(self.document.get_line(line).expandtabs(self.indent_width)) <= seen:
            return strip
        style = self.get_component_rich_style("code-editor--more")
        return Strip.join([strip.crop(0, width - 1), Strip([Segment(MORE, style)], 1)])

    def replace_text(self, text: str) -> None:
        """Put ``text`` in place of everything; undo brings the old text back."""
        place = self.cursor_location
        self.history.checkpoint()
        self.replace(text, (0, 0), self.document.end)
        self.history.checkpoint()
        self.move_cursor(place)

    def go_to(self, line: int, column: int = 0) -> None:
        """Put the cursor at ``line`` (from 0), in the middle of what is seen."""
        self.move_cursor((line, column), center=True)
        if column < self.scrollable_content_region.width - self.gutter_width:
            self.scroll_to(x=0, animate=False)

    def on_key(self, event: events.Key) -> None:
        match event.key:
            case "escape":
                # Left to the screen, where it leads to the panel; the base class would go to
                # whatever can be focused next.
                event.prevent_default()
            case "enter":
                self._take(event)
                self._new_line()
            case "tab":
                self._take(event)
                self._shift(1)
            case "shift+tab":
                self._take(event)
                self._shift(-1)

    def action_delete_left(self) -> None:
        """Delete to the left: within the indentation by four spaces, elsewhere by one."""
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        if self.selection.is_empty and before and not before.strip(" "):
            self._put((row, column - spaces_before(column)), (row, column), "")
        else:
            super().action_delete_left()

    def _take(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    def _new_line(self) -> None:
        (row, column), end = sorted((self.selection.start, self.selection.end))
        before = self.document.get_line(row)[:column]
        self._put((row, column), end, f"\n{indent_after(before)}")

    def _shift(self, levels: int) -> None:
        (top, column), (bottom, end_column) = sorted((self.selection.start, self.selection.end))
        if levels > 0 and top == bottom:
            self._put((top, column), (bottom, end_column), " " * (4 - column % 4))
            return
        if bottom > top and end_column == 0:
            bottom -= 1
        old = [self.document.get_line(row) for row in range(top, bottom + 1)]
        new = [indent(line, levels) for line in old]
        if new == old:
            return
        selection = self.selection
        self._put((top, 0), (bottom, len(old[-1])), "\n".join(new))
        pairs = zip(new, old, strict=True)
        grown = {row: len(after) - len(before) for row, (after, before) in enumerate(pairs, top)}
        (a, b), (c, d) = selection.start, selection.end
        self.selection = type(selection)(
            (a, max(0, b + grown.get(a, 0))), (c, max(0, d + grown.get(c, 0)))
        )

    def _put(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        self.replace(text, start, end, maintain_selection_offset=False)
