"""The editor of one Python file: indentation, comments, brackets, and undo through earlier runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets.text_area import Document, Selection

from tui_debugger.widgets.code_view import CodeView
from tui_debugger.widgets.indenting import indent, indent_after, spaces_before, toggle_comment

PAST = 20
"""Texts of earlier runs that undo leads back through, in another session too."""


class CodeEditor(CodeView):
    """Python source that can be edited, a line at a time or many."""

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
        Binding(
            "ctrl+home", "cursor_to('start')", "Top", show=False,
            id="code.top", tooltip="Code: Go to the beginning of the file",
        ),
        Binding(
            "ctrl+end", "cursor_to('end')", "Bottom", show=False,
            id="code.bottom", tooltip="Code: Go to the end of the file",
        ),
        Binding("ctrl+shift+home", "cursor_to('start', True)", show=False),
        Binding("ctrl+shift+end", "cursor_to('end', True)", show=False),
    ]  # fmt: skip
    HELP = """\
`tab` indents, `shift+tab` takes it back, for all lines that are selected. `ctrl+z` undoes, \
`ctrl+y` redoes, through the texts of earlier runs too. `ctrl+k` deletes to the end of the line, \
`ctrl+x` cuts the line or the selection.
"""

    def __init__(
        self, text: str, past: Sequence[str] = (), *, wrap: bool = False, id: str | None = None
    ) -> None:
        self.past = (*past[-PAST:], text)
        super().__init__(self.past[0], wrap=wrap, id=id)

    def on_mount(self) -> None:
        for text in self.past[1:]:
            self.replace_text(text)
        self.move_cursor((0, 0))

    def watch_selection(self, before: Selection, now: Selection) -> None:
        super().watch_selection(before, now)
        if before.is_empty != now.is_empty:
            self.refresh_bindings()

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

    def action_cursor_to(self, end: str, select: bool = False) -> None:
        """Go to the ``start`` or the ``end`` of the file, selecting what lies between."""
        self.move_cursor(getattr(self.document, end), select=select)

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


def _alike(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same from the top, and how many from the bottom; of both texts at
    least one line is left."""
    most = min(len(old), len(new)) - 1
    top = next((n for n in range(most) if old[n] != new[n]), most)
    rest = most - top
    under = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    return top, under
