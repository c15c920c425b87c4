"""How much memory the interface takes: the real game in a terminal, on a level it has probed."""

from __future__ import annotations

import os
import sys
import tempfile

import pexpect

from tests.bench.memory import Memory, memory_of

WANTED = 90e6
"""Bytes of RSS for the interface, at most."""


def interface() -> Memory:
    """The interface's memory after all probes have run. It takes Linux."""
    with tempfile.TemporaryDirectory() as home:
        game = pexpect.spawn(
            sys.executable,
            ["-m", "tui_debugger"],
            env={**os.environ, "TUI_DEBUGGER_HOME": home, "TERM": "xterm-256color"},
            dimensions=(45, 160),
            timeout=180,
            encoding="utf-8",
        )
        try:
            game.expect_exact("lab ready")
            game.send("\r")  # opens the first level
            game.expect_exact("f5")
            game.send("\x1b[15~")  # f5: all probes
            game.expect(r"probes? fires?|\d+ fire")
            game.expect(pexpect.TIMEOUT, timeout=1)  # until the last of it is on the screen
            assert game.pid is not None
            return memory_of(game.pid)
        finally:
            game.close(force=True)
