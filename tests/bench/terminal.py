"""A program on a terminal of its own, timed from outside: when it is seen to have written what."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect

SIZE = (45, 140)
LETTERS = [
    chr(code) for a, b in ((0x3B1, 0x3C9), (0x410, 0x450), (0x100, 0x180)) for code in range(a, b)
]
"""None of these is on the screen before it is typed: whoever sees one sees the key."""
ASKED = "\x1b]11;?\x1b\\\x1b[c"
ANSWER = "\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;22c"
"""The colour of its ground, and what it is: about every terminal tells at once."""
PACE = 0.05, 0.12
"""Seconds between two keys of somebody who types fast, the least and the most."""


class Terminal:
    """Runs ``command``; use it in a ``with`` statement."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.began = time.perf_counter()
        self._child = pexpect.spawn(
            command[0],
            list(command[1:]),
            env={
                **as_a_player(),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                **environment,
            },
            dimensions=SIZE,
            timeout=180,
            maxread=1 << 16,
            encoding="utf-8",
        )
        self._child.delaybeforesend = None
        self._child.delayafterread = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._child.close(force=True)

    def seen(self, *texts: str) -> float:
        """Wait until all ``texts`` were written since the last look, in any order; when it was."""
        wanted = list(texts)
        while wanted:
            found = self._child.expect_exact([*wanted, ASKED])
            if found < len(wanted):
                del wanted[found]
            else:
                self._child.send(ANSWER)
        return time.perf_counter()

    def drain(self, seconds: float) -> None:
        """Let it write for so long."""
        self._child.expect(pexpect.TIMEOUT, timeout=seconds)

    def send(self, keys: str) -> float:
        """Press keys; when it was."""
        now = time.perf_counter()
        self._child.send(keys)
        return now

    def ended(self) -> None:
        """Wait until it has ended by itself."""
        self._child.expect(pexpect.EOF)

    def work(self) -> float:
        """Seconds of processor time that it has used so far. It takes Linux."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def as_a_player() -> dict[str, str]:
    """The environment without what has Python compile the game anew at each start."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def typed(terminal: Terminal, count: int, seed: int = 0) -> list[float]:
    """Type so many letters at the pace of a fast typist; seconds from each key to the screen."""
    pace = random.Random(seed)
    taken = []
    for number, letter in enumerate(LETTERS[:count]):
        if number % 12 == 11:
            terminal.send("\r")
            terminal.drain(0.2)
        pressed = terminal.send(letter)
        taken.append(terminal.seen(letter) - pressed)
        terminal.drain(pace.uniform(*PACE))
    return taken
