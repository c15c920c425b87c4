"""Choosing a file of the workspace by a few letters of its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input
from textual.widgets.option_list import Option

from tui_debugger.widgets.file_tabs import EDITED
from tui_debugger.widgets.rows import Rows


class FilesScreen(ModalScreen[str | None]):
    """Returns the chosen file."""

    CSS_PATH = "files.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="files.close", tooltip="Close"),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    rows = getters.query_one(Rows)

    def __init__(self, files: Mapping[str, bool], current: str) -> None:
        """``files`` maps each file to whether it has edits."""
        super().__init__()
        self.files = files
        self.current = current

    def compose(self) -> ComposeResult:
        with Vertical(id="files"):
            yield Input(placeholder="A few letters of the file's name", compact=True)
            yield Rows(id="files-found")

    def on_mount(self) -> None:
        self.query_one("#files").border_subtitle = "enter opens, esc closes"
        self._fill("")
        self.rows.highlighted = list(self.files).index(self.current)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        option = self.rows.highlighted_option
        self.dismiss(option.id if option else None)

    def on_option_list_option_selected(self, event: Rows.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)

    def on_rows_again(self, event: Rows.Again) -> None:
        event.stop()
        option = self.rows.highlighted_option
        self.dismiss(option.id if option else None)

    def action_move(self, step: int) -> None:
        """Move through the files while typing."""
        if step > 0:
            self.rows.action_cursor_down()
        else:
            self.rows.action_cursor_up()

    def _fill(self, typed: str) -> None:
        letters = typed.lower().replace(" ", "")
        found = [file for file in self.files if _within(letters, file.lower())]
        self.rows.set_options(Option(self._row(file), id=file) for file in found)
        self.rows.action_first()

    def _row(self, file: str) -> Content:
        edits = (f"  {EDITED} edited", "$text-success") if self.files[file] else ""
        return Content.assemble(file, edits)


def _within(letters: str, name: str) -> bool:
    """Whether ``letters`` stand in ``name`` in their order."""
    rest = iter(name)
    return all(letter in rest for letter in letters)
