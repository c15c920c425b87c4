"""What the player has changed: each file's difference to the level's start, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static
from textual.widgets.option_list import Option

from engine.level import Source, unified_diff
from tui_debugger.copying import copy
from tui_debugger.screens.fitting import FittingScreen
from tui_debugger.widgets.diff_view import coloured
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.rows import Rows
from tui_debugger.widgets.top_bar import TopBar

NOTHING = "Nothing differs from the level's start."


class ChangesScreen(FittingScreen[str | None]):
    """Returns the file that is to go back to its start."""

    HELP = """\
Lines with − were in the level's start, lines with + are yours. `{changes.reset}` brings the \
highlighted file back to its start; undo in the editor brings your lines back.
"""
    CSS_PATH = "changes.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", id="changes.back", tooltip="Changes: Back"),
        Binding(
            "r", "reset", "Reset this file",
            id="changes.reset", tooltip="Changes: Bring this file back to its start",
        ),
        Binding("c", "copy", "Copy", id="changes.copy", tooltip="Changes: Copy the differences"),
    ]  # fmt: skip

    rows = getters.query_one(Rows)
    sheet = getters.query_one("#difference", Static)

    def __init__(self, start: Source, texts: Mapping[str, str]) -> None:
        super().__init__()
        self.diffs = {
            file: unified_diff({file: start[file]}, {file: text})
            for file, text in texts.items()
            if start.get(file, text) != text
        }

    def compose(self) -> ComposeResult:
        yield TopBar("What you have changed")
        with Horizontal(id="changes"):
            yield Rows(id="changed")
            with VerticalScroll(id="difference-box"):
                yield Static(NOTHING, id="difference", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.rows.set_options(Option(file, id=file) for file in self.diffs)
        self.rows.action_first()
        self.rows.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.diffs) if action in ("reset", "copy") else True

    def on_option_list_option_highlighted(self, event: Rows.OptionHighlighted) -> None:
        event.stop()
        if event.option_id is not None:
            self.sheet.update(coloured(self.diffs[event.option_id]))

    def action_reset(self) -> None:
        """Bring the highlighted file back to its start."""
        option = self.rows.highlighted_option
        self.dismiss(option.id if option else None)

    def action_copy(self) -> None:
        """Copy the differences of all files."""
        copy(self, "".join(self.diffs.values()), "What differs")
