"""The line that tells the shapes of what is at the cursor."""

from __future__ import annotations

import pytest

from engine.evidence import Call, Evidence, Status, Traced
from tests.ui.double import Lab
from tests.ui.driving import NARROW, STRANGE, MakeApp, in_code, seen, until, until_seen
from tui_debugger.app import DebuggerApp
from tui_debugger.widgets.shape_line import ShapeLine

FILE, FLOAT = "transformer/attention.py", "float32"
PROBE = "attention.causality"
"""Any probe may trace."""
CALL = Call(
    FILE,
    "attention",
    (Traced("Q", (2, 4, 8), FLOAT), Traced("K", (2, 4, 8), FLOAT)),
    (Traced("", (2, 4, 8), FLOAT),),
    (Traced("scores", (2, 4, 4), FLOAT),),
)
TRACED = Evidence(PROBE, "attention", Status.QUIET, "Fine.", calls=(CALL,))
ALL = "attention  Q K (2,4,8) → (2,4,8) float32"


@pytest.fixture(autouse=True)
def traces(lab: Lab) -> None:
    lab.evidence = {PROBE: TRACED}


async def test_a_trace_tells_the_shapes_of_what_is_at_the_cursor(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        assert not on_level.screen.query_one(ShapeLine).display
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("escape")
        await until_seen(pilot, "no shapes were traced here")
        area.move_cursor((7, 0))
        await until_seen(pilot, ALL)
        area.move_cursor((8, 6))
        await until_seen(pilot, "scores  (2,4,4) float32")
        await pilot.press("ctrl+n")
        await until_seen(pilot, "transformer/core.py")
        await until(pilot, lambda: not on_level.screen.query_one(ShapeLine).display)


async def test_it_says_when_the_source_was_edited_since_and_after_an_undo_no_more(
    on_level: DebuggerApp,
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("escape")
        area.move_cursor((8, 6))
        await pilot.press("x")
        await until_seen(pilot, f"~ {ALL}")  # scores has another name now
        await pilot.press("ctrl+z")
        await until_seen(pilot, "scores  (2,4,4) float32")
        await until(pilot, lambda: "~ scores" not in seen(on_level))


async def test_while_a_line_is_half_typed_the_shapes_stay(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("escape")
        area.move_cursor((8, 6))
        await until_seen(pilot, "scores  (2,4,4)")
        area.move_cursor((8, 8))
        await pilot.press("left_parenthesis")
        await until_seen(pilot, "~ scores  (2,4,4)")


async def test_the_notebook_of_an_earlier_session_is_enough(
    make_app: MakeApp,
) -> None:
    app = make_app()
    async with app.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("ctrl+q")
    again = make_app()
    async with again.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.move_cursor((7, 0))
        await until_seen(pilot, ALL)


async def test_names_in_a_trace_are_only_text(on_level: DebuggerApp, lab: Lab) -> None:
    strange = Traced(STRANGE, (1,), STRANGE)
    call = Call(FILE, "attention", (strange,))
    lab.evidence = {PROBE: Evidence(PROBE, "attention", Status.QUIET, "Fine.", calls=(call,))}
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("escape")
        area.move_cursor((7, 0))
        await until_seen(pilot, "attention  [/x] a[b=c] red � (1,)")
