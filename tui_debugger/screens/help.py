"""Help on what can be done here: the keys that work now, and how this screen is used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_debugger.keys import KeyedApp, with_keys
from tui_debugger.screens.keys import KeysScreen
from tui_debugger.text import prose


class HelpScreen(ModalScreen[None]):
    """Made from the bindings that were active when it was asked for."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss", "Close", id="help.close", tooltip="Close the help"),
        Binding("k", "keys", "Change keys", id="help.keys", tooltip="Help: Change the keys"),
    ]

    def __init__(self, here: str, active: Iterable[ActiveBinding], about: tuple[str, str]) -> None:
        """``about`` is the last part's heading, and its text."""
        super().__init__(name="help")
        self.here = here
        self.about = about
        self.active = tuple(active)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static("Keys that work now", classes="help--title", markup=False)
            yield Static(self._keys(), id="keys", markup=False)
            if self.here:
                yield Static("Here", classes="help--title", markup=False)
                yield Static(prose(with_keys(self, self.here)), markup=False)
            title, text = self.about
            yield Static(title, classes="help--title", markup=False)
            yield Static(prose(with_keys(self, text)), markup=False)

    def on_mount(self) -> None:
        said = with_keys(self, "{help.keys} changes keys, {help.close} closes")
        self.query_one("#help").border_subtitle = said

    def action_keys(self) -> None:
        """Give commands other keys."""
        assert isinstance(self.app, KeyedApp)
        self.app.switch_screen(KeysScreen(self.app.keys))

    def _keys(self) -> Content:
        keys: dict[str, list[str]] = {}
        for active in self.active:
            key = self.app.get_key_display(active.binding)
            keys.setdefault(active.binding.tooltip or active.binding.description, []).append(key)
        width = max((len(", ".join(of)) for of in keys.values()), default=0)
        return Content("\n").join(
            Content.assemble((f"{', '.join(of):>{width}}", "bold $text-accent"), f"  {what}")
            for what, of in keys.items()
        )
