"""Signs that need more than the terminal can show, each with a stand-in in ASCII.

The only place where that is decided. The interface puts every cell through ``Glyphs``; what is
written to a stream goes through the error handler ``SIGNS``.
"""

from __future__ import annotations

import codecs
import unicodedata
from functools import lru_cache

SIGNS = "signs"
"""The name of the error handler: ``open(..., errors=SIGNS)``, once ``register`` was called."""
ASCII = "ascii_with_signs"
"""ASCII by a name of its own: click takes a stream in ASCII for one that is set up wrongly, and
writes UTF-8 to it."""

_GROUPS = {
    # How something came out, and what is selected.
    "✓✔": "v", "✗✘✕×": "x", "●◉": "*", "○◯": "o", "◐": "%", "◌": ".", "▪■": "*", "□": "o",
    "◆": "#", "▲△": "^", "▼▽": "v", "▶▸►❯›»": ">", "◀◂◄‹«": "<",
    # Text and arithmetic.
    "·•∙⋅": ".", "–—−‐‑": "-", "…": ".", "‘’‚": "'", "“”„": '"', "→⟶⇒": ">", "←⟵⇐": "<", "↑": "^",
    "↓": "v", "⏎↵": "<", "⇥↹": ">", "⌫⌦": "<", "␣": "_", "≤": "<", "≥": ">", "≠": "#",
    "≈∼": "~", "±": "+", "√": "V", "∞": "8", "∑Σ": "S", "∏Π": "P", "∂δ": "d", "∇": "V", "°": "o",
    "÷": "/", "αΑ": "a", "βΒ": "b", "γΓ": "g", "Δ": "D", "ε": "e", "η": "n", "θΘ": "0", "λΛ": "l",
    "μµ": "u", "π": "p", "ρ": "r", "σ": "s", "τ": "t", "φΦ": "f", "ψ": "y", "ω": "w", "�": "?",
    # Lines and corners.
    "━═┅╸╺": "=",
    "─╌┄╴╶▁▔▂▃▀▄⎯‾": "-", "│┃╎┆┇╵╷╹╻▎▏▍▌▋▊▉▐▕║": "|",
    "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬▖▗▘▝▚▞▛▜▙▟": "+",
    # Shades.
    "░": ".", "▒": ":", "▓": "*", "█▇▆▅": "#",
}  # fmt: skip
STAND_INS = {sign: ascii for signs, ascii in _GROUPS.items() for sign in signs}
"""One cell for one cell, so that nothing moves."""


class Glyphs:
    """Text as a terminal with the glyphs of ``encoding`` shows it."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.character = lru_cache(4096)(self._character)

    def __contains__(self, text: str) -> bool:
        """Whether it can be shown as it is."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def text(self, text: str) -> str:
        """``text`` in as many cells as before."""
        return text if text in self else "".join(map(self.character, text))

    def _character(self, character: str) -> str:
        return character if character in self else stand_in(character)


@lru_cache(4096)
def stand_in(character: str) -> str:
    """What is shown for ``character`` where only ASCII can be, as wide as it is."""
    if character in STAND_INS:
        return STAND_INS[character]
    if "⠀" <= character <= "⣿":
        return _braille(ord(character) - 0x2800)
    width = _width(character)
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return plain if len(plain) == width else "?" * width


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _braille(dots: int) -> str:
    """A cell of a curve, by how high its dots stand."""
    top, middle, bottom = dots & 0x09, dots & 0x36, dots & 0xC0
    match bool(top), bool(middle), bool(bottom):
        case False, False, False:
            return " "
        case True, False, False:
            return "'"
        case False, False, True:
            return "_"
        case False, True, False:
            return "-"
        case True, True, False:
            return "`"
        case False, True, True:
            return "."
        case _:
            return "|"


def register() -> None:
    """Let streams be opened with ``errors=SIGNS``, and in ``ASCII``."""
    codecs.register_error(SIGNS, _handle)
    codecs.register(_find)


def _find(name: str) -> codecs.CodecInfo | None:
    if name != ASCII:
        return None
    ascii = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii.encode,
        ascii.decode,
        incrementalencoder=ascii.incrementalencoder,
        incrementaldecoder=ascii.incrementaldecoder,
        name=ASCII,
    )


def _handle(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unseen = error.object[error.start : error.end]
    return "".join(map(stand_in, unseen)), error.end
