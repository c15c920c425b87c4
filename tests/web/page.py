"""A player at the page: what can be read there, and the keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 60.0
"""Seconds until something can be read: an exam takes its time on a busy machine."""
NAMED = {
    "escape": Keys.ESCAPE,
    "pageup": Keys.PAGE_UP,
    "pagedown": Keys.PAGE_DOWN,
    "ctrl": Keys.CONTROL,
    "slash": "/",
    "backslash": "\\",
    "question_mark": "?",
    "underscore": "_",
    "right_square_bracket": "]",
    "space": " ",
} | {
    name: getattr(Keys, name.upper())
    for name in (
        *("alt", "shift", "enter", "tab", "up", "down", "left", "right", "home", "end"),
        *("delete", "backspace", *(f"f{number}" for number in range(1, 13))),
    )
}

_FIND_TERMINAL = """
Object.defineProperty(Object.prototype, "_core", {
  configurable: true,
  set(core) {
    Object.defineProperty(this, "_core", {value: core, writable: true});
    if (this.loadAddon) window.terminalOfGame = this;
  },
});
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
  if (window.typedKeys && message.startsWith('["stdin"')) typedKeys.push(JSON.parse(message)[1]);
  else send.call(this, message);
};
"""
"""The page keeps its terminal, xterm.js, to itself; this gets hold of it, and of what is typed."""
_READ = """
const terminal = window.terminalOfGame;
if (!terminal) return "";
const line = y => terminal.buffer.active.getLine(y).translateToString(true);
return [...Array(terminal.rows).keys()].map(line).join("\\n");
"""


class Page:
    """A tab with a game in it."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser = browser
        browser.switch_to.new_window("tab")
        self.handle = browser.current_window_handle
        script = {"source": _FIND_TERMINAL}
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
        browser.get(address)

    def bring(self) -> None:
        """To the front."""
        self.browser.switch_to.window(self.handle)

    def close(self) -> None:
        """As a player closes a tab."""
        self.bring()
        self.browser.close()
        self.browser.switch_to.window(self.browser.window_handles[0])

    def run(self, script: str) -> Any:
        """What a script makes of the page."""
        return self.browser.execute_script(script)

    @property
    def seen(self) -> str:
        """What stands in the terminal."""
        return str(self.run(_READ))

    def until_seen(self, *texts: str, without: str = "\0") -> None:
        """Wait until all of ``texts`` can be read, and ``without`` cannot."""
        try:
            WebDriverWait(self.browser, PATIENCE).until(
                lambda _: without not in (seen := self.seen) and all(text in seen for text in texts)
            )
        except TimeoutException:
            raise AssertionError(f"{texts} never came; the page says:\n{self.seen}") from None

    def until_ended(self) -> None:
        """Wait until the page says that its game is over."""
        WebDriverWait(self.browser, PATIENCE).until(
            lambda browser: browser.find_element(By.CSS_SELECTOR, ".ended").is_displayed()
        )

    def type(self, text: str) -> None:
        """Character by character."""
        ActionChains(self.browser).send_keys(text).perform()

    def press(self, *keys: str) -> None:
        """Keys as the game names them."""
        for key in keys:
            *held, last = (NAMED.get(part, part) for part in key.split("+"))
            chain = ActionChains(self.browser)
            for modifier in held:
                chain.key_down(modifier)
            chain.send_keys(last)
            for modifier in reversed(held):
                chain.key_up(modifier)
            chain.perform()

    def click(self, text: str) -> None:
        """On a text in the terminal."""
        lines = self.seen.splitlines()
        row = next(row for row, line in enumerate(lines) if text in line)
        screen = self.browser.find_element(By.CSS_SELECTOR, ".xterm-screen")
        size = self.run("return [terminalOfGame.cols, terminalOfGame.rows]")
        width, height = screen.size["width"] / size[0], screen.size["height"] / size[1]
        x = (lines[row].index(text) + 0.5) * width - screen.size["width"] / 2
        y = (row + 0.5) * height - screen.size["height"] / 2
        ActionChains(self.browser).move_to_element_with_offset(
            screen, round(x), round(y)
        ).click().perform()

    def typed(self, *keys: str) -> list[str]:
        """What the terminal makes of keys, none of which reaches the game."""
        self.run("window.typedKeys = []")
        made = []
        for key in keys:
            self.press(key)
            made.append("".join(self.run("return typedKeys.splice(0)")))
        self.run("window.typedKeys = null")
        return made


@contextmanager
def opened(browser: webdriver.Chrome, address: str) -> Iterator[Page]:
    """A tab that shows a game, closed in the end."""
    page = Page(browser, address)
    try:
        page.until_seen("lab ready")
        yield page
    finally:
        if page.handle in browser.window_handles:
            page.close()
