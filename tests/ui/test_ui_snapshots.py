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
from tui_debugger.bench import BenchApp
from tui_debugger.shell import Shell
from tui_debugger.terminal.facts import Colours, Terminal

Drive = Callable[[Pilot[None]], Awaitable[None]]
Picture = Callable[[Shell, Drive], bool]
VIEWS = {
    f"{width}x{height}-{theme.removeprefix('textual-')}": ((width, height), theme)
    for width, height in (NARROW, WIDE)
    for theme in ("textual-dark", "textual-light")
}


TERMINALS = {
    "high-contrast-dark": (Terminal(), "contrast-dark"),
    "high-contrast-light": (Terminal(dark=False), "contrast-light"),
    "16-colours": (Terminal(colours=Colours.FEW), ""),
    "no-colours": (Terminal(colours=Colours.NONE), ""),
    "ascii": (Terminal(glyphs="ascii"), ""),
}
"""What there is to go by, and the theme chosen by hand."""


class Compare(Protocol):
    def __call__(
        self, app: App[None], *, terminal_size: tuple[int, int], run_before: Drive
    ) -> bool: ...


@pytest.fixture(params=list(VIEWS.values()), ids=list(VIEWS))
def picture(request: pytest.FixtureRequest, snap_compare: Compare) -> Picture:
    """Whether a screen looks as it did, at both sizes, dark and light."""
    size, theme = request.param

    def same(app: Shell, drive: Drive) -> bool:
        async def dressed(pilot: Pilot[None]) -> None:
            app.theme = theme
            await drive(pilot)

        return snap_compare(app, terminal_size=size, run_before=dressed)

    return same


def test_the_levels(picture: Picture, app: DebuggerApp, game: Game, level: Level) -> None:
    """Number, state, incident and value of each level, and the brief of the highlighted one."""
    game.start(level)

    async def drive(pilot: Pilot[None]) -> None:
        await until_seen(pilot, "◐ started", "lab ready")

    assert picture(app, drive)


def test_the_evidence_of_a_run(picture: Picture, on_level: DebuggerApp, lab: Lab) -> None:
    """A run with every outcome; the highlighted probe's figure is a heatmap."""
    lab.evidence = {
        ROWS: replace(FIRES, figure=MAP),
        "loss.sign": fault(6),
        "training.curve": CURVE,
    }

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✗ 2 fire")
        await pilot.press("ctrl+n", "ctrl+n", "f3")
        await until(pilot, lambda: not level_screen(pilot).on_code)

    assert picture(on_level, drive)


def test_a_curve_with_all_the_room(picture: Picture, on_level: DebuggerApp, lab: Lab) -> None:
    """Axes, legend and measurements of a training probe on a small screen."""
    lab.evidence = {"training.curve": CURVE}

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✗ 1 fires")
        await pilot.press("f3", "n", "z", "pagedown")
        await until_seen(pilot, "step")

    assert picture(on_level, drive)


def test_a_run_as_it_goes_on(picture: Picture, on_level: DebuggerApp, lab: Lab) -> None:
    """Progress, the probe whose turn it is, and the key that cancels."""
    lab.going.clear()

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "▸ running")

    assert picture(on_level, drive)


def test_the_code_with_its_marks(picture: Picture, on_level: DebuggerApp) -> None:
    """A changed line, the tab of its file, and what is saved."""

    async def drive(pilot: Pilot[None]) -> None:
        await mend(pilot)
        await until_seen(pilot, "saved", "1 line changed")

    assert picture(on_level, drive)


def test_the_hints(picture: Picture, on_level: DebuggerApp, game: Game, level: Level) -> None:
    """A note that does not hold, one that does, and the price of the line."""
    game.take_hint(level)
    game.take_hint(level)

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f4")
        await until_seen(pilot, "2 of 4 hints taken")

    assert picture(on_level, drive)


def test_a_failed_submission(picture: Picture, on_level: DebuggerApp) -> None:
    """What failed comes first, what passed is counted."""

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("number_sign", "f9")
        await until_seen(pilot, "✗ Not solved yet", "checks passed")

    assert picture(on_level, drive)


def test_a_solved_level(picture: Picture, on_level: DebuggerApp, game: Game, level: Level) -> None:
    """The points, the answer, and both fixes side by side."""
    game.take_hint(level)

    async def drive(pilot: Pilot[None]) -> None:
        await mend(pilot)
        await pilot.press("end", *"  # mine")
        await pilot.press("f9")
        await until_seen(pilot, "● Solved")

    assert picture(on_level, drive)


def test_the_help(picture: Picture, on_level: DebuggerApp) -> None:
    """How it is played and the keys that work here."""

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await pilot.press("f1")
        await until_seen(pilot, "Keys that work now")

    assert picture(on_level, drive)


@pytest.mark.parametrize(("terminal", "theme"), TERMINALS.values(), ids=list(TERMINALS))
def test_the_evidence_in_every_terminal(
    snap_compare: Compare, game: Game, lab: Lab, level: Level, terminal: Terminal, theme: str
) -> None:
    """A heatmap, the list of probes with every outcome, and the marks beside the code."""
    lab.evidence = {
        ROWS: replace(FIRES, figure=MAP),
        "loss.sign": fault(6),
        "training.curve": CURVE,
    }
    game.open(level)
    app = DebuggerApp(game, level, terminal)

    async def drive(pilot: Pilot[None]) -> None:
        if theme:
            app.theme = theme
        await mend(pilot)
        await until_seen(pilot, "1 line changed")
        await pilot.press("f5")
        await until_seen(pilot, "2 fire")
        await pilot.press("f3")
        await until(pilot, lambda: not level_screen(pilot).on_code)

    assert snap_compare(app, terminal_size=WIDE, run_before=drive)


def test_the_bench(picture: Picture, bench: BenchApp, lab: Lab) -> None:
    """Findings by their part, what may follow from them, and what a finding usually means."""
    lab.evidence = {
        ROWS: replace(FIRES, figure=MAP),
        "attention.causality": replace(FIRES, probe="attention.causality"),
        "loss.sign": fault(6),
    }

    async def drive(pilot: Pilot[None]) -> None:
        await until_seen(pilot, "✗ 2 fire", "Look first at", "Usually softmax")

    assert picture(bench, drive)
