"""A question with a few answers, over whatever screen is asked from."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui_debugger.text import plain


class AskScreen(ModalScreen[str | None]):
    """Returns the chosen answer's key, or None when the question was put away."""

    CSS_PATH = "ask.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Not now", id="ask.dismiss", tooltip="Leave it as it is"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, detail: str, answers: dict[str, str]) -> None:
        """``answers`` maps keys to labels; the first has the focus."""
        super().__init__()
        self.question = question
        self.detail = detail
        self.answers = answers

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Static(plain(self.question), id="question", markup=False)
            yield Static(plain(self.detail), id="detail", markup=False)
            with Horizontal(id="answers"):
                for key, label in self.answers.items():
                    yield Button(Content(label), id=f"answer-{key}")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        assert event.button.id is not None
        self.dismiss(event.button.id.removeprefix("answer-"))
