"""What a person sees, as pictures: a look at the report accepts a change (`make snapshots`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest
from msgspec.structs import replace
from textual.app import App
from textual.pilot import Pilot

from engine.game import Game
from engine.level import Level
from tests.ui.double import Lab
from tests.ui.driving import NARROW, WIDE, in_code, level_screen, mend, until, until_seen
from tests.ui.evidence import CURVE, FIRES, MAP, ROWS, fault
from tui_debugger.app import DebuggerApp

Drive = Callable[[Pilot[None]], Awaitable[None]]
SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "140x45"])


class Compare(Protocol):
    def __call__(
        self, app: App[None], *, terminal_size: tuple[int, int], run_before: Drive
    ) -> bool: ...


@SIZES
def test_the_levels(
    snap_compare: Compare, app: DebuggerApp, game: Game, level: Level, size: tuple[int, int]
) -> None:
    """Number, state, incident and value of each level, and the brief of the highlighted one."""
    game.open(level)

    async def drive(pilot: Pilot[None]) -> None:
        await until_seen(pilot, "◐ started", "lab ready")

    assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
def test_the_evidence_of_a_run(
    snap_compare: Compare, on_level: DebuggerApp, lab: Lab, size: tuple[int, int], theme: str
) -> None:
    """A run with every outcome; the highlighted probe's figure is a heatmap."""
    lab.evidence = {
        ROWS: replace(FIRES, figure=MAP),
        "loss.sign": fault(6),
        "training.curve": CURVE,
    }

    async def drive(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✗ 2 fire")
        await pilot.press("ctrl+n", "ctrl+n", "f3")
        await until(pilot, lambda: not level_screen(pilot).on_code)

    assert snap_compare(on_level, terminal_size=size, run_before=drive)


def test_a_curve_with_all_the_room(snap_compare: Compare, on_level: DebuggerApp, lab: Lab) -> None:
    """Axes, legend and measurements of a training probe on a small screen."""
    lab.evidence = {"training.curve": CURVE}

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✗ 1 fires")
        await pilot.press("n", "z", "pagedown")
        await until_seen(pilot, "step")

    assert snap_compare(on_level, terminal_size=NARROW, run_before=drive)


def test_a_run_as_it_goes_on(snap_compare: Compare, on_level: DebuggerApp, lab: Lab) -> None:
    """Progress, the probe whose turn it is, and the key that cancels."""
    lab.going.clear()

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "▸ running")

    assert snap_compare(on_level, terminal_size=NARROW, run_before=drive)


def test_the_code_with_its_marks(snap_compare: Compare, on_level: DebuggerApp) -> None:
    """A changed line, the tab of its file, and what is saved."""

    async def drive(pilot: Pilot[None]) -> None:
        await mend(pilot)
        await until_seen(pilot, "saved", "1 line changed")

    assert snap_compare(on_level, terminal_size=NARROW, run_before=drive)


def test_the_hints(snap_compare: Compare, on_level: DebuggerApp, game: Game, level: Level) -> None:
    """A note that does not hold, one that does, and the price of the line."""
    game.take_hint(level)
    game.take_hint(level)

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f4")
        await until_seen(pilot, "2 of 4 hints taken")

    assert snap_compare(on_level, terminal_size=NARROW, run_before=drive)


def test_a_failed_submission(snap_compare: Compare, on_level: DebuggerApp) -> None:
    """What failed comes first, what passed is counted."""

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "✗ Not solved yet", "RMSNorm")

    assert snap_compare(on_level, terminal_size=NARROW, run_before=drive)


def test_a_solved_level(
    snap_compare: Compare, on_level: DebuggerApp, game: Game, level: Level
) -> None:
    """The points, the answer, and both fixes side by side."""
    game.take_hint(level)

    async def drive(pilot: Pilot[None]) -> None:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "● Solved", "The reference fix")

    assert snap_compare(on_level, terminal_size=WIDE, run_before=drive)


def test_the_help(snap_compare: Compare, on_level: DebuggerApp) -> None:
    """How it is played and the keys that work here."""

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f1")
        await until_seen(pilot, "Keys that work now")

    assert snap_compare(on_level, terminal_size=WIDE, run_before=drive)
