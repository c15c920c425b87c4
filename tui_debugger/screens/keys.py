"""Giving commands other keys: a list of all, and the next key pressed is the one chosen's."""

from __future__ import annotations

from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.option_list import Option

from tui_debugger.keys import KeyMap
from tui_debugger.text import MUTED, one_line
from tui_debugger.widgets.rows import Rows

CHOOSE = "enter chooses another key, delete brings the first one back, esc closes"


class KeysScreen(ModalScreen[None]):
    """Shows every command with its keys; what is chosen is kept in ``keys.toml``."""

    CSS_PATH = "keys.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("delete,backspace", "forget", "First key", show=False),
    ]

    rows = getters.query_one(Rows)
    said = getters.query_one("#keys-said", Static)

    def __init__(self, keys: KeyMap) -> None:
        super().__init__()
        self.keys = keys
        self.asking = False
        """Whether the next key is the one that is wanted."""

    def compose(self) -> ComposeResult:
        with Vertical(id="keys-box"):
            yield Rows(id="keys-list")
            yield Static(CHOOSE, id="keys-said", markup=False)

    def on_mount(self) -> None:
        box = self.query_one("#keys-box")
        box.border_title = "Keys"
        box.border_subtitle = one_line(self.keys.path.name)
        self.rows.set_options(Option(self._row(id), id=id) for id in self.keys.commands)
        self.rows.highlighted = 0

    def on_option_list_option_selected(self, event: Rows.OptionSelected) -> None:
        event.stop()
        self._ask()

    def on_rows_again(self, event: Rows.Again) -> None:
        event.stop()
        self._ask()

    async def on_event(self, event: events.Event) -> None:
        if self.asking and isinstance(event, events.Key):
            event.stop()
            event.prevent_default()
            self._asked(event.key)
        else:
            await super().on_event(event)

    def action_forget(self) -> None:
        """Back to the key that the command came with."""
        self._choose(None)

    def _ask(self) -> None:
        self.asking = True
        self.said.update(f"Press the key for {self._current}; escape leaves it as it is.")

    def _asked(self, key: str) -> None:
        self.asking = False
        if key == "escape":
            self.said.update(CHOOSE)
        elif problem := self.keys.problem(self._current, (key,)):
            self.said.update(Content.styled(one_line(problem), "$text-error"))
        else:
            self._choose((key,))

    def _choose(self, keys: tuple[str, ...] | None) -> None:
        id = self._current
        try:
            self.keys.choose(id, keys)
        except OSError as error:
            self.said.update(f"Not kept: {error.strerror}.")
            return
        self.app.set_keymap(self.keys.keymap())
        for other in self.keys.commands:  # the column may be wider now
            self.rows.replace_option_prompt(other, self._row(other))
        self.said.update(f"{id} has {self._keys(id)} now.")

    @property
    def _current(self) -> str:
        option = self.rows.highlighted_option
        assert option is not None
        assert option.id is not None
        return option.id

    def _keys(self, id: str) -> str:
        return ", ".join(self.keys.keys(id))

    def _row(self, id: str) -> Content:
        own = "*" if id in self.keys.chosen else " "
        keys = self._keys(id)
        width = max(len(self._keys(id)) for id in self.keys.commands)
        return Content.assemble(
            (own, "$text-warning"),
            (f"{keys:<{width}}  ", "bold $text-accent"),
            self.keys.commands[id].tells,
            (f"  {id}", MUTED),
        )
