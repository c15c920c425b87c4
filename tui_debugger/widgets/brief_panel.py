"""The incident report, and where the code is for those who bring their own editor."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.level import Level
from tui_debugger.copying import copy, text_of
from tui_debugger.text import MUTED, near_home, one_line, points, prose


class BriefPanel(VerticalScroll):
    """What someone saw, not what is wrong."""

    DEFAULT_CSS = """
    BriefPanel {
        padding: 1 2;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", show=False, id="brief.copy", tooltip="Brief: Copy it as text"),
    ]

    def __init__(self, level: Level, root: Path) -> None:
        super().__init__(id="brief-panel")
        self.level = level
        self.root = root

    def compose(self) -> ComposeResult:
        file = self.level.file
        facts = f"{file.severity} · {points(file.value)}"
        if len(self.level.parts) > 1:
            facts += f" · {len(self.level.parts)} bugs"
        yield Static(
            Content.assemble(
                (one_line(self.level.title), "bold"),
                (f"\n{facts}\n\n", MUTED),
                prose(file.brief),
                (
                    f"\n\nYour copy of the code, open to any editor: {near_home(self.root)}",
                    MUTED,
                ),
            ),
            markup=False,
        )

    def action_copy(self) -> None:
        """Copy all of it."""
        copy(self, text_of(self), "The brief")
