"""Editing beyond typing: comments, brackets, undo through earlier runs, changes, the own editor."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.events import Key
from textual.widgets.text_area import Document

from engine.game import Game
from engine.level import Level
from tests.ui.double import Lab
from tests.ui.driving import (
    NARROW,
    WIDE,
    MakeApp,
    editor,
    in_code,
    level_screen,
    mend,
    seen,
    until,
    until_seen,
)
from tui_debugger.app import DebuggerApp
from tui_debugger.contrast import legible_variables
from tui_debugger.elsewhere import command
from tui_debugger.screens.changes import ChangesScreen
from tui_debugger.widgets.code_editor import CodeEditor
from tui_debugger.widgets.indenting import toggle_comment

ATTENTION, LOSS = "transformer/attention.py", "training/loss.py"
line = st.text(st.sampled_from("ab #:  "), max_size=8)


@given(st.lists(line, min_size=1))
def test_commenting_out_and_in_again_changes_nothing(lines: list[str]) -> None:
    full = [text for text in lines if text.strip()]
    if not all(text.lstrip().startswith("#") for text in full):
        assert toggle_comment(toggle_comment(lines)) == lines


BURSTS = {
    "right delete c": "ac",
    "right right right c": "ab\nc",
    "c backspace d backspace e": "eab",
    "c left d right right e": "dcaeb",
    "down c up d": "adb\nc",
    "c ctrl+z d": "dab",
    "c shift+left d": "dab",
}
"""Keys typed before the text "ab", and the beginning of the text then."""


@pytest.mark.parametrize("burst", BURSTS)
async def test_keys_that_come_all_at_once_act_in_their_order(
    on_level: DebuggerApp, burst: str
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.replace_text(f"ab\n\n{area.text}")
        await pilot.pause()
        for key in burst.split():
            on_level.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: area.text.startswith(f"{BURSTS[burst]}\n"))


async def test_escape_takes_back_a_selection_before_it_leaves_the_code(
    on_level: DebuggerApp,
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await pilot.press("ctrl+f", *"d_k", "escape")
        await until_seen(pilot, "esc Deselect")
        assert area.selected_text == "d_k"
        await pilot.press("escape")
        await until_seen(pilot, "esc Panel")
        assert (area.selected_text, on_level.focused) == ("", area)
        await pilot.press("escape")
        await until(pilot, lambda: on_level.focused is not area)


async def test_the_key_comments_lines_out_and_in_again(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        before = area.text
        area.move_cursor((9, 0))
        await pilot.press("shift+down", "shift+down", "ctrl+underscore")
        assert area.document.get_line(9) == "    # if mask is not None:"
        assert area.document.get_line(10).startswith("    #     scores")
        await pilot.press("ctrl+underscore")
        assert area.text == before


async def test_a_bracket_leads_to_its_other_half(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.move_cursor((5, 13))
        await pilot.press("ctrl+right_square_bracket")
        assert area.cursor_location == (5, 32)


class Alone(App[None]):
    """An editor and nothing else."""

    def __init__(self, text: str, past: list[str]) -> None:
        super().__init__()
        self.area = CodeEditor(text, past)

    def get_css_variables(self) -> dict[str, str]:
        return legible_variables(super().get_css_variables())

    def compose(self) -> Iterator[CodeEditor]:
        yield self.area


@pytest.mark.parametrize(
    ("old", "new"),
    [("", "a\n"), ("a\nb\nc\n", "a\nB\nc\n"), ("a\na\n", "a\n"), ("a", ""), ("x\ny", "y\nx")],
)
async def test_a_text_that_is_replaced_can_be_had_back(old: str, new: str) -> None:
    app = Alone(old, [])
    async with app.run_test() as pilot:
        app.area.replace_text(new)
        assert app.area.document.lines == Document(new).lines
        app.area.undo()
        await pilot.pause()
        assert app.area.document.lines == Document(old).lines


async def test_undo_goes_back_through_the_texts_of_earlier_runs_in_another_session(
    make_app: MakeApp,
) -> None:
    app = make_app()
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await mend(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        (await in_code(pilot)).insert("# later\n", (0, 0))
        await pilot.press("ctrl+q")
    again = make_app()
    async with again.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        assert area.text.startswith("# later")
        await pilot.press("ctrl+z")
        assert not area.text.startswith("# later")
        assert "/ d_k**0.5" in area.text
        await pilot.press("ctrl+z")
        assert "* d_k**0.5" in area.text
        assert area.cursor_location[0] == 8  # where that line is, and not at the top
        await pilot.press("ctrl+y")
        assert "/ d_k**0.5" in area.text
        assert area.cursor_location[0] == 8


async def test_undo_goes_back_through_runs_stopping_at_the_text_of_each(
    on_level: DebuggerApp, lab: Lab
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        start = area.text
        texts = [start]
        for word in ("ab", "cd"):
            await pilot.press(*word, "f5")
            texts.append(area.text)
            await until(pilot, lambda: not level_screen(pilot).running)
            assert lab.sources[-1][ATTENTION] == area.text
        await pilot.press("e", "f")
        for text in (*reversed(texts), start):
            await pilot.press("ctrl+z")
            assert area.text == text
        for text in texts[1:]:
            await pilot.press("ctrl+y")
            assert area.text == text


async def test_a_reset_of_all_can_be_undone_in_a_file_that_was_not_open(
    make_game: Callable[[], Game],
) -> None:
    game = make_game()
    level = game.levels[0]
    workspace = game.open(level)
    workspace.write(LOSS, f"# mine\n{level.start[LOSS]}")
    app = DebuggerApp(game, level)
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+r")
        await until_seen(pilot, "Put every file back")
        await pilot.click("#answer-yes")
        await until(pilot, lambda: workspace.read(LOSS) == level.start[LOSS])
        assert level_screen(pilot).code.file == ATTENTION
        await until(pilot, lambda: app.screen is level_screen(pilot))
        await level_screen(pilot).code.open(LOSS)
        level_screen(pilot).focus_code()
        area = await in_code(pilot)
        assert area.text == level.start[LOSS]
        await pilot.press("ctrl+z")
        assert area.text.startswith("# mine\n")
        await until(pilot, lambda: workspace.read(LOSS).startswith("# mine\n"))


async def test_changes_are_shown_and_one_file_goes_back_with_undo(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await mend(pilot)
        await pilot.press("alt+d")
        await until_seen(pilot, "-    scores = Q @", "+    scores = Q @", "r Reset this file")
        await pilot.press("r")
        await until(pilot, lambda: "* d_k**0.5" in game.workspace(level).read(ATTENTION))
        await in_code(pilot)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "/ d_k**0.5" in editor(pilot).text)


async def test_where_nothing_changed_there_is_nothing_to_reset(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("alt+d")
        await until_seen(pilot, "Nothing differs from the level's start.")
        assert "Reset this file" not in seen(on_level)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(on_level.screen, ChangesScreen))


def test_an_editor_that_knows_it_is_told_the_line() -> None:
    path = Path("a b.py")
    assert command(path, 3, {}) is None
    assert command(path, 3, {"EDITOR": "nano -l"}) == ["nano", "-l", "+3", "a b.py"]
    assert command(path, 3, {"EDITOR": "vi", "VISUAL": "code -w"}) == ["code", "-w", "a b.py"]


async def test_what_the_own_editor_wrote_is_taken_over(
    on_level: DebuggerApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "edit.py"
    script.write_text("import sys\nopen(sys.argv[-1], 'w').write('theirs = 1\\n')\n", "utf-8")
    monkeypatch.setitem(os.environ, "EDITOR", f"{sys.executable} {script}")

    @contextmanager
    def suspend() -> Iterator[None]:
        yield

    monkeypatch.setattr(on_level, "suspend", suspend)
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("alt+e")
        await until_seen(pilot, "theirs = 1")


async def test_without_a_terminal_or_an_editor_it_is_said(
    on_level: DebuggerApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        await pilot.press("alt+e")
        await until_seen(pilot, "Set EDITOR")
        monkeypatch.setitem(os.environ, "EDITOR", "true")
        await pilot.press("alt+e")
        await until_seen(pilot, "opens only where")


async def test_keys_lead_to_both_ends_of_the_file(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await pilot.press("ctrl+end")
        await until(pilot, lambda: area.cursor_location == area.document.end)
        await pilot.press("ctrl+home")
        await until(pilot, lambda: area.cursor_location == (0, 0))
        await pilot.press("ctrl+shift+end")
        await until(pilot, lambda: area.selected_text == area.text)
