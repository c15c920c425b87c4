"""Reading and editing the code of a level."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.theme import BUILTIN_THEMES

from engine.game import Game
from engine.level import Level
from tests.ui.driving import (
    NARROW,
    STRANGE,
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
from tui_debugger.screens.ask import AskScreen
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.themes import OURS
from tui_debugger.widgets import code_pane

ATTENTION = "transformer/attention.py"
SCORES = 8
"""The line of the scores, from 0."""


def on_disk(game: Game, level: Level, file: str = ATTENTION) -> str:
    return game.workspace(level).read(file)


async def test_the_code_is_highlighted(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        assert area.is_syntax_aware


async def test_what_is_typed_is_on_disk_without_asking(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await until(pilot, lambda: "/ d_k**0.5" in on_disk(game, level))
        await until_seen(pilot, "saved", "1 line changed", "attention.py ●")


def test_it_takes_less_than_a_second_until_what_is_typed_is_on_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    assert code_pane.SAVE_AFTER < 1


async def test_lines_that_differ_from_the_start_are_marked(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await mend(pilot)
        await until(pilot, lambda: editor(pilot).changed == {SCORES})
        marked = [line for line in seen(on_level).splitlines() if "▎" in line]
        assert marked[0].startswith(" 9▎")
        assert marked[1:] == [line for line in marked if "1 line changed" in line]
        await pilot.press("ctrl+z", "ctrl+z")
        await until(pilot, lambda: editor(pilot).changed == set())


async def test_enter_keeps_the_indentation_and_a_colon_deepens_it(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.move_cursor((SCORES, len(area.document.get_line(SCORES))))
        await pilot.press("enter", *"if", "space", "Q", "colon", "enter", *"pass", "enter", "X")
        lines = area.text.splitlines()
        assert lines[SCORES + 1 : SCORES + 4] == ["    if Q:", "        pass", "    X"]


async def test_tab_inserts_spaces_and_backspace_takes_them_together(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.move_cursor((1, 0))
        await pilot.press("tab", "x", "tab")
        assert area.document.get_line(1) == "    x   "
        await pilot.press("backspace", "backspace", "backspace", "backspace", "backspace")
        assert area.document.get_line(1) == ""


async def test_a_selection_is_indented_and_back(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        before = area.text
        area.move_cursor((SCORES, 0))
        await pilot.press("shift+down", "shift+down", "tab")
        assert area.document.get_line(SCORES).startswith("        scores")
        assert area.document.get_line(SCORES + 2).startswith("        scores")
        await pilot.press("shift+tab")
        assert area.text == before


async def test_escape_goes_to_the_panel_and_back(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        assert "Brief f2" not in seen(on_level)
        await pilot.press("escape")
        await until_seen(pilot, "Brief f2", "esc Code")
        assert "import torch" not in seen(on_level)
        await pilot.press("escape")
        await until_seen(pilot, "import torch", "esc Panel")


async def test_a_wide_screen_shows_code_and_panel_side_by_side(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "import torch", "Brief f2")


async def test_a_resize_changes_from_one_to_the_other(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.resize_terminal(*NARROW)
        await until(pilot, lambda: "Brief f2" not in seen(on_level))
        await pilot.resize_terminal(*WIDE)
        await until_seen(pilot, "import torch", "Brief f2")


async def test_a_file_is_chosen_by_a_few_letters(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+o", *"lss")
        await until_seen(pilot, "training/loss.py", "⏎ opens")
        await pilot.press("enter")
        await until_seen(pilot, "training/loss.py   1:1", "def cross_entropy")
        await in_code(pilot)


async def test_a_click_on_a_tab_opens_its_file(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.click("#file-1")
        await until_seen(pilot, "def identity")


async def test_the_cursor_is_where_it_was_after_a_restart(
    make_app: MakeApp, make_game: Callable[[], Game]
) -> None:
    app = make_app()
    async with app.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+n")
        await until_seen(pilot, "def identity")
        editor(pilot).move_cursor((3, 4))
        await pilot.press("ctrl+q")
    game = make_game()
    again = DebuggerApp(game, game.latest())
    async with again.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "transformer/core.py   4:5")


async def test_who_left_off_at_the_list_begins_there(
    make_app: MakeApp, make_game: Callable[[], Game]
) -> None:
    app = make_app()
    async with app.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+l")
        await until_seen(pilot, "0/3 solved")
        await pilot.press("ctrl+q")
    again = make_app()
    async with again.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "0/3 solved", "lab ready")
        await pilot.press("enter")
        await in_code(pilot)
        await pilot.press("ctrl+q")
    game = make_game()
    once_more = DebuggerApp(game, game.latest())
    async with once_more.run_test(size=NARROW) as pilot:
        await in_code(pilot)


async def test_what_another_editor_wrote_is_taken_over(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        game.workspace(level).write(ATTENTION, "theirs = 1\n")
        on_level.app_focus = False
        on_level.app_focus = True
        await until_seen(pilot, "theirs = 1", "taken over")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "import torch" in editor(pilot).text)


@pytest.mark.parametrize(("answer", "stays"), [("keep", "mine"), ("take", "theirs")])
async def test_what_another_editor_wrote_over_unsaved_edits_is_asked_about(
    on_level: DebuggerApp, game: Game, level: Level, answer: str, stays: str
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        level_screen(pilot).code.documents.open(ATTENTION)
        area.move_cursor((0, 0))
        game.workspace(level).write(ATTENTION, "theirs\n")
        area.insert("mine")
        await until(pilot, lambda: isinstance(on_level.screen, AskScreen))
        assert on_disk(game, level) == "theirs\n"
        await pilot.click(f"#answer-{answer}")
        await until(pilot, lambda: isinstance(on_level.screen, LevelScreen))
        await until(pilot, lambda: stays in on_disk(game, level) and stays in editor(pilot).text)
        await in_code(pilot)
        await pilot.press("ctrl+z")
        other = "theirs" if stays == "mine" else "mine"
        await until(pilot, lambda: other in editor(pilot).text)


async def test_the_game_does_not_quit_over_a_conflict(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        game.workspace(level).write(ATTENTION, "theirs\n")
        area.insert("mine")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(on_level.screen, AskScreen))
        await pilot.press("ctrl+q")
        assert len(on_level.screen_stack) == 4
        await pilot.click("#answer-keep")
        await until(pilot, lambda: "mine" in on_disk(game, level))
        await pilot.press("ctrl+q")
    assert on_level.return_code == 0


async def test_reset_asks_keeps_the_work_and_says_where(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await mend(pilot)
        await pilot.press("ctrl+r")
        await until_seen(pilot, "Put every file back", "sharp.before-")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(on_level.screen, LevelScreen))
        assert "/ d_k**0.5" in on_disk(game, level)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(on_level.screen, AskScreen))
        await pilot.click("#answer-yes")
        await until(pilot, lambda: "* d_k**0.5" in on_disk(game, level))
        await until_seen(pilot, "The level is back at its start")
        kept = next(game.workspace(level).root.parent.glob("sharp.before-*"))
        assert "/ d_k**0.5" in (kept / ATTENTION).read_text("utf-8")
        await pilot.press("escape" if not editor(pilot).has_focus else "right")
        await in_code(pilot)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "/ d_k**0.5" in editor(pilot).text)


async def test_a_file_that_is_no_text_says_so_in_its_place(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        (game.workspace(level).root / "training/loss.py").write_bytes(b"\xff\xfe[/x]")
        await pilot.press("ctrl+n", "ctrl+n")
        await until_seen(pilot, "training/loss.py is not UTF-8 text")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(on_level.screen, AskScreen))
        await pilot.click("#answer-yes")
        await until_seen(pilot, "def cross_entropy")


async def test_strange_characters_in_the_code_are_shown_and_not_obeyed(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    text = f"x = '{STRANGE}'\n"
    game.workspace(level).write(ATTENTION, text)
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "[/x] a[b=c] ␛[31mred␛[0m ␇")
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", seen(on_level))
        assert on_disk(game, level) == text


async def test_the_code_is_coloured_in_every_theme(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=(60, 12)) as pilot:
        area = await in_code(pilot)
        for theme in [*BUILTIN_THEMES, *(theme.name for theme in OURS)]:
            on_level.theme = theme
            await pilot.pause()
            strip = area.render_line(5)
            colours = {str(s.style.color) for s in strip if s.style and s.text.strip()}
            assert len(colours) > 2, theme


async def test_leaving_saves_first(on_level: DebuggerApp, game: Game, level: Level) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(on_level.screen, LevelsScreen))
        assert "/ d_k**0.5" in on_disk(game, level)


async def test_a_deleted_file_is_written_again_with_the_edits(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await until(pilot, lambda: "/ d_k**0.5" in on_disk(game, level))
        Path(game.workspace(level).root / ATTENTION).unlink()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "/ d_k**0.5" in on_disk(game, level))
