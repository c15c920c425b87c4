"""The tiny pack and four players of it."""

from __future__ import annotations

import pytest

from engine.catalog import Catalog
from engine.ledger import Submitted
from engine.scores.cards import Board, Card
from tests.engine.content import catalog
from tests.scores.players import board, fix, history, player, solved


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return catalog(tmp_path_factory.mktemp("content"))


@pytest.fixture(scope="session")
def cards(tiny: Catalog) -> tuple[Card, ...]:
    """Ada and Ben with 150 points, Cy with a hint and half of the last level, Di with none."""
    first, second, both = tiny.levels
    half = Submitted(False, ("steep-hill",), fix=fix(first))
    return (
        player(tiny, "Ben", solved(first, hours=5), solved(second, failed=2, hours=6)),
        player(tiny, "=Ada; ﷺ <b>|", solved(first), solved(second, hours=1)),
        player(tiny, "Cy", solved(second, taken=1, hours=2), history(both, [half], hours=3)),
        player(tiny, "Di", history(first, [Submitted(False)])),
    )


@pytest.fixture(scope="session")
def four(tiny: Catalog, cards: tuple[Card, ...]) -> Board:
    return board(tiny, *cards)
