"""A home of its own for each test, and the tiny pack in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.game import Game
from engine.home import Home
from tests.engine.content import catalog
from tests.engine.doubles import Double


@pytest.fixture
def home(tmp_path: Path) -> Home:
    root = tmp_path / "home"
    return Home(root, root, root / "logs")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return catalog(tmp_path_factory.mktemp("content"))


@pytest.fixture
def sandbox() -> Double:
    return Double()


@pytest.fixture
def game(home: Home, tiny: Catalog, sandbox: Double) -> Iterator[Game]:
    game = Game(home, tiny, sandbox)
    yield game
    game.ledger.close()
