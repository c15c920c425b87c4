"""Takes the README's pictures from the game itself: ``make pictures``."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from engine.game import Game
from engine.home import Home
from engine.level import Level
from tui_debugger.app import DebuggerApp
from tui_debugger.messages import RunProbes, ShowProbe
from tui_debugger.screens.guide import GuideScreen
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.screens.result import ResultScreen

HERE = Path(__file__).parent
SIZE = (140, 42)
PICTURES = ("levels.svg", "game.svg", "result.svg", "guide.svg")
"""What is made here, in this order."""
LEVEL, FILE, LINE = 2, "transformer/attention.py", 112
SHOWN = "attention.row_sums"
JUDGED = 7
"""The level that the result is of. It is not solved: a picture of an answer would spoil it."""


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Let the game work until that is so."""
    while not true():
        await asyncio.sleep(0.05)
    await pilot.pause(0.5)


async def take() -> None:
    """Plays a little on a home that is thrown away, and keeps what is seen."""
    with tempfile.TemporaryDirectory() as folder:
        game = Game(Home(Path(folder), Path(folder), Path(folder)))
        probes = [info.name for info in await game.catalogue()]
        app = DebuggerApp(game)
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LevelsScreen))
            await _level(app, pilot, game.catalog.find(LEVEL), probes)
            await _result(app, pilot, game.catalog.find(JUDGED))
            _keep(app, "levels.svg")
            await app.push_screen(GuideScreen(game, f"probe:{SHOWN}"))
            await pilot.pause(1)
            _keep(app, "guide.svg")


async def _level(app: DebuggerApp, pilot: Pilot[None], level: Level, probes: list[str]) -> None:
    """Source on the left, a probe that fires on the right."""
    screen = await _opened(app, pilot, level)
    await screen.code.open(FILE, LINE)
    await pilot.press("f3")
    shown = ("shapes.trace", "norm.", "rope.", "attention.")
    screen.post_message(RunProbes([name for name in probes if name.startswith(shown)]))
    await until(pilot, lambda: screen.running)
    await until(pilot, lambda: not screen.running)
    screen.post_message(ShowProbe(SHOWN))
    await pilot.pause(0.5)
    _keep(app, "game.svg")
    await pilot.press("ctrl+l")
    await until(pilot, lambda: isinstance(app.screen, LevelsScreen))


async def _result(app: DebuggerApp, pilot: Pilot[None], level: Level) -> None:
    """What the exam says of a bug, and back to the list of levels."""
    await _opened(app, pilot, level)
    await pilot.press("f9")
    await until(pilot, lambda: isinstance(app.screen, ResultScreen))
    _keep(app, "result.svg")
    await pilot.press("ctrl+l")
    await until(pilot, lambda: isinstance(app.screen, LevelsScreen))


async def _opened(app: DebuggerApp, pilot: Pilot[None], level: Level) -> LevelScreen:
    app.memory.has_toured()
    app.open_level(level)
    await until(pilot, lambda: isinstance(app.screen, LevelScreen))
    assert isinstance(app.screen, LevelScreen)
    return app.screen


def _keep(app: DebuggerApp, name: str) -> None:
    assert name in PICTURES
    (HERE / name).write_text(app.export_screenshot(title="tui-debugger"), "utf-8")


if __name__ == "__main__":
    asyncio.run(take())
