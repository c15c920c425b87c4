"""Two fixes as diffs, side by side where there is room."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, HorizontalScroll, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_debugger.text import MUTED, plain

_STYLES = {
    "+++": "bold",
    "---": "bold",
    "@@ ": MUTED,
    "+": "$text-success on $success-muted 50%",
    "-": "$text-error on $error-muted 50%",
}
"""What a line of a unified diff begins with, and how it is set; the first that fits counts."""


def coloured(diff: str) -> Content:
    """A unified diff, line by line in the colour of what it does; the signs say it too."""
    lines = plain(diff).splitlines()
    return Content("\n").join([Content.styled(line, _style(line)) for line in lines])


class DiffView(Horizontal):
    """The reference fix beside the player's."""

    DEFAULT_CSS = """
    DiffView {
        height: auto;
        & > Vertical { width: 1fr; height: auto; margin: 0 1 1 0; }
        & .diff--title { text-style: bold; background: $panel; padding: 0 1; width: 1fr; }
        & HorizontalScroll { height: auto; scrollbar-size: 1 0; }
        & .diff--text { width: auto; padding: 0 1; text-wrap: nowrap; }
    }
    """

    def __init__(self, *sides: tuple[str, str]) -> None:
        """Each side is a title and a unified diff."""
        super().__init__()
        self.sides = sides

    def compose(self) -> ComposeResult:
        for title, diff in self.sides:
            with Vertical():
                yield Static(title, classes="diff--title", markup=False)
                shown = coloured(diff) if diff else Content("No change.")
                with HorizontalScroll():
                    yield Static(shown, classes="diff--text", markup=False)


def _style(line: str) -> str:
    return next((style for start, style in _STYLES.items() if line.startswith(start)), "")
