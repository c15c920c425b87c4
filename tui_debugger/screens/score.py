"""The player's score, how it came about, and their place among others."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Static

from engine.errors import GameError
from engine.game import Game
from engine.scores.own import Score
from tui_debugger.copying import copy, text_of
from tui_debugger.plain import claimed, duration
from tui_debugger.screens.fitting import FittingScreen
from tui_debugger.standing import Standing, load
from tui_debugger.text import MUTED, STATE, one_line, points
from tui_debugger.widgets.columns import columns
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.top_bar import TopBar

NONE_YET = (
    "No leaderboard yet. Exports of others, merged or not, come here with\n\n"
    "    tui-debugger import FILE…\n\n"
    "and yours goes to them with\n\n"
    "    tui-debugger export --player NAME -o FILE\n"
)
LEAST = 40
"""Columns that the table of levels is given at the least."""


class ScoreScreen(FittingScreen[None]):
    """Opens over whatever is shown, and goes back to it."""

    HELP = """\
Time is from when a level was first opened to when it was solved. Equal scores share a rank; \
within one, whoever won their last points first stands first. Your own row is marked ▶. Verified \
are those whose fixes were replayed on this machine: `tui-debugger verify`.
"""
    CSS_PATH = "score.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", id="score.back", tooltip="Score: Back"),
        Binding("y", "own", "Your place", id="score.own", tooltip="Score: Go to your own place"),
        Binding("c", "copy", "Copy", show=False, id="score.copy", tooltip="Score: Copy it as text"),
    ]

    mine = getters.query_one("#mine", VerticalScroll)
    levels = getters.query_one("#score-levels", Static)
    course = getters.query_one("#score-course", Static)
    place = getters.query_one("#score-place", Static)
    board = getters.query_one("#score-board", DataTable)

    def __init__(self, game: Game, player: str = "") -> None:
        """``player`` is the name on the player's exports, if they have given one."""
        super().__init__()
        self.game = game
        self.player = player
        self.standing: Standing | None = None

    def compose(self) -> ComposeResult:
        yield TopBar("Score")
        with Horizontal(id="score-screen"):
            with VerticalScroll(id="mine"):
                yield Static(id="score-levels", markup=False)
                yield Static(id="score-course", markup=False)
            with Vertical(id="others"):
                yield Static("Reading the leaderboard…", id="score-place", markup=False)
                yield DataTable(id="score-board", cursor_type="row", zebra_stripes=True)
        yield KeyBar()

    def on_mount(self) -> None:
        self.board.display = False
        self.mine.focus()
        self._load()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "own":
            return self.standing is not None and self.standing.place is not None
        return True

    def action_own(self) -> None:
        """Go to the player's own row."""
        if self.standing is not None and self.standing.place is not None:
            self.board.focus()
            self.board.move_cursor(row=self.standing.place, animate=False)

    def action_copy(self) -> None:
        """Copy the levels, how the score came about, and the place among others."""
        rows = (map(str, self.board.get_row_at(at)) for at in range(self.board.row_count))
        board = "".join(f"{'  '.join(row).rstrip()}\n" for row in rows)
        copy(self, f"{text_of(self.query_one('#score-screen'))}{board}", "The score")

    @work(exclusive=True)
    async def _load(self) -> None:
        game = self.game
        try:
            entries = game.ledger.entries()
        except GameError as error:
            self.place.update(one_line(str(error)))
            return
        found = await asyncio.to_thread(load, game.levels, game.home, self.player, entries)
        self.standing = found
        self._draw()
        if not found.rows:
            self.place.update(one_line(found.notice) if found.notice else NONE_YET)
            return
        self._fill(found)
        self.board.display = True
        self.refresh_bindings()
        self.action_own()

    def _fill(self, found: Standing) -> None:
        assert found.place is not None
        rank = found.rows[found.place].rank
        self.place.update(f"You are {_ordinal(rank)} of {len(found.rows)}.")
        self.board.clear(columns=True)
        self.board.add_columns(
            "", "Rank", "Player", "Points", "Solved", "Last gain (UTC)", "Verified"
        )
        for at, row in enumerate(found.rows):
            one = row.card
            cells = (row.rank, one.player, one.score, one.solved, one.last_gain)
            own = at == found.place
            self.board.add_row(
                "▶" if own else "",
                *(Text(one_line(str(cell)), style="bold" if own else "") for cell in cells),
                "yes" if one.verified else "no",
            )

    def _draw(self) -> None:
        if self.standing is not None:
            score = self.standing.score
            self.levels.update(_levels(score, max(LEAST, self.mine.size.width - 2)))
            self.course.update(_course(score))


def _levels(score: Score, width: int) -> Content:
    head = ("#", "Level", "Points", "Hints", "Claim", "Subm.", "Time", "")
    rows = [
        (
            str(row.level.number),
            row.level.title,
            f"{row.standing.award}/{row.level.value}",
            str(row.standing.hints),
            claimed(row.standing),
            str(row.standing.submissions),
            "" if row.time is None else duration(row.time),
            STATE[row.standing.state][0],
        )
        for row in score.levels
    ]
    total = f"\n\n{score.points} of {points(score.value)}"
    return Content.assemble(columns(head, rows, width), (total, "bold"))


def _course(score: Score) -> Content:
    lines = [
        Content.assemble(
            (f"{won.at.astimezone():%Y-%m-%d %H:%M}  ", MUTED),
            (f"{f'+{won.points}':>5}", "$text-success"),
            f"  {won.total:>5}  {one_line(won.level.title)}",
        )
        for won in score.course
    ]
    return Content("\n").join(
        [Content.styled("How it came about", "bold"), *lines] if lines else []
    )


def _ordinal(number: int) -> str:
    """``1st``, ``22nd``, ``113th``."""
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
