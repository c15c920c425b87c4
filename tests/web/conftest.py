"""A server, and a browser that knows no host but this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from tests.browser import NOWHERE, chromium
from tests.web.served import Served

REBOUND = "rebound.example"
"""A name whose owner has given it this machine's address."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path / "home") as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    resolves = f"MAP {REBOUND} 127.0.0.1, {NOWHERE}, EXCLUDE 127.0.0.1"
    with chromium(tmp_path_factory.mktemp("chromium"), resolves) as driver:
        driver.set_window_size(1280, 900)
        yield driver
