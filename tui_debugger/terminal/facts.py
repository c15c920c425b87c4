"""What the environment says of the terminal: encoding, colours, and how dark it is."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

GLYPHS = {"linux": "cp437"}
"""Terminals whose font has less than their encoding, and an encoding of about what it has."""
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets ``LC_CTYPE`` to where the locale is C (PEP 538)."""


class Colours(StrEnum):
    """How many colours there are, in Textual's words (``TEXTUAL_COLOR_SYSTEM``)."""

    ALL = "truecolor"
    MANY = "256"
    FEW = "standard"
    NONE = "none"
    """Ours: Textual would leave out bold and reverse with the colours."""


@dataclass(frozen=True)
class Terminal:
    """What the interface goes by."""

    dark: bool = True
    """Of its ground."""
    colours: Colours = Colours.ALL
    glyphs: str = "utf-8"
    """An encoding of what it can show."""
    typed: bytes = b""
    """What was typed while it was asked."""
    owing: bool = False
    """Whether it may still answer, as if that were typed."""


def known(
    own: str,
    colours: Colours,
    dark: bool | None = None,
    typed: bytes = b"",
    *,
    owing: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Terminal:
    """All there is to know. ``own`` is the encoding that Python would write, ``dark`` what the
    terminal itself said; without that, COLORFGBG counts, and then most terminals are dark."""
    if dark is None:
        dark = dark_by_colorfgbg(environ)
    shown = glyphs(encoding(own, environ), environ)
    return Terminal(dark is not False, colours, shown, typed, owing)


def encoding(own: str, environ: Mapping[str, str] = os.environ) -> str:
    """The encoding a terminal is to be written to in; ``own`` is what Python would write.

    Python writes UTF-8 in the C locale, whatever the terminal shows. Here the locale counts,
    unless none is set, as in a container, or the person has told Python otherwise.
    """
    if environ.get("PYTHONIOENCODING") or environ.get("PYTHONUTF8") == "1":
        return own
    ctype = environ.get("LC_CTYPE", "")
    if sys.flags.utf8_mode and ctype in _COERCED:
        ctype = ""
    locale = environ.get("LC_ALL") or ctype or environ.get("LANG") or ""
    name, _, codeset = locale.partition("@")[0].partition(".")
    if not name:
        return own
    if name in ("C", "POSIX") and not codeset:
        return "ascii"
    with contextlib.suppress(LookupError):
        return codecs.lookup(codeset or name).name
    # A locale that names no encoding, which Python knows by its own table unless it has none.
    return "ascii" if sys.flags.utf8_mode or codeset else own


def glyphs(written: str, environ: Mapping[str, str] = os.environ) -> str:
    """An encoding of what can be shown of what is ``written``."""
    if written != "utf-8":
        return written
    return GLYPHS.get(environ.get("TERM", ""), written)


def no_color(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the person wants no colours (https://no-color.org): set, and not to nothing."""
    return bool(environ.get("NO_COLOR"))


def colours(environ: Mapping[str, str] = os.environ) -> Colours:
    """How many colours to use."""
    term = environ.get("TERM", "")
    if no_color(environ) or term in ("", "dumb", "unknown"):
        return Colours.NONE
    with contextlib.suppress(ValueError):
        return Colours(environ.get("TEXTUAL_COLOR_SYSTEM", "").lower())
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return Colours.ALL
    if term.endswith("-direct"):
        return Colours.ALL
    if term.endswith(("-256color", "-kitty")):
        return Colours.MANY
    number = _listed(term)
    if number is None:
        return Colours.FEW
    return Colours.MANY if number >= 256 else Colours.FEW if number >= 8 else Colours.NONE


def is_remote(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether what is drawn has a way to go."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def dark_by_colorfgbg(environ: Mapping[str, str] = os.environ) -> bool | None:
    """Whether the ground is dark, as rxvt and others say in COLORFGBG: ``15;0``, ``0;default;15``;
    None where they do not."""
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return int(ground) in (*range(7), 8) if ground.isdecimal() else None


def _listed(term: str) -> int | None:
    """The number of colours in the system's list of terminals; None where that has none of it.

    Of the first terminal that is asked for: Python looks only once.
    """
    try:
        import curses
    except ImportError:  # Windows
        return None
    try:
        curses.setupterm(term, 1)
    except curses.error:
        return None
    return curses.tigetnum("colors")
