"""A course of students on the real levels: exports as many as are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.catalog import Catalog
from engine.ledger import Entry, Opened, Submitted
from engine.level import Level, unified_diff
from engine.scores.cards import Board, Card, card, standings
from engine.scores.formats import EXPORTS

BEGAN = datetime(2026, 2, 1, 9, tzinfo=UTC)
SETTLED = "training/__init__.py"
"""A file that a student may write a remark into without changing what the code does."""


def student(number: int, levels: Sequence[Level], remark: str = "") -> Card:
    """Somebody who solved those levels, an hour each, and left ``remark`` in each one's source."""
    entries: list[Entry] = []
    for hour, level in enumerate(levels):
        source = dict(level.clean)
        if remark:
            source[SETTLED] += f"# {remark}, {level.id}\n"
        at = BEGAN + timedelta(hours=hour, minutes=number)
        fix = unified_diff(level.start, source)
        entries.append(Entry(at, level.id, Opened()))
        entries.append(Entry(at + timedelta(minutes=30), level.id, Submitted(True, fix=fix)))
    return card(f"Student {number}", levels, entries)


def write(path: Path, catalog: Catalog, cards: Iterable[Card]) -> Path:
    """Their export."""
    board = Board(standings(cards), catalog.levels, BEGAN + timedelta(days=1))
    path.write_text(EXPORTS["json"](board), "utf-8")
    return path
