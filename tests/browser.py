"""Chromium without a head and without a network: Debian's packages chromium and chromium-driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

DRIVER = Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NOWHERE = "MAP * ~NOTFOUND"


@contextmanager
def chromium(profile: Path, resolves: str = NOWHERE) -> Iterator[webdriver.Chrome]:
    """The browser, with a profile of its own; ``resolves`` are Chromium's rules for host names."""
    assert DRIVER.exists(), "these tests need: apt-get install chromium chromium-driver"
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--host-resolver-rules={resolves}", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()
