"""What was typed before the interface was there, and what only looks as if it was."""

from __future__ import annotations

import re
import time
from functools import reduce

from textual import events

# Textual has no public way from bytes to keys; its drivers use this one.
from textual._xterm_parser import XTermParser
from textual.message import Message


def keys(typed: bytes) -> list[Message]:
    """The keys, and whatever else a terminal sends, as Textual would have read them."""
    if not typed:
        return []
    parser = XTermParser()
    found = list(parser.feed(typed.decode("utf-8", "replace")))
    return [*found, *parser.feed("")]


def _begun(*parts: str) -> str:
    """A pattern of what may come so far of ``parts``, the first of them at least."""
    return reduce(lambda rest, part: f"{part}(?:{rest})?", reversed(parts))


class LateAnswer:
    """Catches the answer of a slow terminal, which Textual takes for keys that were typed.

    Holds back what may be the beginning of one until it is, or is not.
    """

    UNTIL = 10.0
    """Seconds after which no answer is waited for any more."""
    BREATH = 0.2
    """Seconds after which a key that nothing follows was a key."""
    _SO_FAR = re.compile(
        r"\^?(?:"
        + _begun(r"\]", *"11;rgb", "a?", ":", r"[0-9a-fA-F/]*", r"\^?", r"[\x07\\]")
        + "|"
        + _begun(r"\[", r"\?", "[0-9;]*", "c")
        + ")?"
    )
    _WHOLE = re.compile(r"\^?(?:\]11;rgba?:[0-9a-fA-F/]+(?:\x07|\^?\\)|(?P<last>\[\?[0-9;]*c))")

    def __init__(self) -> None:
        self.waiting = True
        """Whether there is an answer to come."""
        self._since = time.monotonic()
        self._held: list[events.Key] = []

    def hear(self, key: events.Key) -> list[events.Key]:
        """The keys that are to be handled now."""
        self._held.append(key)
        text = "".join(held.character or "\0" for held in self._held)
        if whole := self._WHOLE.fullmatch(text):
            self._held.clear()
            self.waiting = not whole["last"]
            return []
        return [] if self._SO_FAR.fullmatch(text) else self.let_go()

    def let_go(self) -> list[events.Key]:
        """What was held back and turned out to be typed."""
        held, self._held = self._held, []
        self.waiting = self.waiting and time.monotonic() - self._since < self.UNTIL
        return held
