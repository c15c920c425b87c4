"""What the player's code printed and showed, and how the last run ended."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from engine.evidence import Fault
from engine.sandbox.messages import Printed, Shown
from tui_debugger.text import one_line
from tui_debugger.widgets.output_sheet import OutputSheet


class OutputPanel(Vertical):
    """A sheet that begins anew with each run, under a line on how that goes."""

    DEFAULT_CSS = """
    OutputPanel {
        & > #output-status { height: auto; padding: 0 1; background: $panel; }
        & > OutputSheet { height: 1fr; }
    }
    """

    sheet = getters.query_one(OutputSheet)
    status = getters.query_one("#output-status", Static)

    def compose(self) -> ComposeResult:
        yield Static("What your code prints appears here.", id="output-status", markup=False)
        yield OutputSheet(id="output")

    def begin(self, what: str) -> None:
        """A run begins: its output starts on an empty page."""
        self.sheet.clear()
        self.status.update(f"{what}…")

    def take(self, event: Printed | Shown) -> None:
        """The code wrote something, or the player's own probe shows a value."""
        if isinstance(event, Shown):
            self.sheet.show(event)
        else:
            self.sheet.write(event.text)

    def end(self, sentence: str, fault: Fault | None = None) -> None:
        """The run is over."""
        if fault is not None and str(fault) not in sentence:
            sentence = f"{sentence} {fault}"
        if not self.sheet.line_count:
            sentence = f"{sentence} Nothing was printed."
        self.status.update(one_line(sentence))
