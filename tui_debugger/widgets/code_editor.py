"""The editor of one Python file: highlighting that follows the theme, indentation, line marks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region
from textual.reactive import reactive, var
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Document, Selection, SyntaxAwareDocument

from tui_debugger.widgets.code_theme import NAME, code_theme
from tui_debugger.widgets.indenting import indent, indent_after, spaces_before, toggle_comment

if TYPE_CHECKING:
    from tree_sitter import Node

CHANGED = "▎"
FAULT = "✗"
PAST = 20
"""Texts of earlier runs that undo leads back through, in another session too."""
STRIPS = 2000
"""Drawn lines that are kept."""
MORE = "›"
"""At the right edge of a line that goes on."""
AROUND = 40
"""Lines above and below what is seen that are highlighted along with it."""
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code != 0x09} | {0x7F: 0x2421}
"""A control character, and the picture that is shown for it."""


class CodeEditor(TextArea):
    """Python source, with a mark beside lines that differ from the start and on a faulty line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "code-editor--changed",
        "code-editor--fault",
        "code-editor--more",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+underscore,ctrl+slash", "comment", "Comment", show=False,
            id="code.comment", tooltip="Code: Comment the lines out, or in again",
        ),
        Binding(
            "ctrl+right_square_bracket", "bracket", "Bracket", show=False,
            id="code.bracket", tooltip="Code: Go to the matching bracket",
        ),
        Binding(
            "escape", "deselect", "Deselect",
            id="code.deselect", tooltip="Code: Select nothing any more",
        ),
    ]  # fmt: skip
    HELP = """\
`tab` indents, `shift+tab` takes it back, for all lines that are selected. `ctrl+z` undoes, \
`ctrl+y` redoes, through the texts of earlier runs too. `ctrl+k` deletes to the end of the line, \
`ctrl+x` cuts the line or the selection.
"""
    DEFAULT_CSS = """
    CodeEditor {
        border: none;
        padding: 0;
        scrollbar-size: 0 1;
        & .text-area--gutter { color: $muted; }
        & .text-area--cursor-gutter { color: $foreground; }
        & .code-editor--changed { color: $text-success; }
        & .code-editor--fault { color: $text-error; background: $error-muted; }
        & .code-editor--more { color: $text-warning; }
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

    def __init__(
        self, text: str, past: Sequence[str] = (), *, wrap: bool = False, id: str | None = None
    ) -> None:
        self.past = (*past[-PAST:], text)
        self._lit = range(0)
        """The lines whose highlights are known."""
        self._strips: dict[Hashable, Strip] = {}
        """What has been drawn of lines without the cursor, by everything that it depends on."""
        self._seen: dict[int, Hashable] = {}
        """What is drawn in each row, as far as ``_all_that_shows`` tells."""
        self._looking_over = False
        """Whether that is about to be compared with what should be."""
        super().__init__(
            self.past[0],
            language="python",
            soft_wrap=wrap,
            tab_behavior="indent",
            show_line_numbers=True,
            max_checkpoints=500,
            id=id,
        )

    def on_mount(self) -> None:
        for text in self.past[1:]:
            self.replace_text(text)
        self.move_cursor((0, 0))
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
        if before.is_empty != now.is_empty:
            self.refresh_bindings()

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
            line.stylize(self.get_component_rich_style("code-editor--fault"))
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
            sign, component = FAULT, "code-editor--fault"
        elif line in self.changed:
            sign, component = CHANGED, "code-editor--changed"
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

    def _with_more(self, strip: Strip, line: int) -> Strip:
        """``strip`` with a sign at its end when the line goes on beyond it."""
        width = self.scrollable_content_region.width
        if self.soft_wrap or line >= self.document.line_count or strip.cell_length < width:
            return strip
        seen = self.scroll_offset.x + width - self.gutter_width
        if cell_len(self.document.get_line(line).expandtabs(self.indent_width)) <= seen:
            return strip
        style = self.get_component_rich_style("code-editor--more")
        return Strip.join([strip.crop(0, width - 1), Strip([Segment(MORE, style)], 1)])

    def replace_text(self, text: str) -> None:
        """Put ``text`` in place of everything; undo brings the old text back."""
        old, new = self.document.lines, Document(text).lines
        top, under = _alike(old, new)
        last = len(old) - under - 1
        place = self.cursor_location
        self.history.checkpoint()
        # Only the lines that differ, and from where they are, so that undo leads to them.
        self.move_cursor((min(top, last), 0))
        put = "\n".join(new[top : len(new) - under])
        self.replace(put, (top, 0), (last, len(old[last])))
        self.history.checkpoint()
        self.move_cursor(place)

    def go_to(self, line: int, column: int = 0) -> None:
        """Put the cursor at ``line`` (from 0), in the middle of what is seen."""
        self.move_cursor((line, column), center=True)
        self._show_from_the_left(column)

    @property
    def selected_rows(self) -> range:
        """The lines (from 0) that are selected, or the one that the cursor is in."""
        (top, _), (bottom, end) = sorted((self.selection.start, self.selection.end))
        return range(top, bottom + (bottom == top or end > 0))

    def mark(self, line: int, start: int, end: int) -> None:
        """Select from ``start`` to ``end`` in ``line`` (from 0), in the middle of what is seen."""
        self.selection = Selection((line, start), (line, end))
        self.scroll_cursor_visible(center=True)
        self._show_from_the_left(end)

    def _show_from_the_left(self, column: int) -> None:
        """Show lines from their beginning, if ``column`` is seen then."""
        if column < self.scrollable_content_region.width - self.gutter_width:
            self.scroll_to(x=0, animate=False)

    async def on_key(self, event: events.Key) -> None:
        match event.key:
            case "escape":
                # With nothing selected it is the screen's, and leads to the panel; the base class
                # would go to whatever can be focused next.
                event.prevent_default()
                await self._carry_out(event)
            case "enter":
                self._take(event)
                self._new_line()
            case "tab":
                self._take(event)
                self._shift(1)
            case "shift+tab":
                self._take(event)
                self._shift(-1)
            case _ if not event.is_printable:
                await self._carry_out(event)

    async def _carry_out(self, event: events.Key) -> None:
        """Do what a key of the editor's own is bound to before the next key is heard.

        A key that is bound bubbles to the app before it acts, and letters, which are typed right
        here, would overtake it: right, delete and a letter in one burst is a letter at the wrong
        place. What the screen and the app do may close this very editor: that waits its turn.
        """
        active = self.screen.active_bindings.get(event.key)
        if active is not None and active.enabled and active.node is self:
            self._take(event)
            await self.run_action(active.binding.action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "deselect":
            return not self.selection.is_empty
        return super().check_action(action, parameters)

    def action_deselect(self) -> None:
        """Select nothing any more: whoever closes the search by one key too many stays here."""
        self.selection = Selection.cursor(self.selection.end)

    def action_comment(self) -> None:
        """Comment the selected lines out, or in again where all of them are."""
        self._each_line(toggle_comment)

    def action_bracket(self) -> None:
        """Go to the bracket that matches the one at the cursor."""
        there = self.matching_bracket_location
        if there is not None:
            self.move_cursor(there)

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
        self._each_line(lambda lines: [indent(line, levels) for line in lines])

    def _each_line(self, change: Callable[[list[str]], list[str]]) -> None:
        """Change the selected lines; the selection stays on what it was on."""
        rows = self.selected_rows
        top, bottom = rows[0], rows[-1]
        old = [self.document.get_line(row) for row in rows]
        new = change(old)
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


def _place(node: Node) -> tuple[int, int]:
    return node.start_byte, node.end_byte


def _alike(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same from the top, and how many from the bottom; of both texts at
    least one line is left."""
    most = min(len(old), len(new)) - 1
    top = next((n for n in range(most) if old[n] != new[n]), most)
    rest = most - top
    under = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    return top, under
