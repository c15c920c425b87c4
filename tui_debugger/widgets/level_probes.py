"""The run panel of a level: what a probe found can be cited for a claim."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_debugger.messages import Cite
from tui_debugger.widgets.probe_panel import ProbePanel


class LevelProbes(ProbePanel):
    """The panel, and the way from evidence to a claim."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "e", "cite", "Cite", show=False,
            id="probes.cite", tooltip="Evidence: Cite it for a claim, and go to the code",
        ),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "cite":
            return not self.words.has_focus and self.probes.fires
        return super().check_action(action, parameters)

    def action_cite(self) -> None:
        """Put the highlighted probe forward as evidence."""
        if self.probes.current is not None:
            self.post_message(Cite(self.probes.current))
