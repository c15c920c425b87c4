"""The level's screen, put together from its parts."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import TabbedContent, TabPane

from engine.game import Game
from engine.level import Level
from engine.workspace import Workspace
from tui_debugger.keys import key
from tui_debugger.notebook import Notebook
from tui_debugger.screens.level import (
    claiming,
    editing,
    files,
    panes,
    reading,
    running,
    submitting,
    touring,
)
from tui_debugger.screens.level.claiming import Claiming
from tui_debugger.screens.level.editing import Editing
from tui_debugger.screens.level.files import Files
from tui_debugger.screens.level.hinting import Hinting
from tui_debugger.screens.level.panes import Panes
from tui_debugger.screens.level.reading import Reading
from tui_debugger.screens.level.running import Running
from tui_debugger.screens.level.submitting import Submitting
from tui_debugger.screens.level.touring import Touring
from tui_debugger.settings import Memory
from tui_debugger.text import one_line
from tui_debugger.widgets.brief_panel import BriefPanel
from tui_debugger.widgets.code_pane import CodePane
from tui_debugger.widgets.divider import Divider
from tui_debugger.widgets.hint_panel import HintPanel
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.level_probes import LevelProbes
from tui_debugger.widgets.output_panel import OutputPanel
from tui_debugger.widgets.top_bar import TopBar
from tui_debugger.widgets.tour_bar import TourBar

REMEMBER_EVERY = 3.0
"""Seconds between two notes of where the cursor is."""


class LevelScreen(Running, Submitting, Claiming, Hinting, Files, Reading, Editing, Touring, Panes):
    """Returns the level to open next, or None for the list."""

    HELP = """\
`{level.run_all}` runs all probes on what you have saved, which is everything you typed. The \
probe list marks each: ✓ quiet, ✗ fires, ! failed, – skipped; a ~ says that you have edited since.

`{level.open_scratch}` opens `scratch.py`, a probe of your own: Python against the live model, run \
with `{level.run_scratch}`. What it shows and prints arrives in the output. It is never judged.

In the code, ▎ marks lines that differ from the level's start, ✗ a line that raised. Once \
`shapes.trace` has run, the line below the code tells the shapes of what is at the cursor. Any \
other editor may be used on the same files: what it writes is taken over.
"""
    # With those of the screens that a submission leads to, so that neither is waited for.
    CSS_PATH: ClassVar = ["level.tcss", "../judging.tcss", "../result.tcss"]
    # In one list, for what shares a key; the key bar shows as many as fit, in this order.
    BINDINGS: ClassVar[list[BindingType]] = [
        *running.KEYS,
        *submitting.KEYS,
        *claiming.KEYS,
        *panes.SIDES,
        *files.KEYS,
        *panes.TABS,
        *reading.KEYS,
        *editing.KEYS,
        *panes.SPLIT,
        *touring.KEYS,
        Binding("ctrl+l", "leave", "Levels", id="level.leave", tooltip="Level: Back to the list"),
    ]

    def __init__(
        self, game: Game, level: Level, workspace: Workspace, memory: Memory, *, fresh: bool
    ) -> None:
        """``fresh`` tells that the level is opened for the first time."""
        super().__init__(game, level, workspace, memory)
        self.fresh = fresh

    def compose(self) -> ComposeResult:
        level, notes = self.level, self.game.home.data / "evidence" / self.level.pack
        yield TopBar(f"{level.number}  {one_line(level.title)}")
        with Horizontal(id="sides"):
            place, wrap = self.memory.place(level.id), self.memory.settings.wrap
            yield CodePane(self.documents, self.history, place, wrap=wrap, id="code")
            yield Divider()
            with TabbedContent(id="panel", initial="brief"):
                with TabPane(self._tab("brief"), id="brief"):
                    yield BriefPanel(level, self.documents.workspace.root)
                with TabPane(self._tab("probes"), id="probes"):
                    notebook = Notebook(notes / f"{level.id}.json")
                    yield LevelProbes(notebook, self.documents.revision(), id="probe-panel")
                with TabPane(self._tab("hints"), id="hints"):
                    yield HintPanel(self.game, level, id="hint-panel")
                with TabPane(self._tab("output"), id="output"):
                    yield OutputPanel(id="output-panel")
        yield TourBar()
        yield KeyBar()

    def on_mount(self) -> None:
        self.tell()
        self.set_interval(REMEMBER_EVERY, self.remember)
        # After the first layout: what is not shown yet does not take the keyboard.
        self.call_after_refresh(self.action_to_panel if self.fresh else self.action_to_code)

    def _tab(self, name: str) -> str:
        return f"{name.capitalize()} {key(self, f'level.{name}')}"

    def action_leave(self) -> None:
        """Back to the list of levels."""
        self.leave_for(None)
