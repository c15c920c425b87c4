"""Asking the terminal for the colour of its ground, at no cost to what is typed meanwhile.

The question is OSC 11. Behind it goes another that about every terminal answers, DA1: once that
answer is here, none to the first will follow. Between asking and hearing the interface is loaded,
so that the answer is mostly there before anybody waits for it.
"""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

termios: ModuleType | None
try:
    import termios
except ImportError:  # Windows
    termios = None

PATIENCE = 0.5
"""Seconds after which a terminal does not answer; most of them pass while the interface loads."""
MUTE = ("", "dumb", "unknown", "linux")
"""What TERM is where there is nobody to ask."""
QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
_GROUND = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})"
    rb"(?:/[0-9a-fA-F]{1,4})?(?:\x07|\x1b\\)"
)
_LAST = re.compile(rb"\x1b\[\?[0-9;]*c")


class Question:
    """What was asked, and what has come back."""

    def __init__(self, read: int | None = None, write: int | None = None) -> None:
        """Over these descriptors of a terminal; without them there is nobody to ask."""
        self.read = read
        self.heard = b""
        self.asked = time.monotonic()
        if read is not None and write is not None:
            os.write(write, QUESTION)

    def wait(self, patience: float = PATIENCE) -> None:
        """Hear the terminal until it has answered, or ``patience`` seconds after it was asked."""
        if self.read is None:
            return
        while not _LAST.search(self.heard):
            left = max(0.0, self.asked + patience - time.monotonic())
            if not select.select([self.read], [], [], left)[0]:
                return
            more = os.read(self.read, 4096)
            if not more:
                return
            self.heard += more

    @property
    def owing(self) -> bool:
        """Whether an answer may still come."""
        return self.read is not None and not _LAST.search(self.heard)

    @property
    def dark(self) -> bool | None:
        """Whether the ground is dark; None when the terminal did not say."""
        found = _GROUND.search(self.heard)
        if found is None:
            return None
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
        return bool(0.299 * red + 0.587 * green + 0.114 * blue < 0.5)

    @property
    def typed(self) -> bytes:
        """Everything heard that was no answer."""
        rest = _LAST.sub(b"", _GROUND.sub(b"", self.heard))
        # `enter` was a newline before the terminal was asked, as it is to any program of lines.
        return rest.replace(b"\n", b"\r")


@contextmanager
def asked(environ: Mapping[str, str] = os.environ) -> Iterator[Question]:
    """A question that is on its way. What is typed is not echoed until it is done."""
    if termios is None or environ.get("TERM", "") in MUTE:
        yield Question()
        return
    try:
        assert sys.__stdin__ is not None
        assert sys.__stdout__ is not None
        read, write = sys.__stdin__.fileno(), sys.__stdout__.fileno()
        before = termios.tcgetattr(read)
        if not os.isatty(write) or os.tcgetpgrp(read) != os.getpgrp():
            raise OSError
    except (AssertionError, OSError, ValueError, termios.error):
        yield Question()
        return
    quiet = [*before]
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    quiet[0] &= ~termios.ICRNL
    # Not TCSAFLUSH, which would drop what was typed before.
    termios.tcsetattr(read, termios.TCSANOW, quiet)
    try:
        yield Question(read, write)
    finally:
        termios.tcsetattr(read, termios.TCSANOW, before)
