"""Tables for spreadsheets: CSV as RFC 4180 has it, in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from engine.scores.cards import Board
from engine.scores.names import key

Cell = str | int

CTFD = (
    "place",
    "user name",
    "user id",
    "user email",
    "score",
    "user bracket id",
    "user bracket name",
)
"""The scoreboard's columns where users play for themselves: ``dump_scoreboard_csv`` in
CTFd/utils/csv/__init__.py, CTFd 3.7."""

COLUMNS = (
    "rank",
    "player",
    "score",
    "solved",
    "hints",
    "submissions",
    "last gain (UTC)",
    "verified",
)

_FORMULA = re.compile(r"(^|;\s*)([=+\-@＝＋－＠])")
"""What a cell must not begin with, also where semicolons part the cells of a list (OWASP, "CSV
Injection"). Its tabs and line ends are in no name."""


def ctfd(board: Board) -> str:
    """CTFd's scoreboard. Users are numbered by name; nobody has an address or a bracket.

    Places are shared by equal scores, where CTFd's own export counts rows.
    """
    names = sorted(key(row.card.player) for row in board.rows)
    numbers = {name: number for number, name in enumerate(names, 1)}
    return _csv(
        CTFD,
        (
            (row.rank, row.card.player, numbers[key(row.card.player)], "", row.card.score, "", "")
            for row in board.rows
        ),
    )


def table(board: Board) -> str:
    """A row for each player, and a column of points for each level: a course's grade book."""
    return _csv((*COLUMNS, *(level.id for level in board.levels)), _rows(board))


def _rows(board: Board) -> Iterable[Sequence[Cell]]:
    for row in board.rows:
        card = row.card
        points = {solve.level: solve.award for solve in card.solves}
        yield (
            row.rank,
            card.player,
            card.score,
            card.solved,
            sum(solve.hints for solve in card.solves),
            sum(solve.submissions for solve in card.solves),
            card.last_gain,
            "yes" if card.verified else "no",
            *(points.get(level.id, "") for level in board.levels),
        )


def _csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([head, *(map(_harmless, row) for row in rows)])
    return out.getvalue()


def _harmless(cell: Cell) -> Cell:
    """An apostrophe before what a spreadsheet would compute, which it reads as: this is text."""
    return _FORMULA.sub(r"\1'\2", cell) if isinstance(cell, str) else cell
