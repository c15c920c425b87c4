"""Which side and which tab is seen, and which has the keyboard."""

from __future__ import annotations

from pathlib import Path

from textual import events, on
from textual.binding import Binding, BindingType

from tui_debugger.messages import ShowProbe
from tui_debugger.screens.level.part import LevelPart
from tui_debugger.screens.probing import OUTPUT, PROBES
from tui_debugger.widgets.divider import Divider
from tui_debugger.widgets.probe_panel import ProbePanel

SIDES: list[BindingType] = [
    Binding(
        "f10,escape", "to_panel", "Panel",
        id="level.to_panel", tooltip="View: Go to the panel",
    ),
    Binding(
        "f10,escape", "to_code", "Code",
        id="level.to_code", tooltip="View: Go to the code",
    ),
]  # fmt: skip
# Letters first: with alt, most terminals send nothing else so that it is known.
SPLIT: list[BindingType] = [
    Binding(
        "alt+l,alt+comma", "split(-5)", "Narrower", show=False,
        id="level.narrower", tooltip="View: Make the code narrower",
    ),
    Binding(
        "alt+r,alt+full_stop", "split(5)", "Wider", show=False,
        id="level.wider", tooltip="View: Make the code wider",
    ),
]  # fmt: skip
LEAST, MOST = 20, 80
"""Per cent of the width that the code has, side by side with the panel."""
TABS: list[BindingType] = [
    Binding("f2", "show('brief')", "Brief", id="level.brief", tooltip="View: Brief"),
    PROBES,
    Binding("f4", "show('hints')", "Hints", id="level.hints", tooltip="View: Hints"),
    OUTPUT,
]


class Panes(LevelPart):
    """The code on one side, the tabs of the panel on the other."""

    @property
    def saved_in(self) -> Path:
        return self.game.home.data / "saved" / self.level.id

    def watch_on_code(self, on_code: bool) -> None:
        self.set_class(on_code, "-code")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "to_panel":
                return self.on_code
            case "to_code":
                return not self.on_code
            case "split":
                return self.has_class("-wide")
            case _:
                return super().check_action(action, parameters)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.on_code = self.code in event.widget.ancestors_with_self

    def on_mount(self) -> None:
        self._split(self.memory.settings.split)

    def on_divider_dragged(self, event: Divider.Dragged) -> None:
        event.stop()
        self._split(round(100 * event.column / max(1, self.size.width)))

    def on_probe_panel_zoomed(self, event: ProbePanel.Zoomed) -> None:
        event.stop()
        self.set_class(event.zoomed, "-zoomed")

    @on(ShowProbe)
    def _show_probe(self, message: ShowProbe) -> None:
        self.action_show("probes")
        self.probes.show(message.name)

    def action_show(self, tab: str) -> None:
        """Go to a tab of the panel; the probes with their list, should the evidence have had all
        the room."""
        self.panel.active = tab
        self.probes.zoom(False)
        self.focus_panel()

    def action_split(self, step: int) -> None:
        """Give the code more or less of the width."""
        self._split(self.memory.settings.split + step)

    def _split(self, percent: int) -> None:
        percent = min(MOST, max(LEAST, percent))
        self.memory.choose_split(percent)
        self.code.styles.width = f"{percent}fr"
        self.panel.styles.width = f"{100 - percent}fr"

    def action_to_panel(self) -> None:
        """Give the keyboard to the panel."""
        self.focus_panel()

    def action_to_code(self) -> None:
        """Give the keyboard to the code."""
        self.focus_code()
