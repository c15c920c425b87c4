"""A player among others: their own score, and their place on the leaderboard that was imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import BadExport
from engine.home import Home
from engine.ledger import Entry
from engine.level import Level
from engine.scores.cards import Row, card, standings
from engine.scores.names import key
from engine.scores.own import Score, score
from engine.scores.reading import Reader
from engine.scores.replay.ruling import Rulings
from engine.scores.replay.settle import proven

YOU = "You"
"""What a player is called who has given no name yet."""


@dataclass(frozen=True)
class Standing:
    """What there is to be shown."""

    score: Score
    rows: tuple[Row, ...] = ()
    """The leaderboard with the player on it; empty where none was imported."""
    place: int | None = None
    """Of the player's own row, from 0."""
    notice: str = ""
    """Why there is no leaderboard, where one was imported."""


def load(levels: Sequence[Level], home: Home, player: str, entries: Sequence[Entry]) -> Standing:
    """The standing of ``player``, who may have no name, with those entries in the ledger.

    Takes a second for a thousand others. Where the leaderboard holds the player already, the better
    of both counts.
    """
    mine = score(levels, entries)
    path = home.leaderboard
    if not path.exists():
        return Standing(mine)
    try:
        others = Reader(levels).read(path)
    except BadExport as error:
        return Standing(mine, notice=str(error))
    name = player or YOU
    known = Rulings(home.rulings).known
    of = {level.id: level for level in levels}
    cards = [proven(one, of, known) for one in (*others, card(name, levels, entries))]
    rows = standings(cards)
    own = (at for at, row in enumerate(rows) if key(row.card.player) == key(name))
    return Standing(mine, rows, next(own))
