"""Claiming in the game and on the command line."""

from __future__ import annotations

from textual.widgets.text_area import Selection

from engine.catalog import Catalog
from engine.claims import MOST_LINES, categories
from engine.game import Game
from engine.ledger import Claimed, Deed, Line, Probed, Submitted
from engine.level import Level
from engine.scoring import progress
from tests.engine.strategies import history
from tests.ui.double import Lab
from tests.ui.driving import (
    NARROW,
    WIDE,
    editor,
    in_code,
    level_screen,
    mend,
    seen,
    until,
    until_seen,
)
from tests.ui.evidence import FIRES, ROWS
from tui_debugger.account import claim_account
from tui_debugger.app import DebuggerApp
from tui_debugger.screens.claim import ClaimScreen, Draft

ATTENTION = "transformer/attention.py"


async def test_a_right_claim_is_made_by_keys_and_pays_when_the_level_is_solved(
    on_level: DebuggerApp, game: Game, level: Level, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES}
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        area = await in_code(pilot)
        await pilot.press("f5", "f3")
        await until_seen(pilot, "✗ 1 fires")
        level_screen(pilot).probes.show(ROWS)
        await pilot.press("e")
        await until_seen(pilot, f"{ROWS} is cited; alt+c claims", "alt+c Claim")
        area.move_cursor((8, 0))
        await pilot.press("alt+c")
        await until_seen(pilot, "These lines are wrong", f"{ATTENTION}:9", "pays 20 points more")
        await pilot.press("enter", "tab", "tab", "enter")
        assert isinstance(on_level.screen, ClaimScreen)  # of no kind yet
        await pilot.press("down", "down", "enter", "enter", "enter")
        await until_seen(pilot, "It is judged when the level is solved", "claimed   worth 100")
        claim = game.progress(level).claim
        assert claim == Claimed((Line(ATTENTION, 9),), "numerical", ROWS)
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "Your claim: right", f"✓ {ATTENTION}:9", "Your claim was right")
        assert game.progress(level).award == 120


async def test_a_claim_that_cannot_be_made_says_why(on_level: DebuggerApp, lab: Lab) -> None:
    async with on_level.run_test(size=NARROW, notifications=True) as pilot:
        await in_code(pilot)
        await pilot.press("alt+c")
        await until_seen(pilot, "run a probe that fires")
        lab.evidence = {ROWS: FIRES}
        await pilot.press("f5", "escape")
        await in_code(pilot)
        await until(pilot, lambda: not level_screen(pilot).running)
        editor(pilot).select_all()
        await pilot.press("alt+c")
        await until_seen(pilot, "one to 5 lines")


async def test_evidence_is_not_cited_where_there_is_nothing_left_to_claim(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES}
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        await pilot.press("number_sign", "f9")
        await until_seen(pilot, "✗ Not solved yet")
        await pilot.press("escape", "f5", "f3")
        await until_seen(pilot, "✗ 1 fires")
        level_screen(pilot).probes.show(ROWS)
        await pilot.press("e")
        await until_seen(pilot, "A claim is made before the first submission")
        await pilot.press("escape")
        await in_code(pilot)
        assert "alt+c Claim" not in seen(on_level)


async def test_a_claim_that_is_put_off_is_none(
    on_level: DebuggerApp, game: Game, level: Level, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES}
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f5", "escape")
        await in_code(pilot)
        await until(pilot, lambda: not level_screen(pilot).running)
        await pilot.press("alt+c")
        await until(pilot, lambda: isinstance(on_level.screen, ClaimScreen))
        await pilot.press("escape")
        await in_code(pilot)
        assert game.progress(level).claim is None


async def test_the_dialog_says_what_is_chosen_where_the_focus_is_not_and_how_to_go_on(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES}
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await pilot.press("f5", "escape")
        await in_code(pilot)
        await until(pilot, lambda: not level_screen(pilot).running)
        area.selection = Selection((0, 0), (4, 0))
        await pilot.press("alt+c")
        await until_seen(pilot, "○ math       Another equation", "○ numerical  Values of the wrong")
        await pilot.press("down")
        await until_seen(pilot, "● math       Another equation", "○ numerical  Values of the wrong")
        await pilot.press("down", "tab")
        await until_seen(pilot, "○ math", "● numerical", f"● {ROWS}")
        await until_seen(pilot, f"{ATTENTION}:4", "nothing is lost", "Claim it")
        await until_seen(pilot, "↑↓ choose, ⏎ goes on, tab next, esc not now")


async def test_the_result_says_which_part_of_a_claim_was_wrong(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    game.ledger.append(level.id, Probed((ROWS,), 3))
    game.claim(level, [(ATTENTION, 1), (ATTENTION, 9)], "math", ROWS)
    async with on_level.run_test(size=WIDE) as pilot:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "Your claim: not all of it right", f"✗ {ATTENTION}:1")
        await until_seen(pilot, f"✓ {ATTENTION}:9", "✗ math; it was numerical")
        await until_seen(pilot, f"✓ on the evidence of {ROWS}")


async def test_the_largest_claim_fits_the_smallest_screen(app: DebuggerApp) -> None:
    lines = tuple(range(1, MOST_LINES + 1))
    kinds = categories(Catalog().levels)
    async with app.run_test(size=NARROW) as pilot:
        draft = Draft(ATTENTION, lines, ("x",) * MOST_LINES)
        await app.push_screen(ClaimScreen(draft, kinds, (ROWS, *"abcd"), "", 20))
        await until_seen(pilot, f"{ATTENTION}:5", *kinds, *kinds.values(), f"● {ROWS}")
        await until_seen(pilot, "nothing is lost", "Claim it", "esc not now")


def account_of(lines: tuple[Line, ...], category: str) -> list[tuple[bool, str]]:
    """What is told of a claim of the answer key's first level."""
    first = Catalog().levels[0]
    told: list[Deed] = [Probed((ROWS,), 1), Claimed(lines, category, ROWS), Submitted(True)]
    return list(claim_account(first, progress(first, history(told))))


def test_what_was_missed_is_told_and_what_is_as_right() -> None:
    right, wrong = Line(ATTENTION, 47), Line(ATTENTION, 2)
    assert account_of((right,), "numerical")[:2] == [
        (True, f"{ATTENTION}:47"),
        (True, "numerical"),
    ]
    assert account_of((wrong,), "architecture")[:2] == [
        (False, f"{ATTENTION}:2; it was {ATTENTION}:47"),
        (False, "architecture; it was numerical"),
    ]
    assert account_of((right,), "math/formula")[1] == (
        True,
        "math/formula; numerical, as the levels say, is as right",
    )
