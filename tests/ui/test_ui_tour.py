"""The tour: it waits for deeds, can be skipped, and taken again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.game import Game
from engine.home import Home
from tests.ui.double import Lab
from tests.ui.driving import NARROW, WIDE, in_code, level_screen, mend, seen, until, until_seen
from tests.ui.evidence import FIRES, ROWS
from tui_debugger.app import DebuggerApp
from tui_debugger.tour import STEPS, Deed, Tour


@given(st.lists(st.sampled_from(list(Deed))))
def test_the_tour_never_goes_back_and_always_asks_for_what_was_not_done(deeds: list[Deed]) -> None:
    tour = Tour()
    for deed in deeds:
        before = tour.at
        asked = tour.step
        tour.hear(deed)
        assert tour.at >= before
        if asked is not None and asked.deed is deed:
            assert tour.at == before + 1


@given(st.permutations([step.deed for step in STEPS]))
def test_every_step_done_in_its_order_ends_the_tour(order: list[Deed]) -> None:
    tour = Tour()
    for step in STEPS:
        tour.hear(step.deed)
    assert tour.step is None


@pytest.fixture
def newcomer(home: Home, game: Game) -> DebuggerApp:
    home.settings.unlink()
    return DebuggerApp(game)


async def test_a_newcomer_is_led_through_the_first_level(newcomer: DebuggerApp, lab: Lab) -> None:
    lab.evidence = {ROWS: FIRES}
    async with newcomer.run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Tour 1/8", "An incident")
        await pilot.press("enter", "down", "f2")
        assert "Tour 1/8" in seen(newcomer)
        await pilot.press("f3")
        await until_seen(pilot, "Tour 2/8", "f5 runs them all")
        await pilot.press("f5")
        await until_seen(pilot, "Tour 3/8", "n goes to the next of them")
        await pilot.press("end", "n")
        await until_seen(pilot, "Tour 4/8")
        await pilot.press("e")
        await until_seen(pilot, "Tour 5/8", "^f finds a text")
        (await in_code(pilot)).move_cursor((8, 0))
        await pilot.press("alt+c")
        await until_seen(pilot, "These lines are wrong")
        await pilot.press("down", "enter", "enter", "enter")
        await until_seen(pilot, "Tour 6/8")
        await mend(pilot)
        await until_seen(pilot, "Tour 7/8")
        await pilot.press("f5")
        await until_seen(pilot, "Tour 8/8", "f9 submits")
        await pilot.press("f9")
        await until_seen(pilot, "● Solved")
        assert newcomer.memory.settings.toured
        await pilot.press("escape")
        await until(pilot, lambda: "Tour" not in seen(newcomer))


async def test_only_a_run_that_finds_a_probe_that_fires_leads_on_to_it(
    newcomer: DebuggerApp, lab: Lab
) -> None:
    async with newcomer.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Tour 1/8")
        await pilot.press("f3", "n")
        await until_seen(pilot, "Tour 2/8", "No probe fires or failed so far.")
        await pilot.press("enter")
        await until_seen(pilot, "✓ 1 quiet")
        await until(pilot, lambda: not level_screen(pilot).running)
        assert "Tour 2/8" in seen(newcomer)
        lab.evidence = {ROWS: FIRES}
        await pilot.press("f5")
        await until_seen(pilot, "Tour 3/8", "✗ 1 fires")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_notices_stand_above_what_the_tour_says(
    newcomer: DebuggerApp, size: tuple[int, int]
) -> None:
    async with newcomer.run_test(size=size, notifications=True) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Tour 1/8")
        screen = level_screen(pilot)

        def lowest() -> int:
            return max(toast.region.bottom for toast in screen.query("Toast"))

        for at in range(len(STEPS)):
            tour = Tour()
            tour.at = at
            screen.tour_bar.show(tour)
            screen.notify(f"Notice of step {at + 1}.")
            await until_seen(pilot, f"Tour {at + 1}/8", f"Notice of step {at + 1}.")
            await until(pilot, lambda: lowest() <= screen.tour_bar.region.y)
            newcomer.clear_notifications()
        screen.action_skip_tour()
        await until_seen(pilot, "It can be taken again")
        await until(pilot, lambda: lowest() == size[1] - 1)


async def test_it_is_skipped_for_good_and_taken_again_when_asked_for(
    newcomer: DebuggerApp,
) -> None:
    async with newcomer.run_test(size=NARROW) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Tour 1/8", "alt+t skips the tour")
        await pilot.press("alt+t")
        await until(pilot, lambda: "Tour 1/8" not in seen(newcomer))
        await pilot.press("ctrl+l", "enter")
        await until_seen(pilot, "import torch")
        assert "Tour" not in seen(newcomer)
        level_screen(pilot).action_take_tour()
        await until_seen(pilot, "Tour 1/8")


async def test_it_goes_on_where_it_was_when_the_game_was_left(
    home: Home, lab: Lab, make_game: Callable[[], Game]
) -> None:
    home.settings.unlink()
    lab.evidence = {ROWS: FIRES}
    first = DebuggerApp(make_game())
    async with first.run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Tour 1/8")
        await pilot.press("escape")
        await mend(pilot)
        await until_seen(pilot, "Tour 7/8")
        await pilot.press("ctrl+q")
    again = DebuggerApp(make_game())
    async with again.run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Tour 7/8")
        await pilot.press("ctrl+l", "2", "enter")
        await until_seen(pilot, "Brief f2")
        assert "Tour" not in seen(again)
        await pilot.press("ctrl+l", "1", "enter")
        await until_seen(pilot, "Tour 7/8")
        await pilot.press("f5")  # after the edit, of which the tour was told in another session
        await until_seen(pilot, "Tour 8/8")


async def test_who_has_played_before_is_left_alone(newcomer: DebuggerApp, game: Game) -> None:
    game.edited(game.levels[1])
    async with newcomer.run_test(size=NARROW) as pilot:
        await pilot.press("1", "enter")
        await until_seen(pilot, "Brief f2")
        assert "Tour" not in seen(newcomer)


async def test_a_probe_of_ones_own_is_no_change_to_the_code(newcomer: DebuggerApp) -> None:
    async with newcomer.run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        await until_seen(pilot, "Tour 1/8")
        await pilot.press("ctrl+b")
        await until_seen(pilot, "scratch.py   1:1   saved")
        await pilot.press("x")
        await until_seen(pilot, "scratch.py   1:2   saved")
        assert "Tour 1/8" in seen(newcomer)
        await pilot.press("alt+m")  # past the last file is the first one
        await until_seen(pilot, "attention.py   1:1   saved")
        await mend(pilot)
        await until_seen(pilot, "Tour 7/8")
