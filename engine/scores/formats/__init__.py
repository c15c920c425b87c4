"""Standings in the forms that others read: each a function from a ``Board`` to a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.scores.cards import Board, document
from engine.scores.document import encode
from engine.scores.formats.ccs import ccs
from engine.scores.formats.ctftime import ctftime
from engine.scores.formats.markdown import markdown
from engine.scores.formats.page import page
from engine.scores.formats.tables import ctfd, table

Format = Callable[[Board], str]


def own(board: Board) -> str:
    """The game's own JSON: see ``engine.scores.document``."""
    return encode(document(board))


EXPORTS: Mapping[str, Format] = {
    "json": own,
    "csv": table,
    "ctftime": ctftime,
    "ctfd": ctfd,
    "ccs": ccs,
}
"""By the names that people call them."""

BOARDS: Mapping[str, Format] = {**EXPORTS, "markdown": markdown, "html": page}
"""Those, and what is made for reading."""
