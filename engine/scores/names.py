"""What a player may be called, when two names are one player's, and how to repeat strange words."""

from __future__ import annotations

import unicodedata

LONGEST = 64
"""Characters of a name."""

_JOINERS = "\u200c\u200d"
"""Zero-width, and needed: Persian and Hindi words and many emoji are spelt with them."""
_FORBIDDEN = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half a character",
    "Cn": "a character that Unicode does not know",
    "Co": "a character of private use",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
"""Unicode's general categories that no name is written in: among the invisible are those that turn
the direction of writing (Unicode Standard Annex 9), which would make a row read as another."""


def fault(name: str) -> str:
    """What is wrong with ``name`` for a player, as the end of a sentence; empty for nothing."""
    if not name.strip():
        return "is empty"
    if len(name) > LONGEST:
        return f"is longer than {LONGEST} characters"
    for character in name:
        kind = unicodedata.category(character)
        if kind in _FORBIDDEN and character not in _JOINERS:
            return f"holds {_FORBIDDEN[kind]} (U+{ord(character):04X})"
    if name != tidy(name):
        return "is not spelt as Unicode's NFC with single spaces"
    return ""


def tidy(name: str) -> str:
    """``name`` in one spelling: composed letters (NFC), no spaces around it, single ones within."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def key(name: str) -> str:
    """Equal for two names that look alike but for case, width and joiners: one player's."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return tidy("".join(c for c in folded if unicodedata.category(c) != "Cf"))


def shown(value: object, room: int = 60) -> str:
    """A stranger's value on one line, cut short, with nothing in it that a terminal obeys."""
    text = value if isinstance(value, str) else repr(value)
    plain = text if text.isascii() and text.isprintable() else ascii(text)[1:-1]
    return plain if len(plain) <= room else f"{plain[:room]}…"
