"""How late an event loop is: a ticker on the loop of the game, or of a bare Textual app.

``python -m tests.bench.ticking SCRIPT FILE`` plays the game by a script, on the level that its home
was left in, and writes to FILE how late the loop was in each part of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from engine.game import Game
from engine.home import Home
from engine.scratch import FILE
from tui_debugger import app, garbage
from tui_debugger.app import DebuggerApp
from tui_debugger.lab import Ready
from tui_debugger.messages import RunProbes
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.result import ResultScreen

EVERY = 0.005
"""Seconds between two ticks."""
TYPING = "[typing]"
FLOOD = """\
for step in range(10**9):
    print(step, "the quick brown fox jumps over the lazy dog", "=" * (step % 70))
"""


class Ticker:
    """Ticks are due at fixed times; those that a pause has swallowed are late too, each by what is
    left of the pause. So a long pause weighs as much as it lasts."""

    IDLE = "idle"
    """What is ticked through when nothing is done: the yardstick."""

    def __init__(self) -> None:
        self.late: list[float] = []
        """By how many seconds, one for each tick."""

    @contextlib.asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        """Tick meanwhile."""
        task = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _tick(self) -> None:
        due = time.perf_counter() + EVERY
        while True:
            await asyncio.sleep(due - time.perf_counter())
            now = time.perf_counter()
            while due <= now:
                self.late.append(now - due)
                due += EVERY


class Played(DebuggerApp):
    """The game, played by a script."""

    CSS_PATH = str(Path(app.__file__).with_name("app.tcss"))

    def __init__(self, game: Game, script: str, report: Path) -> None:
        super().__init__(game, game.latest())
        self.script = script
        self.report = report
        self.late: dict[str, list[float]] = {}

    def on_load(self) -> None:
        self.call_later(self.run_worker, self._play())

    async def _play(self) -> None:
        await _until(lambda: isinstance(self.lab, Ready) and isinstance(self.screen, LevelScreen))
        await asyncio.sleep(1)
        if self.script == "typing":
            await self._training()
        else:
            await self._clock(Ticker.IDLE, 1, lambda: asyncio.sleep(5))
            await self._clock("all probes", 1, lambda: self._probes(None))
            await self._clock("a submission", 5, self._submission)
            await self._clock("output that floods", 5, self._flood)
        self.report.write_text(json.dumps(self.late))
        self.exit()

    @property
    def level_screen(self) -> LevelScreen:
        """The level's screen, whatever is on top of it."""
        return next(screen for screen in self.screen_stack if isinstance(screen, LevelScreen))

    async def _clock(self, what: str, times: int, run: Callable[[], Awaitable[object]]) -> None:
        ticker = Ticker()
        for _ in range(times):
            async with ticker.ticking():
                await run()
            await asyncio.sleep(0.5)
        self.late[what] = ticker.late

    async def _training(self) -> None:
        """Slow probes, one after the other for as long as somebody types."""
        assert isinstance(self.lab, Ready)
        slow = [info.name for info in self.lab.catalogue if info.slow]
        self.level_screen.bar.score.update(TYPING)
        while True:
            await self._probes(slow)

    async def _probes(self, names: list[str] | None) -> None:
        self.level_screen.post_message(RunProbes(names))
        await _until(lambda: self.level_screen.running)
        await _until(lambda: not self.level_screen.running)

    async def _submission(self) -> None:
        self.level_screen.action_submit()
        await _until(lambda: isinstance(self.screen, ResultScreen))
        await asyncio.sleep(0.3)
        self.screen.dismiss(None)
        await _until(lambda: isinstance(self.screen, LevelScreen))

    async def _flood(self) -> None:
        self.level_screen.action_run_scratch()
        await _until(lambda: self.level_screen.running)
        await _until(lambda: not self.level_screen.running)
        await asyncio.sleep(garbage.QUIET + 0.1)  # what is cleared up afterwards belongs to it


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.02)


def main() -> None:
    """Play."""
    script, report = sys.argv[1:]
    game = Game(Home.find())
    level = game.latest()
    assert level is not None
    root = game.workspace(level).root
    (root / FILE).write_text(FLOOD)
    file, text = next(iter(level.start.items()))
    (root / file).write_text(f"{text}# tried\n")  # what nobody has changed sits no exam
    Played(game, script, Path(report)).run()


if __name__ == "__main__":
    main()
