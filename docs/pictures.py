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
LEVEL, FILE, LINE = 1, "transformer/attention.py", 112
SHOWN, IN_GUIDE = "attention.entropy", "attention.row_sums"
"""The evidence says no more than the level's brief does."""
SLIP = "training/optimizer.py", "/ (1 - beta1**t)\n", "/ (1 - beta1)\n"
"""What is not right in the submission: no level's bug, for a picture of one would spoil it."""
PATIENCE = 120
"""Seconds for anything to come true."""


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Let the game work until that is so. Raises TimeoutError when it never is."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.05)
    await pilot.pause(0.5)


async def take(into: Path = HERE) -> None:
    """Plays a little on a home that is thrown away, and keeps what is seen."""
    with tempfile.TemporaryDirectory() as folder:
        game = Game(Home(Path(folder), Path(folder), Path(folder)))
        probes = [info.name for info in await game.catalogue()]
        app = DebuggerApp(game)
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LevelsScreen))
            await _level(app, pilot, game.catalog.find(LEVEL), probes)
            _keep(app, into / "game.svg")
            await _back(app, pilot)
            await _result(app, pilot, game.catalog.find(LEVEL))
            _keep(app, into / "result.svg")
            await _back(app, pilot)
            _keep(app, into / "levels.svg")
            await app.push_screen(GuideScreen(game, f"probe:{IN_GUIDE}"))
            await pilot.pause(1)
            _keep(app, into / "guide.svg")


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


async def _result(app: DebuggerApp, pilot: Pilot[None], level: Level) -> None:
    """What the exam says of a slip."""
    screen = await _opened(app, pilot, level)
    slipped, right, wrong = SLIP
    for file, text in level.clean.items():
        mended = text.replace(right, wrong) if file == slipped else text
        if mended != level.start[file]:
            await screen.code.open(file)
            assert screen.code.editor is not None
            screen.code.editor.replace_text(mended)
    await pilot.press("f9")
    await until(pilot, lambda: isinstance(app.screen, ResultScreen))


async def _back(app: DebuggerApp, pilot: Pilot[None]) -> None:
    """To the list of levels."""
    await pilot.press("ctrl+l")
    await until(pilot, lambda: isinstance(app.screen, LevelsScreen))


async def _opened(app: DebuggerApp, pilot: Pilot[None], level: Level) -> LevelScreen:
    app.memory.has_toured()
    app.open_level(level)
    await until(pilot, lambda: isinstance(app.screen, LevelScreen))
    assert isinstance(app.screen, LevelScreen)
    return app.screen


def _keep(app: DebuggerApp, picture: Path) -> None:
    assert picture.name in PICTURES
    picture.write_text(app.export_screenshot(title="tui-debugger"), "utf-8")


if __name__ == "__main__":
    asyncio.run(take())
