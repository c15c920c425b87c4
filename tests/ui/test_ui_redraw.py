"""What is drawn again after a key: all that it has changed, and hardly more."""

from __future__ import annotations

import random

import pytest
from textual.strip import Strip

from tests.ui.driving import NARROW, WIDE, MakeApp, in_code
from tui_debugger.app import DebuggerApp
from tui_debugger.widgets.code_editor import CodeEditor

KEYS = [
    *("a", "left_parenthesis", "right_parenthesis", "quotation_mark", "number_sign"),
    *("enter", "tab", "shift+tab", "backspace", "delete", "ctrl+k", "ctrl+underscore"),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *("shift+up", "shift+down", "shift+end", "ctrl+right_square_bracket"),
    *("ctrl+z", "ctrl+z", "ctrl+y", "alt+z"),
]
"""What moves, selects, edits one line or many, and opens strings that go on to the end."""


def drawn(area: CodeEditor) -> list[Strip]:
    """The editor's rows, as they stand on the screen."""
    return area.render_lines(area.size.region)


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_stale_is_left_on_the_screen(make_app: MakeApp, seed: int) -> None:
    chosen = random.Random(seed)
    async with make_app().run_test(size=chosen.choice((NARROW, WIDE))) as pilot:
        area = await in_code(pilot)
        area.move_cursor((chosen.randrange(area.document.line_count), 0))
        pressed = []
        for key in chosen.choices(KEYS, k=40):
            await pilot.press(key)
            await pilot.pause()
            pressed.append(key)
            before = drawn(area)
            area.notify_style_update()  # all of it anew
            await pilot.pause()
            assert before == drawn(area), pressed


@pytest.mark.parametrize(("key", "most"), [("a", 1), ("left", 1), ("down", 2), ("backspace", 1)])
async def test_a_key_draws_the_rows_that_it_changes(
    on_level: DebuggerApp, monkeypatch: pytest.MonkeyPatch, key: str, most: int
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        area.move_cursor((12, 0))
        await pilot.press("a", "b")
        await pilot.pause()
        rows: set[int] = set()
        draw = CodeEditor.render_line

        def render_line(self: CodeEditor, y: int) -> Strip:
            rows.add(y)
            return draw(self, y)

        monkeypatch.setattr(CodeEditor, "render_line", render_line)
        await pilot.press(key)
        await pilot.pause()
        assert 1 <= len(rows) <= most
