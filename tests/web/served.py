"""The game as `tui-debugger serve` serves it, on a home of its own and any free port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from engine.home import Home

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds that a fact has to come true in, on a machine that does other things too."""


class Served:
    """The running server."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.home = Home(folder, folder, folder / "logs")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui_debugger", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TUI_DEBUGGER_HOME": str(folder)},
            preexec_fn=hears_interrupts,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address, self.process.communicate()[1]

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate()

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port is not None
        return port

    @property
    def socket(self) -> str:
        """Where a page plays."""
        return f"{self.address.replace('http', 'ws', 1)}ws"

    def games(self) -> list[int]:
        """The process ids of its games."""
        return list(children(self.process.pid))

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Ask it to end: its exit code, and what it had said beside the address."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE), self.process.communicate()[1]


def hears_interrupts() -> None:
    """As a program that is started from a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def children(process: int) -> Iterator[int]:
    """The process ids of a process's children."""
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended meanwhile
            yield from map(int, (task / "children").read_text().split())


def alive(process: int) -> bool:
    """Whether it still runs; one that merely waits to be reaped does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for a fact about other processes."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.05)
