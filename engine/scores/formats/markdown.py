"""Standings as a table in GitHub Flavored Markdown (https://github.github.com/gfm/#tables-extension-)."""

from __future__ import annotations

import html
import re

from engine.scores.cards import Board

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")
"""ASCII punctuation, all of which a backslash makes ordinary (CommonMark, "Backslash escapes")."""


def markdown(board: Board) -> str:
    """A row for each player; names show as they are, whatever they hold."""
    lines = [
        "| Rank | Player | Points | Solved | Last gain (UTC) | Verified |",
        "| ---: | :----- | -----: | -----: | :-------------- | :------- |",
    ]
    for row in board.rows:
        card = row.card
        verified = "yes" if card.verified else "no"
        cells = (row.rank, plain(card.player), card.score, card.solved, card.last_gain, verified)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """``text`` so that Markdown and the HTML made of it show it unchanged."""
    pieces = re.split(r"([&<>\"])", text)
    return "".join(html.escape(p) if p in set('&<>"') else _MARKS.sub(r"\\\1", p) for p in pieces)
