"""Help on what can be done here: how this screen is used, and the keys that work now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_debugger.text import prose

HOW = """\
Someone put a bug into a small language model or its training code. The brief tells what was \
noticed. Read the code, run probes on the live model, and see what they measure. Mend the code, \
then submit: an exam over the whole codebase decides. It accepts every correct fix, whatever its \
text.

Hints cost points, but only once the level is solved. Nothing is ever locked, and failed \
submissions cost nothing. Your edits are saved as you type.
"""


class HelpScreen(ModalScreen[None]):
    """Made from the bindings that were active when it was asked for."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss", "Close", id="help.close", tooltip="Close the help"),
    ]

    def __init__(self, here: str, active: Iterable[ActiveBinding]) -> None:
        super().__init__()
        self.here = here
        self.active = tuple(active)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(prose(HOW), markup=False)
            if self.here:
                yield Static("Here", classes="help--title", markup=False)
                yield Static(prose(self.here), markup=False)
            yield Static("Keys that work now", classes="help--title", markup=False)
            yield Static(self._keys(), id="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#help").border_subtitle = "esc closes"

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
