"""The list of levels, and the way in and out."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from engine.errors import WorkspaceError
from engine.game import Game
from engine.workspace import Workspace
from tests.ui.double import Lab
from tests.ui.driving import NARROW, WIDE, in_code, level_screen, seen, until, until_seen
from tests.ui.evidence import CURVE, FIRES, ROWS, fault
from tui_debugger.app import DebuggerApp
from tui_debugger.lab import Loading, Ready
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.screens.result import ResultScreen


async def test_the_list_shows_every_incident_and_keeps_the_category_to_itself(
    app: DebuggerApp,
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "Sharp from the start", "The Friday merge", "0 of 350 points")
        assert "critical" in seen(app)
        assert "numerical" not in seen(app)
        assert "nobody has trained it yet." in seen(app)


async def test_the_list_and_the_brief_fit_into_80_by_24(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "Sharp from the start", "Every head looks at one token only")
        assert "award" in seen(app)


async def test_moving_down_shows_the_next_brief(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("down")
        await until_seen(pilot, "The loss goes down and down.")


async def test_enter_opens_a_new_level_on_its_brief(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LevelScreen))
        await until_seen(pilot, "Brief f2", "open to any editor: ~/data/workspaces/sharp")


async def test_a_level_that_was_opened_before_opens_on_its_code(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "transformer/attention.py", "saved")


async def test_the_list_keeps_its_place_while_the_palette_is_open(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("down", "down", "ctrl+p")
        await until_seen(pilot, "Search for commands")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LevelsScreen))
        await until_seen(pilot, "Two at once.")


async def test_a_level_that_cannot_be_opened_says_why(app: DebuggerApp, game: Game) -> None:
    game.home.data.mkdir(exist_ok=True)
    (game.home.data / "workspaces").write_text("in the way", "utf-8")
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Not a directory")
        assert isinstance(app.screen, LevelsScreen)


@pytest.mark.parametrize("size", [(20, 5), (300, 60)])
async def test_no_terminal_is_too_small_or_too_large(
    on_level: DebuggerApp, lab: Lab, size: tuple[int, int]
) -> None:
    lab.evidence = {ROWS: FIRES, "training.curve": CURVE, "loss.sign": fault(6)}
    async with on_level.run_test(size=size) as pilot:
        (await in_code(pilot)).insert("# mine\n")
        await pilot.press("f5", "n", "n", "n", "f4", "t", "t", "f1")
        await pilot.press("escape", "ctrl+o", "escape", "f9")
        await until(pilot, lambda: isinstance(on_level.screen, ResultScreen))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(on_level.screen, LevelsScreen))


async def test_a_click_on_a_key_presses_it(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "^o Files")
        bar = seen(on_level).splitlines()[-1]
        await pilot.click(offset=(bar.index("Files") + 1, NARROW[1] - 1))
        await until_seen(pilot, "A few letters of the file's name")


async def test_a_click_looks_and_a_second_click_opens(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "The dashboard is green")
        await pilot.click("#level-list", offset=(20, 1))
        await until_seen(pilot, "The loss goes down and down.")
        assert isinstance(app.screen, LevelsScreen)
        await pilot.click("#level-list", offset=(20, 1))
        await until(pilot, lambda: isinstance(app.screen, LevelScreen))
        assert level_screen(pilot).level.id == "green"


async def test_the_first_paint_does_not_wait_for_the_lab(app: DebuggerApp, lab: Lab) -> None:
    lab.loaded.clear()
    async with app.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "Sharp from the start", "lab: loading torch…")
        assert isinstance(app.lab, Loading)
        lab.loaded.set()
        await until_seen(pilot, "lab ready")
        assert isinstance(app.lab, Ready)


async def test_a_lab_that_fails_says_why_and_can_be_tried_again(app: DebuggerApp, lab: Lab) -> None:
    lab.broken = "The process could not be started: [/x] no room."
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until_seen(pilot, "lab failed", "[/x] no room.", "Try the lab again")
        lab.broken = ""
        await pilot.press("ctrl+g")
        await until_seen(pilot, "lab ready")
        assert "Try the lab again" not in seen(app)


async def test_quitting_closes_the_lab(app: DebuggerApp, lab: Lab) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("ctrl+q")
    assert lab.closed


async def test_the_chosen_theme_is_there_after_a_restart(make_game: Callable[[], Game]) -> None:
    app = DebuggerApp(make_game())
    async with app.run_test(size=NARROW) as pilot:
        app.theme = "textual-light"
        await until(pilot, lambda: app.memory.settings.theme == "textual-light")
    again = DebuggerApp(make_game())
    async with again.run_test(size=NARROW) as pilot:
        await pilot.pause()
        assert again.theme == "textual-light"


async def test_settings_that_cannot_be_read_are_set_aside_and_said_to_be(
    make_game: Callable[[], Game],
) -> None:
    game = make_game()
    game.home.settings.write_text("{[/x]", "utf-8")
    app = DebuggerApp(game)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until_seen(pilot, "Your settings could not be read")
        assert [p.name[:22] for p in game.home.config.iterdir()] == ["settings.json.damaged-"]


async def test_help_says_what_can_be_done_here(app: DebuggerApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("f1")
        await until_seen(pilot, "Keys that work now", "Levels: Open the level")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, LevelScreen))
        await pilot.press("f1")
        await until_seen(pilot, "Keys that work now", "Level: Submit the code")
        assert "Open the level" not in seen(app)
        await pilot.press("escape", "f3", "question_mark")
        await until_seen(pilot, "Probes: Mark or unmark")
        await pilot.press("end")
        await until_seen(pilot, "A slow probe trains a model")


async def test_every_command_is_in_the_palette_and_runs_from_there(app: DebuggerApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LevelScreen))
        await pilot.press("ctrl+p")
        await until_seen(pilot, "Search for commands")
        await pilot.press(*"hints")
        await until_seen(pilot, "View: Hints")
        await pilot.press("enter")
        await until_seen(pilot, "0 of 4 hints taken.")


async def test_a_level_that_takes_its_time_to_open_is_told(
    app: DebuggerApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_open = threading.Event()

    def slow(_: object) -> Workspace:
        may_open.wait(60)
        raise WorkspaceError("The disk is gone.")

    monkeypatch.setattr(app.game, "open", slow)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Opening level 1…")
        may_open.set()
        await until_seen(pilot, "The disk is gone.", "tui-debugger")
        assert "Opening" not in seen(app)
