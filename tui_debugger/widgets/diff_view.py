"""Two fixes as diffs, side by side where their lines fit."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_debugger.text import MUTED, plain

ROUND = 3
"""Columns beside a line: the padding of the text, and the margin to what is beside it."""

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
        & .diff--text { width: 1fr; padding: 0 1; }
        &.-stacked { layout: vertical; }
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
                yield Static(shown, classes="diff--text", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        longest = max(cell_len(line) for _, diff in self.sides for line in [*diff.splitlines(), ""])
        self.set_class((longest + ROUND) * len(self.sides) > event.size.width, "-stacked")


def _style(line: str) -> str:
    return next((style for start, style in _STYLES.items() if line.startswith(start)), "")
