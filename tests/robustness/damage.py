"""Damage as disks and accidents do it: a byte changed, removed or put in, or the end missing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hypothesis import strategies as st

FAR = 1 << 24
"""Further than any file here is long; a multiple of it lands everywhere in each of them."""


class Kind(Enum):
    """What the accident does to its place."""

    CHANGED = "a byte changed"
    PUT_IN = "a byte put in"
    REMOVED = "a byte removed"
    CUT = "all from here on missing"


@dataclass(frozen=True)
class Damage:
    """One accident, the same for whatever it happens to."""

    kind: Kind
    at: int
    value: int

    def to(self, content: bytes) -> bytes:
        """``content`` after it, which may by chance have changed nothing that matters."""
        at = self.at * len(content) // FAR
        before, here, after = content[:at], content[at : at + 1], content[at + 1 :]
        value = bytes([self.value])
        match self.kind:
            case Kind.CHANGED:
                return before + value + after
            case Kind.PUT_IN:
                return before + value + here + after
            case Kind.REMOVED:
                return before + after
            case Kind.CUT:
                return before


damages = st.builds(Damage, st.sampled_from(Kind), st.integers(0, FAR - 1), st.integers(0, 255))
