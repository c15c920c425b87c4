"""What the parts of the level's screen share: the level, its panes, and saving before anything."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual import getters, work
from textual.reactive import var
from textual.widget import Widget

from engine.game import Game
from engine.level import Level
from engine.scoring import State
from engine.workspace import Workspace
from tui_debugger.documents import Documents
from tui_debugger.history import History
from tui_debugger.screens.probing import ProbingScreen
from tui_debugger.settings import Memory, Place
from tui_debugger.text import points
from tui_debugger.tour import Deed, Tour
from tui_debugger.widgets.brief_panel import BriefPanel
from tui_debugger.widgets.code_pane import CodePane
from tui_debugger.widgets.evidence_view import EvidenceView
from tui_debugger.widgets.hint_panel import HintPanel
from tui_debugger.widgets.output_sheet import OutputSheet
from tui_debugger.widgets.probe_list import ProbeList
from tui_debugger.widgets.top_bar import TopBar
from tui_debugger.widgets.tour_bar import TourBar

HEARING = 6.0
"""Seconds that the editor has for what has been typed, when the game is to end: fewer than
those after which a game in a browser is killed."""


class LevelPart(ProbingScreen[Level | None]):
    """The state of the screen, and what several parts do with it."""

    on_code: var[bool] = var(False, bindings=True)
    """Whether the code has the keyboard; where there is room for one side, it is the one shown."""
    in_scratch: var[bool] = var(False, bindings=True)
    """Whether the player's own probe is the file in front."""

    bar = getters.query_one(TopBar)
    code = getters.query_one(CodePane)
    hints = getters.query_one(HintPanel)
    tour_bar = getters.query_one(TourBar)

    def __init__(self, game: Game, level: Level, workspace: Workspace, memory: Memory) -> None:
        super().__init__()
        self.game = game
        self.level = level
        self.memory = memory
        self.documents = Documents(workspace)
        self.tour: Tour | None = None
        self.came_from: list[Place] = []
        """Where the player was before each leap."""
        self.history = History(game.home.data / "history" / f"{level.id}.json", level.start)

    @property
    def scratch_seen(self) -> bool:
        """Whether the player's own probe can be seen."""
        return self.in_scratch and (self.on_code or self.has_class("-wide"))

    async def leap(self, file: str, line: int | None = None, column: int = 0) -> None:
        """Go to a file, or to a place in it, from which there is a way back."""
        if line is not None or file != self.code.file:
            self.came_from.append(self.code.place)
        await self.code.open(file, line, column)
        self.focus_code()
        self.refresh_bindings()

    async def saved(self) -> bool:
        """Write what was typed until now; False when something stands in the way, which is then
        said."""
        await self.code.look_at_disk()
        return await self.code.save()

    async def heard(self) -> None:
        """Wait until what has been typed so far is in the text."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARING):
                for widget in filter(None, (self.code.editor, self.code)):
                    done = asyncio.Event()
                    widget.call_later(done.set)
                    await done.wait()

    @property
    def trouble(self) -> str:
        """Why the work could not be saved; empty where a question about it is open."""
        return "" if self.code.conflict else self.code.trouble

    async def leave(self) -> bool:
        """Save everything; False when something has to be decided first."""
        self.remember()
        while await self.saved():
            if not self.documents.dirty():  # nothing was typed meanwhile
                return True
        return False

    @work(group="leave", exclusive=True)
    async def leave_for(self, level: Level | None) -> None:
        """Go on to ``level``, or to the list."""
        if await self.leave():
            self.dismiss(level)

    def remember(self) -> None:
        """Note where the cursor is."""
        self.memory.leave(self.level.id, self.code.place)

    def bring(self, tab: str) -> None:
        """Show a tab of the panel, with the keyboard unless that is in the code beside it."""
        self.panel.active = tab
        if not (self.on_code and self.has_class("-wide")):
            self.focus_panel()

    def focus_code(self) -> None:
        """Give the keyboard to the code, and room should the evidence have had all of it."""
        self.probes.zoom(False)
        self.code.focus_editor()

    def focus_panel(self) -> None:
        """Give the keyboard to the tab in front."""
        first: dict[str, type[Widget]] = {
            "brief": BriefPanel,
            "probes": EvidenceView if self.probes.has_class("-zoomed") else ProbeList,
            "hints": HintPanel,
            "output": OutputSheet,
        }
        self.panel.query_one(first[self.panel.active]).focus()

    def hear(self, deed: Deed) -> None:
        """Something was done that the tour may have waited for."""
        if self.tour is not None and self.query(TourBar):  # none, once the game is ending
            self.tour.hear(deed)
            self.tour_bar.show(self.tour)
            if self.tour.step is None:
                self.end_tour()
            else:
                self.memory.is_touring(self.level.id, self.tour.at)

    def end_tour(self) -> None:
        """The tour is over, for good unless it is asked for."""
        self.tour = None
        self.tour_bar.show(None)
        self.memory.has_toured()
        self.refresh_bindings()

    def tell(self) -> None:
        """Say in the bar what the level is worth, or has paid."""
        standing = self.game.progress(self.level)
        parts = len(self.level.parts)
        said = f"{len(standing.mended)} of {parts} mended   " if parts > 1 else ""
        match standing.state:
            case State.SOLVED:
                said += f"● solved, {points(standing.award)}"
            case State.REVEALED:
                said += "◌ revealed"
            case _:
                said += "claimed   " if standing.claim else ""
                said += f"worth {standing.worth} of {self.level.value}"
        self.bar.score.update(said)
