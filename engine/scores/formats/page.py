"""Standings as one HTML page that needs nothing else: no network, no other file.

Everything a stranger chose is escaped, and the page's policy lets nothing run but its own script:
both stand in the policy by their hashes (Content Security Policy Level 3, "Hash").
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from importlib import resources
from string import Template

from engine.scores.cards import Board, Row, unix

_HERE = resources.files(__package__)


def page(board: Board) -> str:
    """The page; its columns are sorted by whoever reads it, with the mouse or the keyboard."""
    style, script = (_HERE.joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    return Template(_HERE.joinpath("page.html").read_text("utf-8")).substitute(
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        made=f"{board.at:%Y-%m-%d %H:%M %Z}",
        head="".join(_head(board)),
        levels="".join(
            f'<li value="{level.number}">{escape(level.title)}, {level.value} points</li>\n'
            for level in board.levels
        ),
        rows="".join(_row(board, row) for row in board.rows),
    )


def _head(board: Board) -> Iterator[str]:
    for name in ("Rank", "Player", "Points", "Solved", "Last gain (UTC)", "Verified"):
        order = ' aria-sort="ascending"' if name == "Rank" else ""
        yield f'<th scope="col"{order}><button type="button">{name}</button></th>'
    for level in board.levels:
        title = escape(level.title)
        yield (
            f'<th scope="col"><button type="button" title="{title}" aria-label="{title}">'
            f"{level.number}</button></th>"
        )


def _row(board: Board, row: Row) -> str:
    card = row.card
    points = {solve.level: solve.award for solve in card.solves}
    cells = [
        _number(row.rank),
        f'<th scope="row"><bdi>{escape(card.player)}</bdi></th>',
        _number(card.score),
        _number(card.solved),
        f'<td data-value="{unix(card.gained_at) if card.gained_at else ""}">{card.last_gain}</td>',
        f"<td>{'yes' if card.verified else 'no'}</td>",
        *(_number(points.get(level.id)) for level in board.levels),
    ]
    return f"<tr>{''.join(cells)}</tr>\n"


def _number(number: int | None) -> str:
    shown = "" if number is None else number
    return f'<td data-value="{shown}">{shown}</td>'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
