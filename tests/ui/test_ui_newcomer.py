"""What people who had never seen the game stumbled over, and do not any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.game import Game
from engine.home import Home
from engine.level import Level
from engine.scoring import State
from tests.ui.double import Lab
from tests.ui.driving import NARROW, WIDE, editor, in_code, level_screen, seen, until, until_seen
from tests.ui.evidence import FIRES, ROWS
from tui_debugger.app import DebuggerApp
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.widgets.brief_panel import BriefPanel

LONG = f"x = '{'a' * 200} the end'\n"


async def test_a_digit_goes_to_the_level_of_that_number(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "The loss goes down and down.")
        await pilot.press("9")
        await until_seen(pilot, "Two at once.")
        await pilot.press("1")
        await until_seen(pilot, "Every head looks at one token only")


async def test_a_look_at_a_level_does_not_start_it_but_an_edit_does(
    app: DebuggerApp, game: Game, level: Level
) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Brief f2")
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, LevelsScreen))
        await until_seen(pilot, "○ new       Sharp")
        await pilot.press("enter")
        (await in_code(pilot)).insert("#")
        await until(pilot, lambda: game.progress(level).state is State.STARTED)
        await pilot.press("ctrl+l")
        await until_seen(pilot, "◐ started   Sharp")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_brief_of_a_new_level_has_the_keyboard(
    make_game: Callable[[], Game], content: Path, home: Home, size: tuple[int, int]
) -> None:
    home.settings.unlink()  # with the tour, which takes some of the room
    file = content / "answer_key" / "01-a.toml"
    paragraphs = "\n\n".join(f"Paragraph {number}." for number in range(40))
    file.write_text(file.read_text("utf-8").replace("Every head", f"{paragraphs}\n\nEvery head"))
    app = DebuggerApp(make_game())
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Brief f2", "Paragraph 0.")
        await pilot.press("pagedown")
        await until(pilot, lambda: "Paragraph 0." not in seen(app))
        assert isinstance(app.focused, BriefPanel)
        await pilot.press("end")
        await until_seen(pilot, "open to any editor")


async def test_zoomed_evidence_has_the_whole_width_and_f3_brings_the_list_back(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES}
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f5", "f3")
        await until_seen(pilot, "✗ 1 fires", "import torch")
        await pilot.press("z")
        await until(pilot, lambda: "import torch" not in seen(on_level))
        assert level_screen(pilot).probes.evidence.region.width > WIDE[0] - 4
        await pilot.press("f3")
        await until_seen(pilot, "import torch", "Does a token see only its past?")
        await pilot.press("z")
        await until(pilot, lambda: "import torch" not in seen(on_level))
        await pilot.press("escape")
        await until_seen(pilot, "import torch", "Does a token see only its past?")
        await in_code(pilot)


async def test_a_cancelled_run_says_how_far_it_came(on_level: DebuggerApp, lab: Lab) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        lab.going.clear()
        await pilot.press("f5")
        await until_seen(pilot, "0 of 4")
        lab.going.set()
        await until(pilot, lambda: level_screen(pilot).probes.done == 4)
        lab.going.clear()
        await pilot.press("f5")
        await until_seen(pilot, "0 of 4", "esc Cancel")
        await pilot.press("escape")
        await until_seen(pilot, "Cancelled: 0 of 4 ran.")


async def test_the_probes_are_narrowed_by_words_and_found_again_where_asked_for(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES}
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✗ 1 fires")
        await pilot.press("slash", *"fires")
        await until(pilot, lambda: "Is the loss positive?" not in seen(on_level))
        assert "Do a query's attention weights sum to 1?" in seen(on_level)
        await pilot.press("enter", "n", "slash", *"[/x]")
        await until_seen(pilot, "No probe has these words.")
        await pilot.press("escape")
        await until_seen(pilot, "Is the loss positive?", "Does it learn?")
        await pilot.press("slash", *"learn")
        await until(pilot, lambda: "Is the loss positive?" not in seen(on_level))
        level_screen(pilot).probes.show("loss.sign")
        await until_seen(pilot, "Is the loss positive?", "Does it learn?")


async def test_long_lines_show_that_they_go_on_and_can_be_wrapped_for_good(
    make_game: Callable[[], Game],
) -> None:
    game = make_game()
    level = game.levels[0]
    game.open(level).write("transformer/attention.py", LONG)
    app = DebuggerApp(game, level)
    async with app.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await until_seen(pilot, "›")
        area.fault = 0
        await pilot.press("alt+z")
        await until_seen(pilot, "the end'")
        assert "›" not in seen(app)
        assert seen(app).count("✗") > 2
        await pilot.press("ctrl+q")
    again = DebuggerApp(make_game(), level)
    async with again.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "the end'")


async def test_the_file_before_is_a_key_away_like_the_next_one(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+n")
        await until_seen(pilot, "transformer/core.py   1:1")
        await pilot.press("alt+n")
        await until_seen(pilot, "transformer/attention.py   1:1")
        assert editor(pilot).has_focus


async def test_help_begins_with_the_keys(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f1")
        await until_seen(pilot, "Keys that work now", "Level: Submit the code")
