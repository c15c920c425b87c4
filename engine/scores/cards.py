"""Players side by side: what each one won, who comes first, and all of it as one document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata

from msgspec import UNSET, Struct

from engine.ledger import Entry
from engine.level import Level
from engine.scores.document import FORMAT, VERSION, ScoreFile, Solve, Standing, TaskStat
from engine.scores.names import key
from engine.scores.solves import solve

_NEVER = datetime.max.replace(tzinfo=UTC)


class Card(Struct, frozen=True):
    """One player's solves, in the order of the levels."""

    player: str
    solves: tuple[Solve, ...]
    verified: bool = False
    """Whether this machine has replayed every fix."""

    @property
    def score(self) -> int:
        """All points won."""
        return sum(solve.award for solve in self.solves)

    @property
    def gained_at(self) -> datetime | None:
        """When points were last won."""
        return max((s.gained_at for s in self.solves if s.gained_at), default=None)

    @property
    def last_gain(self) -> str:
        """The day and minute of that, UTC; empty where nothing was won."""
        return f"{self.gained_at.astimezone(UTC):%Y-%m-%d %H:%M}" if self.gained_at else ""

    @property
    def solved(self) -> int:
        """Levels solved."""
        return sum(solve.solved for solve in self.solves)

    @property
    def merit(self) -> tuple[int, datetime, str]:
        """Sorts the better of two cards first: more points, or as many sooner."""
        return -self.score, self.gained_at or _NEVER, key(self.player)


class Row(Struct, frozen=True):
    """A card with its rank among others."""

    rank: int
    card: Card


class Board(Struct, frozen=True):
    """Players in their order, and what they played."""

    rows: tuple[Row, ...]
    levels: tuple[Level, ...]
    at: datetime
    """When it was made."""

    @property
    def verified(self) -> bool:
        """Whether this machine has replayed every fix of every player."""
        return all(row.card.verified for row in self.rows)


def card(player: str, levels: Iterable[Level], entries: Iterable[Entry]) -> Card:
    """The card of ``player`` from the entries of a ledger, oldest first."""
    of: dict[str, list[Entry]] = {}
    for entry in entries:
        of.setdefault(entry.level, []).append(entry)
    made = (solve(player, level, of.get(level.id, ())) for level in levels)
    return Card(player, tuple(one for one in made if one is not None))


def standings(cards: Iterable[Card]) -> tuple[Row, ...]:
    """Every player once, with the best of their cards; equal scores share a rank, as in 1, 1, 3.

    Within a rank, whoever won their last points first stands first.
    """
    best: dict[str, Card] = {}
    for one in sorted(cards, key=lambda card: (card.merit, not card.verified)):
        best.setdefault(key(one.player), one)
    rows: list[Row] = []
    for position, one in enumerate(best.values(), 1):
        tied = rows and rows[-1].card.score == one.score
        rows.append(Row(rows[-1].rank if tied else position, one))
    return tuple(rows)


def document(board: Board) -> ScoreFile:
    """The board in the game's own format."""
    return ScoreFile(
        format=FORMAT,
        version=VERSION,
        game=game_version(),
        exported_at=board.at,
        verified=board.verified,
        tasks=tuple(level.title for level in board.levels),
        standings=tuple(_standing(row) for row in board.rows),
        solves=tuple(solve for row in board.rows for solve in row.card.solves),
    )


def game_version() -> str:
    """The version of the game that is running."""
    return metadata.version("tui-debugger")


def _standing(row: Row) -> Standing:
    card = row.card
    stats = {
        solve.title: TaskStat(solve.award, unix(solve.gained_at or solve.solved_at))
        for solve in card.solves
    }
    last = unix(card.gained_at) if card.gained_at else UNSET
    return Standing(row.rank, card.player, card.score, stats, last)


def unix(time: datetime | None) -> int:
    """Seconds since 1970."""
    assert time is not None  # what mended something has either won points or solved its level
    return int(time.timestamp())
