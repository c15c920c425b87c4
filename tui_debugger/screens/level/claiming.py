"""Claiming: saying what is wrong, and on what evidence, before the first submission."""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.binding import Binding, BindingType
from textual.reactive import var

from engine import claims
from engine.errors import GameError
from engine.game import Game
from engine.level import Level
from engine.workspace import Workspace
from tui_debugger.keys import key
from tui_debugger.messages import Cite
from tui_debugger.screens.claim import ClaimScreen, Draft
from tui_debugger.screens.level.part import LevelPart
from tui_debugger.settings import Memory
from tui_debugger.tour import Deed

KEYS: list[BindingType] = [
    Binding(
        "alt+c", "claim", "Claim",
        id="level.claim", tooltip="Level: Claim that the lines at the cursor are wrong",
    ),
    Binding(
        "alt+c", "claim_not", "Claim", show=False,
        id="level.claim", tooltip="Level: Claim that the lines at the cursor are wrong",
    ),
]  # fmt: skip


class Claiming(LevelPart):
    """Takes a claim of the lines at the cursor."""

    claimable: var[bool] = var(False, bindings=True)
    """Whether a claim could be made now."""

    def __init__(self, game: Game, level: Level, workspace: Workspace, memory: Memory) -> None:
        super().__init__(game, level, workspace, memory)
        self.cited = ""
        """The probe that the player has put forward as evidence."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "claim":
                return self.claimable and self.on_code
            case "claim_not":
                return not (self.claimable and self.on_code)
            case _:
                return super().check_action(action, parameters)

    def tell(self) -> None:
        super().tell()
        self.claimable = not self._refusal()

    def _refusal(self) -> str:
        return claims.refusal(self.level, self.game.ledger.entries(self.level.id))

    @on(Cite)
    def _cite(self, message: Cite) -> None:
        self.hear(Deed.CITED)
        if why := self._refusal():
            self.notify(why)
            return
        self.cited = message.probe
        self.notify(f"{message.probe} is cited; {key(self, 'level.claim')} claims lines.")
        self.focus_code()

    def action_claim_not(self) -> None:
        """Say why there is no claim to be made; from the panel, make it."""
        self.action_claim()

    @work(group="claim", exclusive=True)
    async def action_claim(self) -> None:
        """Claim that the line at the cursor, or those selected, are wrong."""
        entries = self.game.ledger.entries(self.level.id)
        draft = self._draft()
        why = claims.refusal(self.level, entries)
        if not why and len(draft.lines) > claims.MOST_LINES:
            why = f"A claim names one to {claims.MOST_LINES} lines."
        if why:
            self.notify(why)
            return
        kinds, fired = claims.categories(self.game.levels), claims.fired(entries)
        asked = ClaimScreen(draft, kinds, fired, self.cited, claims.bonus(self.level))
        answer = await self.app.push_screen_wait(asked)
        if answer is None or not await self.saved():
            return
        try:
            lines = [(draft.file, n) for n in draft.lines]
            await asyncio.to_thread(self.game.claim, self.level, lines, *answer)
        except GameError as error:
            self.complain(error)
        else:
            self.notify("Claimed. It is judged when the level is solved.")
            self.hear(Deed.CLAIMED)
        self.tell()

    def _draft(self) -> Draft:
        editor = self.code.editor
        if editor is None:
            return Draft(self.code.file, (), ())
        rows = editor.selected_rows
        texts = tuple(editor.document.get_line(row) for row in rows)
        return Draft(self.code.file, tuple(row + 1 for row in rows), texts)
