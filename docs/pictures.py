"""Takes the README's pictures from the game itself: ``make pictures``."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from engine.game import Game
from engine.home import Home
from tui_debugger.app import DebuggerApp
from tui_debugger.messages import RunProbes, ShowProbe
from tui_debugger.screens.level import LevelScreen

HERE = Path(__file__).parent
SIZE = (140, 42)
LEVEL, FILE, LINE = 2, "transformer/attention.py", 112
SHOWN = "attention.row_sums"


async def take() -> None:
    """The level screen with a probe that fires, on a home that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        game = Game(Home(Path(folder), Path(folder), Path(folder)))
        level = game.catalog.find(LEVEL)
        probes = [info.name for info in await game.catalogue()]
        chosen = [name for name in probes if name.startswith(("norm.", "rope.", "attention."))]
        app = DebuggerApp(game, level)
        async with app.run_test(size=SIZE) as pilot:
            screen = app.screen
            assert isinstance(screen, LevelScreen)
            await screen.code.open(FILE, LINE)
            await pilot.press("f3")
            screen.post_message(RunProbes(chosen))
            await pilot.pause()
            while screen.running:
                await asyncio.sleep(0.05)
            screen.post_message(ShowProbe(SHOWN))
            await pilot.pause(0.5)
            (HERE / "game.svg").write_text(app.export_screenshot(title="tui-debugger"), "utf-8")
        await game.close()


if __name__ == "__main__":
    asyncio.run(take())
