"""The bench: the game's run panel on somebody's own transformer."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import ClassVar

from engine.diagnose.lessons import Lessons
from engine.diagnose.run import ask
from engine.diagnose.target import Target
from engine.game import Game
from engine.guide import load
from engine.sandbox.runner import Runner
from tui_debugger.screens.bench import BenchScreen
from tui_debugger.shell import Shell
from tui_debugger.terminal.facts import Terminal

ABOUT = """\
Each probe asks one question of your code and answers it with arithmetic, or with PyTorch's own \
modules. A probe that fires is measured to be wrong; where one part explains what another shows, \
it comes first. A level of the game is named with each: there such a bug can be found at leisure, \
with hints.

Nothing is written where your code lies. docs/diagnose.md tells how to read what is found.
"""


class BenchApp(Shell):
    """One screen. Closes ``game`` and ``sandbox`` when it ends."""

    ABOUT: ClassVar = ("What this is", ABOUT)

    def __init__(
        self,
        game: Game,
        target: Target,
        sandbox: Runner,
        terminal: Terminal | None = None,
        *,
        names: Collection[str] | None = None,
        seed: int = 0,
        rope: str | None = None,
    ) -> None:
        """``names`` are the probes that run as it opens; None for all."""
        super().__init__(game, sandbox, terminal)
        self.target = target
        self.names = names
        self.ask = partial(ask, target, sandbox, seed=seed, rope=rope)

    async def open_first(self) -> None:
        catalog = self.game.catalog
        lessons = Lessons.find(catalog, load(catalog.content))
        saved_in = self.game.home.data / "saved" / "diagnose"
        await self.push_screen(BenchScreen(self.target, self.ask, lessons, saved_in, self.names))
