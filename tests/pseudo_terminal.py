"""The real game in a pseudo-terminal, and what stands on its screen."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pexpect
import pyte

ROOT = Path(__file__).parents[1]
GAME = (sys.executable, "-m", "tui_debugger")
SUITS = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
FIXED = ("COLUMNS", "LINES")
"""Would hold a terminal to one size; readline sets them in a process that loads it, for its
children."""
PATIENCE = 120.0
"""Seconds that something has to come to the screen in; torch takes its time to load."""


class Terminal:
    """The game, or what starts it, on a home of its own; killed in the end."""

    def __init__(
        self, home: Path, command: Sequence[str] = GAME, size: tuple[int, int] = (140, 40)
    ) -> None:
        columns, lines = size
        kept = {name: value for name, value in os.environ.items() if name not in FIXED}
        self.game = pexpect.spawn(
            command[0],
            list(command[1:]),
            cwd=str(ROOT),
            env={**kept, **SUITS, "TUI_DEBUGGER_HOME": str(home)},
            dimensions=(lines, columns),
            timeout=PATIENCE,
            encoding="utf-8",
        )

    def kill(self) -> None:
        """End it as nothing can be prepared for."""
        # The server goes when the pipe to it does.
        self.game.kill(signal.SIGKILL)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.game.close(force=True)


class Screen(Terminal):
    """A terminal that is looked at."""

    def __init__(
        self, home: Path, command: Sequence[str] = GAME, size: tuple[int, int] = (140, 40)
    ) -> None:
        super().__init__(home, command, size)
        self.screen = pyte.Screen(*size)
        self.stream = pyte.Stream(self.screen)

    def __enter__(self) -> Screen:
        return self

    @property
    def seen(self) -> str:
        """What stands there now, line by line."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, true: Callable[[str], bool]) -> None:
        """Wait until what is seen is as it should be."""
        end = time.monotonic() + PATIENCE
        while not true(self.seen):
            assert time.monotonic() < end, f"never came; the screen says:\n{self.seen}"
            try:
                self.stream.feed(self.game.read_nonblocking(1 << 16, timeout=0.2))
            except pexpect.TIMEOUT:
                continue

    def until_seen(self, *texts: str) -> None:
        """Wait until all of that can be read."""
        self.until(lambda seen: all(text in seen for text in texts))

    def send(self, keys: str) -> None:
        """Type, or press."""
        self.game.send(keys)

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size, as its frame is dragged."""
        self.screen.resize(lines, columns)
        self.screen.reset()
        self.game.setwinsize(lines, columns)
