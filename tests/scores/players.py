"""Players of the tiny pack: what they did, and the cards that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from engine.catalog import Catalog
from engine.ledger import Deed, Entry, HintTaken, Opened, Probed, Submitted, WasReset
from engine.level import Level, unified_diff
from engine.scores.cards import Board, Card, card, standings

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = START + timedelta(days=30)


def fix(level: Level) -> str:
    """The reference fix."""
    return unified_diff(level.start, level.clean)


def hints(level: Level, count: int) -> list[Deed]:
    """The first rungs, at their prices in the tiny pack; the fourth is the answer."""
    prices = (10, 20, level.value * 2 // 5, 0)
    return [HintTaken(rung, prices[rung], rung == 3) for rung in range(count)]


def history(level: Level, deeds: Sequence[Deed], hours: float = 0) -> list[Entry]:
    """The level opened, probed, then ``deeds``, a minute apart; begun ``hours`` after the start."""
    evidence, late = Probed(("loss.sign",), 3), Probed(("quiet.after",), 3)
    told = [Opened(), evidence, *deeds, late, WasReset("/home/me/secret")]
    at = START + timedelta(hours=hours)
    return [Entry(at + timedelta(minutes=i), level.id, deed) for i, deed in enumerate(told)]


def solved(level: Level, taken: int = 0, failed: int = 0, hours: float = 0) -> list[Entry]:
    """Solved with so many hints, after so many failures."""
    before = [Submitted(False, failed=("loss.values",), reason="no")] * failed
    return history(level, [*hints(level, taken), *before, Submitted(True, fix=fix(level))], hours)


def player(catalog: Catalog, name: str, *entries: list[Entry]) -> Card:
    """The card of somebody who did all that."""
    return card(name, catalog.levels, [entry for told in entries for entry in told])


def board(catalog: Catalog, *cards: Card) -> Board:
    """Their standings."""
    return Board(standings(cards), catalog.levels, NOW)
