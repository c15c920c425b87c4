"""The field guide: how to look, what was found, and every probe with its question."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from engine.game import Game
from engine.guide import load
from tui_debugger.copying import copy
from tui_debugger.lab import Lab, Loading
from tui_debugger.pages import pages
from tui_debugger.screens.fitting import FittingScreen
from tui_debugger.text import one_line
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.page_list import PageList
from tui_debugger.widgets.page_view import PageView
from tui_debugger.widgets.top_bar import TopBar


class GuideScreen(FittingScreen[None]):
    """Opens over whatever is shown, and goes back to it."""

    HELP = """\
`/` searches: a page is listed when it has all the words. Up and down move through the pages while \
you type, left and right go from part to part. `tab` goes to the page, which can then be scrolled.

Of a bug, nothing is told before its level is solved or its answer shown.
"""
    CSS_PATH = "guide.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", id="guide.search", tooltip="Guide: Search"),
        Binding("c", "copy", "Copy", id="guide.copy", tooltip="Guide: Copy the page as text"),
        Binding("escape", "back", "Back", id="guide.back", tooltip="Guide: Back"),
        Binding("f12", "dismiss", "Close", show=False, id="guide.close", tooltip="Guide: Close"),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
    ]

    search = getters.query_one("#search", Input)
    rows = getters.query_one(PageList)
    page = getters.query_one(PageView)

    def __init__(self, game: Game, wanted: str | None = None) -> None:
        """Opens at the page ``wanted`` where there is one. Raises GameError when the record cannot
        be read."""
        super().__init__(name="guide")
        guide = load(game.catalog.content)
        self.guide = guide
        self.entries = [guide.entry(level, game.progress(level)) for level in game.levels]
        self.wanted = wanted
        self.lab: Lab = Loading()

    def compose(self) -> ComposeResult:
        yield TopBar("Field guide")
        with Horizontal(id="guide"):
            with Vertical(id="contents"):
                yield Input(placeholder="/ searches", compact=True, id="search")
                yield PageList(id="pages")
            yield PageView(id="page")
        yield KeyBar()

    def on_mount(self) -> None:
        self.rows.focus()
        self.watch(self.app, "lab", self._lab_changed)
        for sentence in self.guide.damage:
            self.notify(one_line(sentence), severity="warning", timeout=15, markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = isinstance(self.focused, Input)
        match action:
            case "move":
                return typing
            case "search":
                return not typing
            case _:
                return True

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.rows.focus()

    def on_page_list_shown(self, event: PageList.Shown) -> None:
        event.stop()
        self.page.show(event.page)

    def action_search(self) -> None:
        """Type what to look for."""
        self.search.focus()

    def action_move(self, step: int) -> None:
        """Move through the pages while typing."""
        if step > 0:
            self.rows.action_cursor_down()
        else:
            self.rows.action_cursor_up()

    def action_copy(self) -> None:
        """Copy the page."""
        if text := self.page.as_text():
            copy(self, text, "The page")

    def action_back(self) -> None:
        """End the search, if there is one; else leave."""
        if self.search.value or self.search.has_focus:
            self.search.value = ""
            self.rows.focus()
        else:
            self.dismiss()

    def _lab_changed(self, lab: Lab) -> None:
        self.lab = lab
        self._fill()

    def _fill(self) -> None:
        everything = pages(self.guide, self.entries, self.lab)
        if self.wanted in {page.id for page in everything}:
            wanted, self.wanted = self.wanted, None
        else:
            wanted = None
        self.rows.fill(everything, self.search.value, wanted)
