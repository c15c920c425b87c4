"""Making a claim: these lines, this category, on the evidence of this probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec import Struct
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static
from textual.widgets.option_list import Option

from tui_debugger.keys import with_keys
from tui_debugger.text import MUTED, one_line, points
from tui_debugger.widgets.rows import Rows

CHOSEN, OPEN = "●", "○"
KEYS_TOLD = "↑↓ choose, ⏎ goes on, tab next, {claim.dismiss} not now"


class Draft(Struct, frozen=True):
    """A claim as it is being made."""

    file: str
    lines: tuple[int, ...]
    """From 1, as in the editor."""
    texts: tuple[str, ...]
    """What stands in those lines."""


class ClaimScreen(ModalScreen[tuple[str, str] | None]):
    """Returns the category and the probe."""

    CSS_PATH = "claim.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Not now", id="claim.dismiss", tooltip="Claim: Not now"),
    ]

    def __init__(
        self,
        draft: Draft,
        categories: Mapping[str, str],
        fired: Sequence[str],
        cited: str,
        bonus: int,
    ) -> None:
        """``categories`` come with what they stand for; ``cited`` is the probe that is chosen to
        begin with, if it fired."""
        super().__init__()
        self.draft = draft
        self.categories = categories
        self.fired = fired
        self.cited = cited
        self.bonus = bonus

    def compose(self) -> ComposeResult:
        with Vertical(id="claim"):
            yield Static(self._lines(), id="claim-lines", markup=False)
            yield Static("What kind of bug", classes="claim--title", markup=False)
            yield _Choice(self.categories, id="claim-category")
            yield Static("The evidence", classes="claim--title", markup=False)
            yield _Choice(dict.fromkeys(self.fired, ""), id="claim-probe")
            yield Static(self._terms(), id="claim-terms", markup=False)
            yield Button("Claim it", id="claim-it", compact=True)

    def on_mount(self) -> None:
        box = self.query_one("#claim")
        box.border_title = "These lines are wrong"
        box.border_subtitle = with_keys(self, KEYS_TOLD)
        probes = self.query_one("#claim-probe", _Choice)
        if self.cited in self.fired:
            probes.highlighted = probes.get_option_index(self.cited)
        else:
            probes.action_first()
        self.query_one("#claim-category").focus()

    def on_option_list_option_selected(self, event: Rows.OptionSelected) -> None:
        event.stop()
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        chosen = [self.query_one(id, _Choice).highlighted_option for id in _LISTS]
        category, probe = (option.id if option else None for option in chosen)
        if category is None or probe is None:  # nothing is claimed that was not chosen
            self.query_one(_LISTS[category is not None]).focus()
        else:
            self.dismiss((category, probe))

    def _lines(self) -> Content:
        rows = [
            Content.assemble((f"{self.draft.file}:{number}  ", MUTED), one_line(text))
            for number, text in zip(self.draft.lines, self.draft.texts, strict=True)
        ]
        return Content("\n").join(rows)

    def _terms(self) -> str:
        return (
            f"One claim a level, before the first submission. If all of it is right, solving the "
            f"level pays {points(self.bonus)} more; if not, nothing is lost."
        )


class _Choice(Rows):
    """One of several, told by a sign that stays when the focus goes on."""

    def __init__(self, names: Mapping[str, str], *, id: str) -> None:
        """``names`` with what each stands for."""
        super().__init__(id=id)
        self.names = names
        self.add_options(Option(self._row(name, False), id=name) for name in names)

    def watch_highlighted(self, highlighted: int | None) -> None:
        super().watch_highlighted(highlighted)
        for at, name in enumerate(self.names):
            self.replace_option_prompt_at_index(at, self._row(name, at == highlighted))

    def _row(self, name: str, chosen: bool) -> Content:
        width = max(map(len, self.names))
        sign = (f"{CHOSEN} ", "bold $text-success") if chosen else (f"{OPEN} ", MUTED)
        return Content.assemble(sign, f"{one_line(name):<{width}}  ", (self.names[name], MUTED))


_LISTS = "#claim-category", "#claim-probe"
