"""The tour: begun on the first level that somebody opens, skipped and taken again at will."""

from __future__ import annotations

from textual.binding import Binding, BindingType
from textual.widgets import TabbedContent

from tui_debugger.screens.level.part import LevelPart
from tui_debugger.tour import Deed, Tour
from tui_debugger.widgets.probe_panel import ProbePanel

KEYS: list[BindingType] = [
    Binding(
        "alt+t", "skip_tour", "Skip the tour", show=False,
        id="level.skip_tour", tooltip="Help: Skip the tour",
    ),
    Binding(
        "alt+t", "take_tour", "Tour", show=False,
        id="level.take_tour", tooltip="Help: Take the tour of a level, again too",
    ),
]  # fmt: skip


class Touring(LevelPart):
    """Shows what the tour asks for."""

    def on_mount(self) -> None:
        level, steps = self.memory.settings.tour or ("", 0)
        if level == self.level.id:
            self._take(Tour(at=steps))
        elif self.game.untouched and not self.memory.settings.toured:
            self.action_take_tour()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "skip_tour":
                return self.tour is not None
            case "take_tour":
                return self.tour is None
            case _:
                return super().check_action(action, parameters)

    def on_tabbed_content_tab_activated(self, event: TabbedContent.TabActivated) -> None:
        if event.pane.id == "probes":
            self.hear(Deed.LOOKED)

    def on_probe_panel_found(self, event: ProbePanel.Found) -> None:
        event.stop()
        self.hear(Deed.FOUND)

    def action_take_tour(self) -> None:
        """Begin the tour, at its beginning."""
        self._take(Tour())
        self.memory.is_touring(self.level.id, 0)

    def action_skip_tour(self) -> None:
        """Go on without the tour, and do not offer it again."""
        self.end_tour()
        self.notify("It can be taken again from the palette: Help: Take the tour.")

    def _take(self, tour: Tour) -> None:
        self.tour = tour
        self.tour_bar.show(tour)
        self.refresh_bindings()
