"""The HTML page in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from engine.catalog import Catalog
from engine.scores.formats.page import page
from tests.browser import chromium
from tests.scores.players import board, player, solved

NAMES = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "$policy ${style} </style></script>",
    '"><b onmouseover=x>&amp;',
    "שלום Ada",
    "x" * 64,
    "王小明",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture(scope="module")
def html(tiny: Catalog) -> str:
    """Seven players whose names would like to be more, with 350, 150, 100, 0 points by turns."""
    cards = [
        player(tiny, name, *(solved(level, hours=n) for level in tiny.levels[: 3 - n % 4]))
        for n, name in enumerate(NAMES)
    ]
    return page(board(tiny, *cards))


@pytest.fixture
def shown(browser: webdriver.Chrome, html: str, tmp_path: Path) -> webdriver.Chrome:
    """The page, opened from a file as a player would."""
    return _open(browser, html, tmp_path)


def _open(browser: webdriver.Chrome, html: str, folder: Path) -> webdriver.Chrome:
    path = folder / "board.html"
    path.write_text(html, "utf-8")
    browser.get_log("browser")  # type: ignore[no-untyped-call] # empties it
    browser.get(path.as_uri())
    return browser


def _names(browser: webdriver.Chrome) -> list[str]:
    return [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "tbody th")]


def _column(browser: webdriver.Chrome, number: int) -> list[str]:
    found = browser.find_elements(By.CSS_SELECTOR, f"tbody tr > :nth-child({number})")
    return [cell.text for cell in found]


def _button(browser: webdriver.Chrome, name: str) -> WebElement:
    return browser.find_element(By.XPATH, f"//thead//button[.='{name}']")


def test_every_name_is_shown_as_it_is_and_none_is_obeyed(shown: webdriver.Chrome) -> None:
    assert sorted(_names(shown)) == sorted(NAMES)
    assert shown.title == "tui-debugger: standings"
    assert shown.find_elements(By.CSS_SELECTOR, "main img, main b, main script") == []


def test_the_page_asks_for_nothing_and_complains_of_nothing(shown: webdriver.Chrome) -> None:
    asked = shown.execute_script("return performance.getEntriesByType('resource').length")
    assert asked == 0
    assert shown.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_the_policy_lets_no_other_script_run(
    browser: webdriver.Chrome, html: str, tmp_path: Path
) -> None:
    evil = html.replace("<main>", "<main><script>document.title = 'owned'</script>")
    evil = evil.replace("</main>", "<img src='data:,' onerror=\"document.title = 'owned'\"></main>")
    _open(browser, evil, tmp_path)
    assert browser.title == "tui-debugger: standings"
    log = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert any("Content Security Policy" in entry["message"] for entry in log)


def test_the_page_comes_in_the_order_of_ranks(shown: webdriver.Chrome) -> None:
    assert _column(shown, 1) == ["1", "1", "3", "3", "5", "5", "7"]
    assert _column(shown, 3) == ["350", "350", "150", "150", "100", "100", "0"]


def test_a_column_is_sorted_with_the_keyboard_and_turned_round(shown: webdriver.Chrome) -> None:
    seen = _column(shown, 3)
    _reach(shown, "Points").send_keys(Keys.ENTER)
    assert _column(shown, 3) == seen[::-1]
    head = shown.find_element(By.CSS_SELECTOR, "th[aria-sort]")
    assert (head.text.split()[0], head.get_attribute("aria-sort")) == ("Points", "ascending")
    shown.switch_to.active_element.send_keys(Keys.SPACE)
    assert _column(shown, 3) == seen
    status = shown.find_element(By.CSS_SELECTOR, "[role=status]")
    assert status.text == "Sorted by Points, greatest first."


def _reach(browser: webdriver.Chrome, name: str) -> WebElement:
    """The button of that name, reached by the tabulator alone."""
    for _ in range(30):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element.text.split("\n")[0].startswith(name):
            return browser.switch_to.active_element
    raise AssertionError(f"{name} is out of the keyboard's reach")


def test_names_are_sorted_as_people_do_and_nothing_comes_last(shown: webdriver.Chrome) -> None:
    _button(shown, "1").click()
    assert _column(shown, 7)[-1] == ""
    _button(shown, "1").click()
    assert _column(shown, 7)[-1] == ""
    _button(shown, "Player").click()
    first = _names(shown)
    _button(shown, "Player").click()
    assert _names(shown) == first[::-1] != first


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_screen_is_too_narrow_for_the_page(shown: webdriver.Chrome, width: int) -> None:
    metrics = {"width": width, "height": 640, "deviceScaleFactor": 1, "mobile": width < 700}
    shown.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        wide = shown.execute_script("return document.documentElement.scrollWidth")
        name = shown.find_element(By.CSS_SELECTOR, "tbody th")
        shown.execute_script("document.querySelector('.scroll').scrollLeft = 9999")
        assert wide <= width
        assert width > 700 or 0 <= name.rect["x"] < width / 2
    finally:
        shown.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_colour_schemes_can_be_read(shown: webdriver.Chrome, scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    paper = _light(shown, "body", "background-color")
    assert (paper > 0.5) == (scheme == "light")
    for inner in ("tbody th", "thead button", "p"):
        # WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1
        for ground in (paper, _light(shown, "tbody tr:nth-child(even) td", "background-color")):
            ink = _light(shown, inner, "color")
            high, low = max(ink, ground), min(ink, ground)
            assert (high + 0.05) / (low + 0.05) >= 4.5, inner


def _light(browser: webdriver.Chrome, selector: str, name: str) -> float:
    """Relative luminance of a computed colour, as WCAG 2.2 defines it."""
    value = browser.find_element(By.CSS_SELECTOR, selector).value_of_css_property(name)
    channels = [int(number) / 255 for number in re.findall(r"\d+", value)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
