"""What the player's code printed, and how the last run ended."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Log, Static

from engine.evidence import Fault
from engine.sandbox.messages import Printed
from tui_debugger.text import one_line, plain

LINES = 5000
"""Lines kept; older ones go."""


class OutputPanel(Vertical):
    """A log of plain text: nothing that was printed is obeyed."""

    DEFAULT_CSS = """
    OutputPanel {
        & > #output-status { height: auto; padding: 0 1; background: $panel; }
        & > Log { height: 1fr; padding: 0 1; background: $background; scrollbar-size: 1 1; }
    }
    """

    log_view = getters.query_one(Log)
    status = getters.query_one("#output-status", Static)

    def compose(self) -> ComposeResult:
        yield Static("What your code prints appears here.", id="output-status", markup=False)
        yield Log(max_lines=LINES, id="output")

    def begin(self, what: str) -> None:
        """A run begins: its output starts on an empty page."""
        self.log_view.clear()
        self.status.update(f"{what}…")

    def take(self, printed: Printed) -> None:
        """The code wrote something."""
        self.log_view.write(plain(printed.text))

    def end(self, sentence: str, fault: Fault | None = None) -> None:
        """The run is over."""
        if fault is not None and str(fault) not in sentence:
            sentence = f"{sentence} {fault}"
        if not self.log_view.line_count:
            sentence = f"{sentence} Nothing was printed."
        self.status.update(one_line(sentence))
