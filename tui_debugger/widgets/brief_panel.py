"""The incident report, and where the code is for those who bring their own editor."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.level import Level
from tui_debugger.text import MUTED, one_line, points, prose


class BriefPanel(VerticalScroll):
    """What someone saw, not what is wrong."""

    DEFAULT_CSS = """
    BriefPanel {
        padding: 1 2;
    }
    """

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
                    f"\n\nYour copy of the code, open to any editor: {_short(self.root)}",
                    MUTED,
                ),
            ),
            markup=False,
        )


def _short(path: Path) -> str:
    """``path`` with the home folder as ``~``."""
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)
