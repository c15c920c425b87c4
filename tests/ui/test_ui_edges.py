"""Keys in a burst, lines that go on beyond the edge, coming back to where one was."""

from __future__ import annotations

from collections.abc import Callable

from engine.game import Game
from engine.level import Level
from tests.ui.driving import NARROW, editor, in_code, seen, until
from tui_debugger.app import DebuggerApp
from tui_debugger.widgets.code_view import MORE


async def test_keys_typed_right_before_quitting_are_saved(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press(*"# kept", "ctrl+q")
    assert game.workspace(level).read("transformer/attention.py").startswith("# kept")


async def test_a_line_that_goes_on_beyond_the_edge_says_so(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        assert MORE not in seen(on_level)
        area.replace(f"{'x' * 100}\n", (0, 0), (0, 0))
        area.move_cursor((1, 0))
        await until(pilot, lambda: MORE in seen(on_level))
        area.move_cursor((0, 100))
        await until(pilot, lambda: MORE not in seen(on_level))


async def test_coming_back_shows_the_start_of_the_lines(make_game: Callable[[], Game]) -> None:
    game = make_game()
    level = game.levels[0]
    game.open(level)
    app = DebuggerApp(game, level)
    async with app.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.move_cursor((8, 40))
        await pilot.press("ctrl+q")
    again = DebuggerApp(make_game(), level)
    async with again.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await until(pilot, lambda: editor(pilot).cursor_location == (8, 40))
        assert editor(pilot).scroll_offset.x == 0
