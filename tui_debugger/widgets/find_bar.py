"""Looking for a text in the file in front: a line that is there while one looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tui_debugger.reading import Hit, search


class FindBar(Horizontal):
    """Enter goes to the next place, up to the one before; a colon and a number to that line."""

    DEFAULT_CSS = """
    FindBar {
        display: none; height: 1; padding: 0 1; background: $panel;
        &.-open { display: block; }
        & Input { width: 1fr; background: $panel; }
        & Static { width: auto; padding: 0 0 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="find.close", tooltip="Find: Close"),
        Binding("down", "step(1)", "Next", id="find.next", tooltip="Find: Next place"),
        Binding("up", "step(-1)", "Before", id="find.previous", tooltip="Find: Place before"),
    ]

    words = getters.query_one(Input)
    said = getters.query_one(Static)

    @dataclass
    class Found(Message):
        """There it is."""

        line: int
        column: int
        end: int

    @dataclass
    class Closed(Message):
        """Nothing is looked for any more."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = ""
        self.place = (0, 0)
        """From where it is looked."""
        self.hits: list[Hit] = []
        self.at = 0

    def compose(self) -> ComposeResult:
        yield Words(placeholder="text, or :line", compact=True)
        yield Static(markup=False)

    def begin(self, text: str, words: str, place: tuple[int, int]) -> None:
        """Look through ``text`` from ``place`` on, for ``words`` to begin with."""
        self.text, self.place = text, place
        self.add_class("-open")
        if words and "\n" not in words:
            self.words.value = words
        self.words.focus()
        self.words.action_select_all()
        self._look()

    def end(self) -> None:
        """Look no more."""
        self.remove_class("-open")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.has_class("-open"):
            self._look()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.startswith(":"):
            self.action_close()
        else:
            self.action_step(1)

    def action_step(self, step: int) -> None:
        """Go to another place where it stands."""
        if self.hits:
            self.at = (self.at + step) % len(self.hits)
            self._go()

    def action_close(self) -> None:
        """Back to the code."""
        self.end()
        self.post_message(self.Closed())

    def _look(self) -> None:
        words = self.words.value
        if words.startswith(":"):
            self.hits = []
            number = words[1:].strip()
            if number.isdecimal() and 0 < int(number) <= self.text.count("\n") + 1:
                self.post_message(self.Found(int(number) - 1, 0, 0))
            self.said.update("line")
            return
        self.hits = list(search({"": self.text}, words))
        after = [hit for hit in self.hits if (hit.spot.line, hit.spot.column) >= self.place]
        self.at = self.hits.index(after[0]) if after else 0
        self._go()

    def _go(self) -> None:
        if not self.hits:
            self.said.update("not here" if self.words.value else "")
            return
        hit = self.hits[self.at]
        self.said.update(f"{self.at + 1} of {len(self.hits)}")
        self.post_message(self.Found(hit.spot.line, hit.spot.column, hit.end))


class Words(Input):
    """What is looked for; asked for once more, it is looked for in all files."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+f", "screen.find_everywhere", "All files",
            id="find.everywhere", tooltip="Find: Look in all files",
        ),
    ]  # fmt: skip
