"""The list of levels, with the brief of the highlighted one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from engine.game import Game
from engine.level import Level
from engine.scoring import Progress, State, total
from tui_debugger.keys import with_keys
from tui_debugger.screens.fitting import FittingScreen
from tui_debugger.text import MUTED, STATE, count, one_line, points, prose
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.level_list import LevelList
from tui_debugger.widgets.rows import Rows
from tui_debugger.widgets.top_bar import TopBar

TITLE = "tui-debugger"
AT_FIRST = 50
"""Levels listed at once; the files of more are read while these can be looked at."""
WELCOME = "New here? {levels.open} opens the level; {app.help} says how it is played.\n\n"


class LevelsScreen(FittingScreen[None]):
    """Where the game begins and where levels are left to."""

    HELP = """\
Every level is one incident in the same codebase. ○ new, ◐ started, ● solved, ◌ the answer was \
revealed. The category is told once a level is solved. `1` to `9` go to the level of that number.
"""
    CSS_PATH = "levels.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "s", "app.score", "Score",
            id="levels.score", tooltip="Score: Your points, and your place among others",
        ),
    ]  # fmt: skip

    rows = getters.query_one(LevelList)
    bar = getters.query_one(TopBar)
    heading = getters.query_one("#heading", Static)
    brief = getters.query_one("#brief", Static)

    @dataclass
    class AllRead(Message):
        """Every level's file has been read."""

    opening: var[Level | None] = var(None, init=False)
    """The level that is about to be shown, which can take a second."""

    @dataclass
    class Open(Message):
        """Open that level."""

        level: Level

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self.latest: Level | None = None

    def compose(self) -> ComposeResult:
        yield TopBar(TITLE)
        with Horizontal(id="levels"):
            with Vertical(id="list"):
                yield Static(id="heading", markup=False)
                yield LevelList(id="level-list")
            with VerticalScroll(id="beside", can_focus=False):
                yield Static(id="brief", markup=False)
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """What was done in a level shows here."""
        self.opening = None
        catalog = self.game.catalog
        at_once = catalog.first(AT_FIRST)
        self._fill(catalog.levels if catalog.complete else at_once)
        self._read_on()

    @work(group="read", exclusive=True)
    async def _read_on(self) -> None:
        """All levels: only those that can be seen at once are waited for."""
        catalog = self.game.catalog
        if not catalog.complete:
            self._fill(await asyncio.to_thread(lambda: catalog.levels))
        self.post_message(self.AllRead())

    def _fill(self, levels: Sequence[Level]) -> None:
        standings = self.game.standings(levels)
        rows = [(level, standings[level.id]) for level in levels]
        latest = self.game.latest()
        self.rows.fill(rows, latest if latest != self.latest else None)
        self.latest = latest
        won = total([standing for _, standing in rows])
        solved = sum(standing.state is State.SOLVED for _, standing in rows)
        worth = sum(level.value for level, _ in rows)
        self.bar.score.update(f"{solved}/{len(rows)} solved   {won} of {points(worth)}")
        self.rows.focus()
        self.call_after_refresh(self._fit)

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def on_option_list_option_highlighted(self, event: Rows.OptionHighlighted) -> None:
        event.stop()
        self._show_brief()

    def on_option_list_option_selected(self, event: Rows.OptionSelected) -> None:
        event.stop()
        if self.rows.current is not None:
            self.opening = self.rows.current[0]
            self.post_message(self.Open(self.opening))

    def watch_opening(self, opening: Level | None) -> None:
        """Say so."""
        self.bar.place.update(f"Opening level {opening.number}…" if opening else TITLE)

    def _fit(self) -> None:
        self.heading.update(self.rows.heading())
        self._show_brief()

    def _show_brief(self) -> None:
        row = self.rows.current
        if row is not None:
            new = all(standing.state is State.NEW for _, standing in self.rows.rows)
            welcome = with_keys(self, WELCOME) if new else ""
            self.brief.update(_brief(*row, welcome))


def _brief(level: Level, standing: Progress, welcome: str) -> Content:
    sign, word, style = STATE[standing.state]
    facts = [level.file.severity, points(level.value)]
    if standing.state is State.SOLVED:
        facts.append(level.file.category)
    if len(level.parts) > 1:
        facts.append(f"{len(standing.mended)} of {len(level.parts)} mended")
    if standing.submissions:
        facts.append(count(standing.submissions, "submission"))
    if standing.hints:
        facts.append(count(standing.hints, "hint"))
    return Content.assemble(
        (welcome, "$text-accent"),
        (one_line(level.title), "bold"),
        "\n",
        (f"{sign} {word}", style),
        (f"  {' · '.join(facts)}\n\n", MUTED),
        prose(level.file.brief),
    )
