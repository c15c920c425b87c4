"""Looking for a text in all files of the workspace."""

from __future__ import annotations

from itertools import islice
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input
from textual.widgets.option_list import Option

from tui_debugger.keys import with_keys
from tui_debugger.plain import plain
from tui_debugger.reading import Hit, Sources, search
from tui_debugger.text import MUTED, count
from tui_debugger.widgets.rows import Rows

MOST = 300
"""Places that are listed."""


class FoundScreen(ModalScreen[Hit | None]):
    """Returns the chosen place."""

    CSS_PATH = "found.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="found.close", tooltip="Close"),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    rows = getters.query_one(Rows)

    def __init__(self, sources: Sources, words: str) -> None:
        super().__init__()
        self.sources = sources
        self.first = words
        self.hits: list[Hit] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="found"):
            yield Input(self.first, placeholder="text in any file", compact=True)
            yield Rows(id="found-rows")

    def on_mount(self) -> None:
        self._look(self.first)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._look(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose()

    def on_option_list_option_selected(self, event: Rows.OptionSelected) -> None:
        event.stop()
        self._choose()

    def on_rows_again(self, event: Rows.Again) -> None:
        event.stop()
        self._choose()

    def action_move(self, step: int) -> None:
        """Move through the places while typing."""
        if step > 0:
            self.rows.action_cursor_down()
        else:
            self.rows.action_cursor_up()

    def _choose(self) -> None:
        at = self.rows.highlighted
        self.dismiss(None if at is None else self.hits[at])

    def _look(self, words: str) -> None:
        self.hits = list(islice(search(self.sources, words), MOST))
        self.rows.set_options(Option(_row(hit)) for hit in self.hits)
        self.rows.action_first()
        many = count(len(self.hits), "place") + (" and more" if len(self.hits) == MOST else "")
        told = f"{many if words else 'Type a text'}; " + ("⏎ goes there, " if self.hits else "")
        box = self.query_one("#found")
        box.border_title = "Find in all files"
        box.border_subtitle = with_keys(self, f"{told}{{found.close}} closes")


def _row(hit: Hit) -> Content:
    indent = len(hit.line) - len(hit.line.lstrip())
    place = f"{hit.spot.file}:{hit.spot.line + 1}  "
    line = plain(hit.line[indent:]).replace("\t", " ")
    start, end = hit.spot.column - indent, hit.end - indent
    found = Content(line).stylize("bold underline $text-warning", max(0, start), end)
    return Content.assemble((place, MUTED), found)
