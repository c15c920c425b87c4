"""The game: the way from one screen to the next, nothing else.

The list of levels is on the screen before anything is loaded that only another screen takes.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import ClassVar

from textual import on, work
from textual.messages import ExitApp

from engine.errors import GameError
from engine.game import Game
from engine.level import Level
from tui_debugger import garbage
from tui_debugger.screens import HoldsWork
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.shell import Shell
from tui_debugger.terminal.facts import Terminal

LEVEL = "tui_debugger.screens.level"
"""What is loaded behind the list of levels, so that a level opens at once."""
HOW = """\
Someone put a bug into a small language model or its training code. The brief tells what was \
noticed. Read the code, run probes on the live model, and see what they measure. Mend the code, \
then submit: an exam over the whole codebase decides. It accepts every correct fix, whatever its \
text.

Hints cost points, but only once the level is solved. Nothing is ever locked, and a failed \
submission costs no points; only a claim has to come before the first. Your edits are saved as you \
type.
"""


class DebuggerApp(Shell):
    """The game on the screen. Closes ``game`` when it ends."""

    ABOUT: ClassVar = ("How it is played", HOW)

    def __init__(
        self, game: Game, level: Level | None = None, terminal: Terminal | None = None
    ) -> None:
        """``level`` is the one that the player was last in, if any: it opens, with the list of
        levels beneath, unless they left it for that."""
        super().__init__(game, game.sandbox, terminal)
        self.first = level
        self.ending = False
        """Whether what was typed before the end is waited for."""
        self._told = False
        """Whether the player knows what is damaged."""

    async def open_first(self) -> None:
        self.game.catalog.first(1)
        await self.push_screen(LevelsScreen(self.game))
        if self.first is not None and not self.memory.settings.in_list:
            self.hold_keys()  # meant for it, and not for the list that is seen meanwhile
            self.open_level(self.first)
        else:
            self.call_after_refresh(self._load_ahead)

    async def on_exit_app(self, event: ExitApp) -> None:
        """The end, of whatever asked for it; a closed page or a signal lets nobody decide first."""
        if not self.ending:
            # A driver's keys take a longer way into the queue, so that it may have overtaken some:
            # it is sent after them.
            self.ending = True
            event.prevent_default()
            assert self._driver is not None
            self._driver.send_message(ExitApp())
            return
        for screen in self.screen_stack:
            if isinstance(screen, HoldsWork) and screen.is_mounted:
                await screen.heard()
                await screen.leave()

    @on(LevelsScreen.AllRead)
    def _all_read(self) -> None:
        if not self._told:
            self._told = True
            self.say(self.game.catalog.notice)

    @on(LevelsScreen.Open)
    def _open(self, message: LevelsScreen.Open) -> None:
        self.open_level(message.level)

    @work(group="open", exclusive=True)
    async def open_level(self, level: Level) -> None:
        """Show ``level``; when it is left for another one, that one."""
        try:
            await self._show(level)
        finally:
            self.call_after_refresh(self.take_early_keys)

    async def _show(self, level: Level) -> None:
        fresh = not self.game.ledger.entries(level.id)
        try:
            # Beside the event loop: a disk may take its time.
            workspace = await asyncio.to_thread(self.game.open, level)
        except GameError as error:
            self.complain(error)
            for screen in self.screen_stack:
                if isinstance(screen, LevelsScreen):
                    screen.opening = None
            return
        await self._load_ahead()
        from tui_debugger.screens.level import LevelScreen

        self.memory.is_in_list(False)
        screen = LevelScreen(self.game, level, workspace, self.memory, fresh=fresh)
        self.hold_keys()  # it is seen before its code has the keyboard
        await self.push_screen(screen, self._left)
        self.call_after_refresh(garbage.collect, everything=True)

    async def _load_ahead(self) -> None:
        await asyncio.to_thread(importlib.import_module, LEVEL)

    def _left(self, following: Level | None) -> None:
        if following is not None:
            self.open_level(following)
        else:
            self.memory.is_in_list(True)
            self.call_after_refresh(garbage.collect, everything=True)

    def action_score(self) -> None:
        """Show the points won, and the player's place among others."""
        from tui_debugger.screens.score import ScoreScreen

        self.push_screen(ScoreScreen(self.game, self.memory.settings.player))

    async def action_quit(self) -> None:
        """Leave, unless a file has to be decided on first."""
        self._quit()

    @work(group="quit", exclusive=True)
    async def _quit(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, HoldsWork) and not await screen.leave():
                if screen.trouble:
                    self._ask_to_quit(screen.trouble)
                return
        self.exit()

    @work(group="quitting", exclusive=True)
    async def _ask_to_quit(self, trouble: str) -> None:
        """A disk that cannot be written keeps nobody here for ever."""
        from tui_debugger.screens.ask import AskScreen

        if any(isinstance(screen, AskScreen) for screen in self.screen_stack):
            return
        answers = {"no": "Stay", "yes": "Quit without saving"}
        if await self.push_screen_wait(AskScreen("Quit?", trouble, answers)) == "yes":
            self.exit()
