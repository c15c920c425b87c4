"""What the tour asks for next, above the keys."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui_debugger.keys import key, with_keys
from tui_debugger.tour import Tour


class TourBar(Static):
    """Hidden while there is no tour."""

    DEFAULT_CSS = """
    TourBar {
        dock: bottom; display: none; height: auto; margin: 0 0 1 0; padding: 0 1;
        background: $row-focus; color: $foreground;
        &.-on { display: block; }
        &:ansi { text-style: reverse; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def on_resize(self) -> None:
        self._keep_free(self.size.height)

    def on_hide(self) -> None:
        self._keep_free(0)

    def show(self, tour: Tour | None) -> None:
        """Say what is next; without a tour, nothing."""
        step = tour.step if tour else None
        self.set_class(step is not None, "-on")
        if tour is not None and step is not None:
            head = f"Tour {tour.at + 1}/{len(tour.steps)}  "
            ends = f"  ({key(self, 'level.skip_tour')} skips the tour)"
            self.update(Content.assemble((head, "bold"), with_keys(self, step.text), ends))

    def _keep_free(self, rows: int) -> None:
        """Notices stand above this many rows and the keys: they come just when a step is over."""
        for rack in self.screen.query("ToastRack"):
            rack.styles.margin = (0, 0, rows + 1, 0)
