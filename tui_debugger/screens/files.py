"""Choosing a file of the workspace, folder by folder or by a few letters of its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input
from textual.widgets.option_list import Option

from tui_debugger.keys import key
from tui_debugger.text import MUTED
from tui_debugger.widgets.code_view import FAULT
from tui_debugger.widgets.file_tabs import EDITED
from tui_debugger.widgets.rows import Rows

FOLDER = "bold $text-primary"
NOTHING = "No file has these letters."


@dataclass(frozen=True)
class Standing:
    """What there is to know of a file before it is opened."""

    added: int = 0
    removed: int = 0
    """Lines, against the level's start."""
    edited: bool = False
    fault: int | None = None
    """The line (from 1) that raised."""


class FilesScreen(ModalScreen[str | None]):
    """Returns the chosen file."""

    CSS_PATH = "files.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="files.close", tooltip="Close"),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    rows = getters.query_one(Rows)

    def __init__(self, files: Mapping[str, Standing], current: str) -> None:
        super().__init__()
        self.files = files
        self.current = current

    def compose(self) -> ComposeResult:
        with Vertical(id="files"):
            yield Input(placeholder="A few letters of the file's name", compact=True)
            yield Rows(id="files-found")

    def on_mount(self) -> None:
        self.query_one("#files").border_subtitle = f"⏎ opens, {key(self, 'files.close')} closes"
        self._fill("")
        self.rows.highlighted = self.rows.get_option_index(self.current)

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
        options = self._by_rank(letters) if letters else self._by_folder()
        self.rows.set_options(options or [Option(Content.styled(NOTHING, MUTED), disabled=True)])
        self.rows.action_first()

    def _by_folder(self) -> list[Option]:
        folders: dict[str, list[str]] = {}
        for file in self.files:
            folders.setdefault(file.rpartition("/")[0], []).append(file)
        width = max((len(_name(file)) for file in self.files), default=0) + 2
        options: list[Option] = []
        for folder, members in folders.items():
            if folder:
                options.append(Option(Content.styled(f"{folder}/", FOLDER), disabled=True))
            indent = "  " if folder else ""
            for file in members:
                said = f"{indent}{_name(file):<{width - len(indent)}}"
                options.append(Option(self._row(file, said), id=file))
        return options

    def _by_rank(self, letters: str) -> list[Option]:
        """What fits the letters best comes first, for that is what Enter opens."""
        ranks = {file: _rank(letters, file.lower()) for file in self.files}
        found = sorted((f for f in ranks if ranks[f] is not None), key=lambda f: ranks[f] or 0)
        width = max((len(file) for file in found), default=0)
        return [Option(self._row(file, f"{file:<{width}}"), id=file) for file in found]

    def _row(self, file: str, said: str) -> Content:
        standing = self.files[file]
        parts: list[str | tuple[str, str]] = [said]
        if standing.edited:
            edited = f"  {EDITED} edited  +{standing.added} −{standing.removed}"
            parts.append((edited, "$text-success"))
        if standing.fault is not None:
            parts.append((f"  {FAULT} line {standing.fault} raised", "$text-error"))
        return Content.assemble(*parts)


def _name(file: str) -> str:
    return file.rpartition("/")[2]


def _rank(letters: str, file: str) -> int | None:
    """How well ``letters`` fit ``file``, 0 best; None when they do not."""
    name = _name(file)
    fits = (
        letters in (name, name.removesuffix(".py"), file),
        name.startswith(letters),
        letters in name,
        letters in file,
        _within(letters, name),
        _within(letters, file),
    )
    return fits.index(True) if any(fits) else None


def _within(letters: str, name: str) -> bool:
    """Whether ``letters`` stand in ``name`` in their order."""
    rest = iter(name)
    return all(letter in rest for letter in letters)
