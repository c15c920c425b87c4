"""The line on top of every screen: where one is, what it is worth, how the lab is."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from tui_debugger.keys import key
from tui_debugger.lab import Failed, Lab, Loading


class TopBar(Horizontal):
    """A title that gives way, then the score and the lab's state."""

    DEFAULT_CSS = """
    TopBar {
        dock: top;
        height: 1;
        background: $panel;
        color: $foreground;
        & > Static { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #place { width: 1fr; padding: 0 1; text-style: bold; }
        & > #score { width: auto; padding: 0 1; }
        & > #lab { width: auto; padding: 0 1; color: $muted; }
        & > #lab.-loading { color: $text-warning; }
        & > #lab.-failed { color: $text-error; text-style: bold; }
    }
    """

    place = getters.query_one("#place", Static)
    score = getters.query_one("#score", Static)
    lab_state = getters.query_one("#lab", Static)

    def __init__(self, place: str, score: str = "") -> None:
        super().__init__()
        self._first = place, score

    def compose(self) -> ComposeResult:
        place, score = self._first
        yield Static(place, id="place", markup=False)
        yield Static(score, id="score", markup=False)
        yield Static(id="lab", markup=False)

    def on_mount(self) -> None:
        self.watch(self.app, "lab", self._lab_changed)

    def _lab_changed(self, lab: Lab) -> None:
        again = f": {key(self, 'app.retry_lab')} tries again" if isinstance(lab, Failed) else ""
        self.lab_state.update(f"{lab}{again}")
        self.lab_state.set_class(isinstance(lab, Loading), "-loading")
        self.lab_state.set_class(isinstance(lab, Failed), "-failed")
