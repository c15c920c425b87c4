"""The line at the bottom: the keys that work now, as many as fit, the nearest ones first."""

from __future__ import annotations

from textual import events
from textual.binding import ActiveBinding
from textual.content import Content
from textual.style import Style

from tui_debugger.widgets.told import Told


class KeyBar(Told):
    """Derived from the active bindings; a click presses the key."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground;
        text-wrap: nowrap;
        link-color: $foreground;
        link-style: none;
        link-background: $panel;
        link-style-hover: bold;
    }
    """
    KEPT = ("run_all", "submit", "help")
    """Actions that are never left out."""
    LAST = "help"
    GAP = "  "

    def __init__(self) -> None:
        super().__init__()
        self._due = False
        """Whether it is about to be drawn."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._draw_soon)
        self._draw()

    def on_resize(self, _: events.Resize) -> None:
        self._draw()

    def action_press(self, key: str) -> None:
        """Do what the key does."""
        self.app.simulate_key(key)

    def _draw_soon(self, _: object) -> None:
        """Once for all that changes until then: what can be done is asked for every key."""
        if not self._due:
            self._due = True
            self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        self._due = False
        if not self.is_attached or not self.screen.is_current:
            return
        shown: dict[str, ActiveBinding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show:
                shown.setdefault(active.binding.action, active)
        if self.LAST in shown:
            shown[self.LAST] = shown.pop(self.LAST)
        items = {action: self._item(active) for action, active in shown.items()}
        room = self.size.width + len(self.GAP)  # there is none behind the last
        for action in sorted(items, key=lambda action: action not in self.KEPT):
            needed = items[action].cell_length + len(self.GAP)
            if action in self.KEPT or needed <= room:
                room -= needed
            else:
                del items[action]
        self.tell(Content(self.GAP).join(items.values()))

    def _item(self, active: ActiveBinding) -> Content:
        key = self.app.get_key_display(active.binding)
        press = Style.from_meta({"@click": f"press('{active.binding.key}')"})
        said = Content.assemble(
            (key, "bold $text-accent"), f" {active.binding.description}"
        ).stylize(press)
        return said if active.enabled else said.stylize("dim")
