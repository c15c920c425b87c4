"""A list of one-line rows: a click highlights, a click on what is highlighted does its work."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.style import Style
from textual.widgets import OptionList


class Rows(OptionList):
    """An option list that can be looked through with the mouse without setting anything off."""

    DEFAULT_CSS = """
    Rows {
        height: 1fr;
        border: none;
        padding: 0;
        background: $background;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        scrollbar-size: 1 1;
        & > .option-list--option-highlighted { background: $row; }
        &:focus {
            border: none;
            background-tint: $foreground 0%;
            & > .option-list--option-highlighted {
                color: $foreground;
                background: $row-focus;
                text-style: bold;
            }
        }
        & > .option-list--option-disabled { color: $foreground; }
    }
    """

    @dataclass
    class Again(Message):
        """The highlighted row was clicked."""

        rows: Rows

        @property
        def control(self) -> Rows:
            """The list."""
            return self.rows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        """The style of some components, with the reverse that Textual leaves out."""
        style = super().get_visual_style(*component_classes, partial=partial)
        told = (self.get_component_styles(name).text_style for name in component_classes)
        return style + Style(reverse=True) if any(one.reverse for one in told) else style

    def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        clicked = event.style.meta.get("option")
        if clicked is None or self.options[clicked].disabled:
            return
        if clicked == self.highlighted:
            self.post_message(self.Again(self))
        self.highlighted = clicked
