"""Python source as it is drawn: highlighted as the theme has it, marked where it was changed or
raised. Only what differs from what is on the screen is drawn again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.geometry import Offset, Region
from textual.reactive import reactive, var
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Selection, SyntaxAwareDocument

from tui_debugger.widgets.code_theme import NAME, code_theme

if TYPE_CHECKING:
    from tree_sitter import Node

CHANGED = "▎"
FAULT = "✗"
STRIPS = 2000
"""Drawn lines that are kept."""
MORE = "›"
"""At the right edge of a line that goes on."""
AROUND = 40
"""Lines above and below what is seen that are highlighted along with it."""
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code != 0x09} | {0x7F: 0x2421}
"""A control character, and the picture that is shown for it."""


class CodeView(TextArea):
    """Source in a ``TextArea``, with a mark beside lines that differ from the start and on a faulty
    line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "code-view--changed",
        "code-view--fault",
        "code-view--more",
    }
    DEFAULT_CSS = """
    CodeView {
        border: none;
        padding: 0;
        scrollbar-size: 0 1;
        & .text-area--gutter { color: $muted; }
        & .text-area--cursor-gutter { color: $foreground; }
        & .code-view--changed { color: $text-success; }
        & .code-view--fault { color: $text-error; background: $error-muted; }
        & .code-view--more { color: $text-warning; }
        &:focus { border: none; }
    }
    """
    selection: reactive[Selection] = reactive(
        Selection(), init=False, always_update=True, repaint=False
    )
    """As the base class has it, which draws all that is seen anew whenever the cursor moves."""
    changed: var[frozenset[int]] = var(frozenset)
    """Lines (from 0) that differ from the level's start."""
    fault: reactive[int | None] = reactive(None)
    """The line (from 0) that raised an error, or that the player was led to."""

    def __init__(self, text: str, *, wrap: bool = False, id: str | None = None) -> None:
        self._lit = range(0)
        """The lines whose highlights are known."""
        self._strips: dict[Hashable, Strip] = {}
        """What has been drawn of lines without the cursor, by everything that it depends on."""
        self._seen: dict[int, Hashable] = {}
        """What is drawn in each row, as far as ``_all_that_shows`` tells."""
        self._looking_over = False
        """Whether that is about to be compared with what should be."""
        super().__init__(
            text,
            language="python",
            soft_wrap=wrap,
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
        self._look_over_soon()

    def watch_selection(self, before: Selection, now: Selection) -> None:
        self._look_over_soon()

    def watch_fault(self) -> None:
        self.notify_style_update()

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def _build_highlight_map(self) -> None:
        # After every key the base class would ask the syntax tree about all of the file.
        self._line_cache.clear()
        self._highlights.clear()
        self._lit = range(0)
        self._look_over_soon()

    def _look_over_soon(self) -> None:
        if not self._looking_over and self.is_mounted:
            self._looking_over = True
            self.call_next(self._look_over)

    def _look_over(self) -> None:
        """Have those rows drawn that a key has changed: seldom more than one, and over a slow line
        a whole page is a long way."""
        self._looking_over = False
        self._light()
        for y in range(self.size.height):
            shows = self._all_that_shows(self._line_at(y + self.scroll_offset.y))
            if shows is None or shows != self._seen.get(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        self._light()
        return super().render_lines(crop)

    def _light(self) -> None:
        """Find the highlights of what is seen."""
        document, query = self.document, self._highlight_query
        if query is None or not isinstance(document, SyntaxAwareDocument):
            return
        top = self._line_at(self.scroll_offset.y)
        end = self._line_at(self.scroll_offset.y + self.size.height) + 1
        if self._lit and self._lit.start <= top and min(end, document.line_count) <= self._lit.stop:
            return
        self._lit = range(max(0, top - AROUND), min(end + AROUND, document.line_count))
        self._highlights.clear()
        self._line_cache.clear()
        found = document.query_syntax_tree(query, (self._lit.start, 0), (self._lit.stop, 0))
        # Names and tokens come in any order, another for each page. In the query's order a more
        # telling name comes later, and shows; and what looks the same is known to be the same.
        for name in map(query.capture_name, range(query.capture_count)):
            for node in sorted(found.get(name, ()), key=_place):
                (first, start), (last, end) = node.start_point, node.end_point
                for row in range(max(first, self._lit.start), min(last + 1, self._lit.stop)):
                    place = start if row == first else 0, end if row == last else None, name
                    self._highlights[row].append(place)

    def get_line(self, line_index: int) -> Text:
        line = Text(self.document.get_line(line_index).translate(_PICTURES), end="", no_wrap=True)
        if line_index == self.fault:
            line.stylize(self.get_component_rich_style("code-view--fault"))
        return line

    def render_line(self, y: int) -> Strip:
        line = self._line_at(y + self.scroll_offset.y)
        key = self._seen[y] = self._all_that_shows(line)
        if key is None:
            return self._drawn(y, line)
        if key not in self._strips:
            if len(self._strips) >= STRIPS:
                self._strips.clear()
            self._strips[key] = self._drawn(y, line)
        return self._strips[key]

    def _all_that_shows(self, line: int) -> Hashable:
        """Everything that can be seen in a line; None where it is better drawn anew."""
        (top, _), (bottom, _) = sorted((self.selection.start, self.selection.end))
        bracket = self.matching_bracket_location
        if line >= self.document.line_count:
            return self.size
        if self.soft_wrap or top <= line <= bottom or (bracket is not None and bracket[0] == line):
            return None
        return (
            line,
            self.document.get_line(line),
            tuple(self._highlights.get(line, ())),
            line == self.fault,
            line in self.changed,
            self.size,
            self.virtual_size.width,
            self.scroll_offset.x,
            self.gutter_width,
            self.has_focus,
        )

    def _drawn(self, y: int, line: int) -> Strip:
        strip = self._with_more(super().render_line(y), line)
        if line == self.fault:
            sign, component = FAULT, "code-view--fault"
        elif line in self.changed:
            sign, component = CHANGED, "code-view--changed"
        else:
            return strip
        margin = self.gutter_width - 2
        style = self.get_component_rich_style(component)
        mark = Strip([Segment(sign, style)], 1)
        return Strip.join([strip.crop(0, margin), mark, strip.crop(margin + 1)])

    def _line_at(self, y: int) -> int:
        """The document's line in row ``y`` of everything."""
        if not self.soft_wrap:
            return y
        if y >= self.wrapped_document.height:
            return self.document.line_count
        return self.wrapped_document.offset_to_location(Offset(0, y))[0]

    def goes_on(self, line: int) -> bool:
        """Whether ``line`` (from 0) goes on beyond the right edge."""
        if self.soft_wrap or line >= self.document.line_count or not self.size.width:
            return False
        width = self.scrollable_content_region.width
        seen = self.scroll_offset.x + width - self.gutter_width
        return cell_len(self.document.get_line(line).expandtabs(self.indent_width)) > seen

    def _with_more(self, strip: Strip, line: int) -> Strip:
        """``strip`` with a sign at its end when the line goes on beyond it."""
        width = self.scrollable_content_region.width
        if strip.cell_length < width or not self.goes_on(line):
            return strip
        style = self.get_component_rich_style("code-view--more")
        return Strip.join([strip.crop(0, width - 1), Strip([Segment(MORE, style)], 1)])


def _place(node: Node) -> tuple[int, int]:
    return node.start_byte, node.end_byte
