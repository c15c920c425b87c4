"""Hints and their price; submissions, from the exam to the points."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.evidence import Fault
from engine.game import Game
from engine.level import Level
from engine.sandbox.messages import Ended, Outcome
from engine.scoring import State
from engine.verdict import Check, Verdict
from tests.ui.double import Lab
from tests.ui.driving import (
    NARROW,
    STRANGE,
    WIDE,
    in_code,
    level_screen,
    mend,
    seen,
    until,
    until_seen,
)
from tui_debugger.app import DebuggerApp
from tui_debugger.screens.ask import AskScreen
from tui_debugger.screens.judging import JudgingScreen
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.level.submitting import UNTOUCHED
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.screens.result import ResultScreen


def mend_otherwise(game: Game, level: Level, remark: str = "mine") -> None:
    """Mend the first level's bug, with a remark that the reference does not have."""
    file = "transformer/attention.py"
    text = level.clean[file].replace("/ d_k**0.5", f"/ d_k**0.5  # {remark}")
    game.workspace(level).write(file, text)


def write_clean(game: Game, level: Level, *files: str) -> None:
    for file in files:
        game.workspace(level).write(file, level.clean[file])


async def test_a_hint_tells_its_price_before_and_its_text_after(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f4")
        await until_seen(pilot, "worth 100 points now, of 100", "costs 10: worth 100 now, 90 after")
        assert "It is not." not in seen(on_level)
        await pilot.press("t")  # which may have been meant for the code
        await pilot.pause()
        assert "It is not." not in seen(on_level)
        await pilot.press("t")
        await until_seen(pilot, "It is not.", "folklore: not what you will see here")
        await until_seen(pilot, "worth 90 points now, of 100", "worth 90 of 100")


async def test_a_hint_leads_to_the_probe_that_puts_it_to_the_test(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f4", "t", "t")
        await until_seen(pilot, "costs 20")
        await pilot.press("t", "enter")
        await until_seen(pilot, "put to the test by attention.row_sums")
        rows = seen(on_level).splitlines()
        row = next(r for r, line in enumerate(rows) if "put to the test" in line)
        await pilot.click(offset=(rows[row].index("attention.row_sums") + 2, row))
        await until_seen(pilot, "Do a query's attention weights sum to 1?", "⏎ runs it")


async def test_the_answer_is_confirmed_first_and_ends_the_points(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    for _ in range(3):
        game.take_hint(level)
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f4", "end")
        await until_seen(pilot, "the level will pay 0", "Show the answer")
        await pilot.press("t")
        await until_seen(pilot, "The level will pay 0. It can still be played.")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(on_level.screen, LevelScreen))
        assert game.progress(level).state is State.STARTED
        await pilot.press("t")
        await until(pilot, lambda: isinstance(on_level.screen, AskScreen))
        await pilot.press("right", "enter")
        await until_seen(pilot, "Divide by the root of d_k.", "◌ revealed")
        await until_seen(pilot, "Every hint is taken, the answer too.")


async def test_a_failed_submission_says_what_failed_first(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("number_sign", "f9")
        await until_seen(
            pilot, "✗ Not solved yet: 1 of 4 checks failed.", "✗ Attention  1 of 2 checks failed"
        )
        await until_seen(pilot, "attention.values", "Shape (4, 8): 3 ≠ 1.", "✓ 3 checks passed")
        assert "Next level" not in seen(on_level)
        assert "Multiplied by the root" not in seen(on_level)
        await pilot.press("escape")
        await in_code(pilot)
        assert game.progress(level).submissions == 1


async def test_passed_checks_can_be_unfolded(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("number_sign", "f9")
        await until_seen(pilot, "▶ ✓ 3 checks passed")
        await pilot.press("tab", "enter")
        await until_seen(pilot, "▼ ✓ 3 checks passed", "The mask hides the future.")


async def test_the_exam_shows_how_far_it_is_and_can_be_stopped(
    on_level: DebuggerApp, game: Game, level: Level, lab: Lab
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        lab.going.clear()
        lab.letting_go.clear()
        await pilot.press("number_sign", "f9")
        await until_seen(pilot, "asking question 1 of 6")
        await pilot.press("escape")
        await in_code(pilot)
        assert lab.cancelled == 1
        await mend(pilot)
        await until_seen(pilot, "2 lines changed")
        lab.letting_go.set()
        assert game.progress(level).submissions == 0


async def test_a_submission_that_crashes_says_so_and_leads_to_the_line(
    on_level: DebuggerApp, lab: Lab
) -> None:
    place = Fault("ValueError: [/x]", "training/loss.py", 6)
    lab.answered = Ended(Outcome.CRASHED, f"It crashed: {STRANGE}", place)
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("number_sign", "f9")
        await until_seen(pilot, "the exam did not finish", "It crashed: [/x] a[b=c] red")
        rows = seen(on_level).splitlines()
        row = next(r for r, line in enumerate(rows) if "training/loss.py:6" in line)
        await pilot.click(offset=(rows[row].index("training/loss.py") + 2, row))
        await until_seen(pilot, "training/loss.py   6:1", "6✗")


async def test_a_solved_level_shows_points_answer_and_both_fixes(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    game.take_hint(level)
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        mend_otherwise(game, level)
        await pilot.press("f9")
        await until_seen(pilot, "● Solved: every check passed.", "Value of the level  100")
        await until_seen(pilot, "Hints taken         −10", "Won                 +90", "+90 points")
        await until_seen(pilot, "Multiplied by the root", "Your fix", "The reference fix")
        fixes = [line for line in seen(on_level).splitlines() if "+    scores = Q @" in line]
        assert len(fixes) == 1
        assert fixes[0].count("/ d_k**0.5") == 2
        assert game.progress(level).award == 90
        await pilot.press("escape")
        await until_seen(pilot, "● solved, 90 points")


async def test_on_a_narrow_screen_the_fixes_stand_one_below_the_other(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=(80, 60)) as pilot:
        await in_code(pilot)
        mend_otherwise(game, level)
        await pilot.press("f9")
        await until_seen(pilot, "Your fix", "The reference fix")
        rows = seen(on_level).splitlines()
        yours = next(r for r, line in enumerate(rows) if "Your fix" in line)
        keys = next(r for r, line in enumerate(rows) if "The reference fix" in line)
        assert keys > yours + 5


async def test_a_fix_that_is_the_reference_is_shown_once(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "Your fix, to the letter the reference's")
        assert seen(on_level).count("+    scores = Q @") == 1


@pytest.mark.parametrize(("words", "beside"), [(0, True), (4, False), (12, False)])
@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_no_end_of_a_line_of_a_fix_is_out_of_sight(
    on_level: DebuggerApp, game: Game, level: Level, size: tuple[int, int], words: int, beside: bool
) -> None:
    async with on_level.run_test(size=(size[0], 60)) as pilot:
        await in_code(pilot)
        mend_otherwise(game, level, f"{'divided ' * words}AT_LAST")
        await pilot.press("f9")
        await until_seen(pilot, "Your fix", "The reference fix", "AT_LAST")
        titles = [line for line in seen(on_level).splitlines() if "The reference fix" in line]
        assert ("Your fix" in titles[0]) is (beside and size == WIDE)


async def test_the_next_level_opens_on_a_key_and_not_by_itself(
    on_level: DebuggerApp,
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "● Solved", "n Next level")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(on_level.screen, LevelScreen))
        await until_seen(pilot, "The dashboard is green")
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(on_level.screen, LevelsScreen))
        await until_seen(pilot, "● solved", "100 of 350 points")
        await pilot.press("up")
        await until_seen(pilot, "critical · 100 points · numerical")


async def test_hints_are_free_once_the_level_is_solved(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "● Solved")
        await pilot.press("escape")
        await in_code(pilot)
        await pilot.press("f4")
        await until_seen(pilot, "Solved for 100 points: hints are free now.", "free")
        await pilot.press("t", "t")
        await until_seen(pilot, "2 of 4 hints taken")
        assert game.progress(level).award == 100


async def test_of_several_bugs_those_mended_are_named_and_paid(
    make_game: Callable[[], Game],
) -> None:
    game = make_game()
    level = game.levels[2]
    game.open(level)
    app = DebuggerApp(game, level)
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "0 of 2 mended")
        write_clean(game, level, "training/loss.py")
        await pilot.press("f9")
        await until_seen(pilot, "1 of 2 bugs mended", "● The sign of the loss")
        await until_seen(pilot, "○ 1 still to be found, 100 points each", "Won", "+100")
        assert "Multiplied by the root" not in seen(app)
        await pilot.press("escape")
        await in_code(pilot)
        write_clean(game, level, "transformer/attention.py")
        await pilot.press("f9")
        await until_seen(pilot, "2 of 2 bugs mended", "● Multiplied by the root", "mended before")
        assert game.progress(level).award == 200


async def test_a_revealed_level_says_that_it_pays_nothing(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    for _ in range(4):
        game.take_hint(level)
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "● Solved", "The answer had been taken: 0")


async def test_strange_messages_of_checks_are_shown_as_they_are(
    on_level: DebuggerApp, lab: Lab
) -> None:
    place = Fault(STRANGE, "training/loss.py", 2)
    checks = (
        Check("a.b", "[/x]", False, STRANGE, place),
        Check("a.c", "[/x]", True, STRANGE),
    )
    lab.judge = lambda source: Verdict(False, checks)
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("number_sign", "f9")
        await until_seen(pilot, "✗ [/x]  1 of 2 checks failed", "[/x] a[b=c] red")
        await pilot.press("tab", "enter")
        await until_seen(pilot, "▼ ✓ 1 check passed", "[/x]\n")


async def test_a_submission_goes_on_from_where_the_lab_still_loads(
    on_level: DebuggerApp, lab: Lab
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        lab.going.clear()
        await pilot.press("number_sign", "f9")
        await until(pilot, lambda: isinstance(on_level.screen, JudgingScreen))
        lab.going.set()
        await until(pilot, lambda: isinstance(on_level.screen, ResultScreen))
        assert level_screen(pilot) in on_level.screen_stack


async def test_code_that_nobody_has_changed_sits_no_exam(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        told = on_level._notifications
        for keys in (("f9",), ("number_sign", "backspace", "f9")):
            await pilot.press(*keys)
            await until(pilot, lambda: [n.message for n in told] == [UNTOUCHED])
            told.clear()
            assert isinstance(on_level.screen, LevelScreen)
        assert game.progress(level).submissions == 0
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "● Solved")
