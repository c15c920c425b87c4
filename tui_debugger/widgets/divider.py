"""The line between two sides, which can be dragged."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import RenderResult
from textual.message import Message
from textual.widget import Widget


class Divider(Widget):
    """Says where it has been dragged to; moving it is up to who has put it there."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Divider {
        width: 1; height: 1fr; color: $foreground 25%; pointer: ew-resize;
        &:hover, &.-dragged { color: $primary; }
    }
    """

    @dataclass
    class Dragged(Message):
        """It is wanted in that column of the screen."""

        column: int

    def render(self) -> RenderResult:
        return "▏\n" * self.size.height

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self.capture_mouse()
        self.add_class("-dragged")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.has_class("-dragged"):
            event.stop()
            self.post_message(self.Dragged(event.screen_x))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        event.stop()
        self.release_mouse()
        self.remove_class("-dragged")
