"""Hints: taking the next rung, and going where it points."""

from __future__ import annotations

import asyncio

from textual import on, work

from engine.errors import GameError
from engine.hints import Kind
from tui_debugger.screens.ask import AskScreen
from tui_debugger.screens.level.part import LevelPart
from tui_debugger.widgets.hint_panel import HintPanel


class Hinting(LevelPart):
    """Takes hints, after a question where one would cost the level."""

    @on(HintPanel.Take)
    @work(group="hint", exclusive=True)
    async def _take_hint(self, event: HintPanel.Take) -> None:
        standing = self.game.progress(self.level)
        pays = self.game.after_hint(self.level).worth
        if event.rung.kind is Kind.ANSWER and pays != standing.worth:
            answer = await self.app.push_screen_wait(
                AskScreen(
                    "Show the answer?",
                    f"The level will pay {pays}. It can still be played.",
                    {"no": "Not yet", "yes": "Show the answer"},
                )
            )
            if answer != "yes":
                return
        try:
            await asyncio.to_thread(self.game.take_hint, self.level)
        except GameError as error:
            self.complain(error)
        await self.hints.update()
        self.tell()
