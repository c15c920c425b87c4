"""The game in Chromium: played, copied from, closed, and kept from other pages."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from textual._xterm_parser import XTermParser
from textual.events import Key

import tui_debugger.app  # noqa: F401 - every command is known once it is loaded
from engine.catalog import Catalog
from engine.ledger import Ledger, Submitted
from engine.workspace import Workspace
from tests.web.conftest import REBOUND
from tests.web.page import Page, opened
from tests.web.served import Served, alive, until
from tui_debugger.keys import UNHEARD, commands

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
FIRST = Catalog().levels[0]
FILE = "transformer/attention.py"


def into_code(page: Page) -> None:
    """Open the first level, with the keyboard in its code."""
    page.press("enter")
    page.until_seen(FIRST.title, "esc Code")
    page.press("f10")
    page.until_seen("esc Panel", f"{FILE}   1:1   saved")


def text_on_disk(served: Served) -> str:
    return Workspace(served.home.workspace(FIRST.id), FIRST.start).read(FILE)


def test_the_first_level_is_mended_by_keys_submitted_and_solved(
    served: Served, browser: webdriver.Chrome
) -> None:
    with opened(browser, served.address) as page:
        into_code(page)
        page.press("ctrl+f")
        page.until_seen("or :line")
        page.type("* (d_k**")
        page.until_seen("1 of 1")
        page.press("escape")
        page.until_seen("esc Deselect", without="1 of 1")
        page.type("/ (d_k**")
        page.until_seen("/ (d_k**0.5)", "1 line changed")
        page.press("f9")
        page.until_seen("● Solved: every check passed.")
        (game,) = served.games()
    until(lambda: not alive(game))
    ledger = Ledger(served.home.ledger)
    deeds = [entry.deed for entry in ledger.entries(FIRST.id)]
    ledger.close()
    (submitted,) = (deed for deed in deeds if isinstance(deed, Submitted))
    assert submitted.solved


def test_a_closed_tab_ends_its_game_and_loses_nothing_that_was_typed(
    served: Served, browser: webdriver.Chrome
) -> None:
    with opened(browser, served.address) as page:
        into_code(page)
        (game,) = served.games()
        page.type("# undone")
        page.until_seen("# undone")
        page.press("ctrl+z")
        page.until_seen("1:1   saved")
        page.type("# √ kept")
        page.close()
        until(lambda: not alive(game))
    text = text_on_disk(served)
    assert text.startswith("# √ kept")
    assert "undone" not in text
    with opened(browser, served.address) as page:
        page.until_seen("# √ kept", f"{FILE}   1:9   saved")
        (game,) = served.games()
        page.press("ctrl+q")
        page.until_ended()
        until(lambda: not alive(game))
        browser.find_element(By.LINK_TEXT, "Play on").click()
        page.until_seen("# √ kept", "lab ready")


def test_two_tabs_are_two_games_on_one_home(served: Served, browser: webdriver.Chrome) -> None:
    with opened(browser, served.address) as one, opened(browser, served.address) as two:
        assert len(served.games()) == 2
        one.bring()
        into_code(one)
        one.type("# of one")
        one.until_seen("# of one", "1:9   saved")
        two.bring()
        two.press("enter")
        two.until_seen("# of one")
        one.close()
        until(lambda: len(served.games()) == 1)
        two.bring()
        two.click("Help")
        two.until_seen("Keys that work now")


def test_what_is_copied_is_in_the_clipboard_and_what_is_pasted_stays_as_it_is(
    served: Served, browser: webdriver.Chrome
) -> None:
    rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", rights)
    with opened(browser, served.address) as page:
        page.press("f12")
        page.until_seen("Copy")
        page.press("c")
        page.until_seen("The page is in the clipboard")
        assert len(page.run("return navigator.clipboard.readText()")) > 40
        page.press("escape")
        page.until_seen("incident")
        into_code(page)
        pasted = "def f():\n    if True:\n        return 1\n"
        page.run(f"terminalOfGame.paste({pasted!r})")
        page.until_seen("return 1", "saved")
    assert text_on_disk(served).startswith(pasted)


def test_every_command_has_a_key_that_reaches_the_game_and_is_the_one_named(
    served: Served, browser: webdriver.Chrome
) -> None:
    """What a tab keeps for itself cannot be tried without a head; it is in ``UNHEARD``."""
    found = commands()
    named = {id: [key for key in found[id].keys if key not in UNHEARD] for id in found}
    assert [id for id, keys in named.items() if not keys] == []
    wanted = sorted({keys[0] for keys in named.values()} | {"ctrl+p"})
    assert len(wanted) > 40
    with opened(browser, served.address) as page:
        made = dict(zip(wanted, page.typed(*wanted), strict=True))
        altered = page.typed("alt+left")
        into_code(page)
        page.press("f1")
        page.until_seen("Keys that work now", "alt+m", "alt+g")
    assert {key: _keys_of(typed) for key, typed in made.items()} == {key: [key] for key in wanted}
    assert [_keys_of(typed) for typed in altered] == [["ctrl+left"]]


def _keys_of(typed: str) -> list[str]:
    """The keys that the game makes of what a terminal sends."""
    parser = XTermParser()
    events = [*parser.feed(typed), *parser.feed("")] if typed != "\x1b" else [Key("escape", None)]
    return [event.key for event in events if isinstance(event, Key)]


def test_what_needs_a_terminal_is_not_offered(served: Served, browser: webdriver.Chrome) -> None:
    with opened(browser, served.address) as page:
        into_code(page)
        page.press("ctrl+p")
        page.until_seen("Search")
        page.type("code:")
        page.until_seen("What differs from the level's start")
        assert "in your own editor" not in page.seen


def test_nothing_is_fetched_from_elsewhere(served: Served, browser: webdriver.Chrome) -> None:
    browser.get_log("browser")  # type: ignore[no-untyped-call] # what games before it had to say
    with opened(browser, served.address) as page:
        entries = "performance.getEntriesByType('resource').map(entry => entry.name)"
        fetched = page.run(f"return {entries}")
        assert page.run("return document.fonts.check(\"16px 'Roboto Mono'\")")
        log = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert any(name.endswith("textual.js") for name in fetched)
    assert [name for name in fetched if not name.startswith(served.address)] == []
    assert [entry for entry in log if entry["level"] == "SEVERE"] == []


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another page, which the player has open too."""

    class Blank(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


CONNECT = """
const [address, done] = arguments;
const socket = new WebSocket(address);
socket.onopen = () => done("open");
socket.onerror = () => done("refused");
"""


def test_another_page_cannot_play_even_when_it_knows_the_address(
    served: Served, browser: webdriver.Chrome, elsewhere: str
) -> None:
    browser.get(elsewhere)
    assert browser.execute_async_script(CONNECT, served.socket) == "refused"
    browser.get(served.address.replace("127.0.0.1", REBOUND))
    assert "under a name of this machine only" in browser.page_source
    rebound = served.socket.replace("127.0.0.1", REBOUND)
    assert browser.execute_async_script(CONNECT, rebound) == "refused"
    assert served.games() == []
    browser.get(served.address)
    assert browser.execute_async_script(CONNECT, served.socket) == "open"
    until(lambda: len(served.games()) > 0)
    browser.get("about:blank")
    until(lambda: served.games() == [])
