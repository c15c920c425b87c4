"""How a game speaks to the page that shows it; a game whose page is gone ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from textual.app import App
from textual.drivers.web_driver import WebDriver
from textual.geometry import Size
from textual.messages import ExitApp


class PageDriver(WebDriver):
    """Textual's own, which would wait for ever where the server was killed."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: Size | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._write = partial(_write, self._write)

    def run_input_thread(self) -> None:
        """Pass input on until there is no more."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(ExitApp())


def _write(write: Callable[[bytes], int], data: bytes) -> int:
    """Nobody listens any more while a game that has lost its page puts everything away."""
    with suppress(BrokenPipeError):
        return write(data)
    return 0
