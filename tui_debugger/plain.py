"""Making strange text fit to be shown, and numbers readable. Knows nothing of any screen."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from engine.evidence import Number, within
from engine.scoring import Progress

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def plain(text: str) -> str:
    """``text`` without what a terminal would obey: colours and cursor moves go, other controls
    become ``�``. Tabs and newlines stay; a lone carriage return starts a new line."""
    text = _ESCAPE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("�", text)


def one_line(text: str) -> str:
    """``text`` as one line, fit to be shown."""
    return " ".join(plain(text).split())


def has_words(text: str, words: str) -> bool:
    """Whether every word of ``words`` stands in ``text``, whatever the case."""
    text = text.lower()
    return all(word in text for word in words.lower().split())


def near_home(path: Path) -> str:
    """``path`` with the home folder as ``~``."""
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)


def count(number: int, one: str, many: str | None = None) -> str:
    """``3 probes``, ``1 probe``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def points(number: int) -> str:
    """``1 point``, ``120 points``."""
    return count(number, "point")


def claimed(standing: Progress) -> str:
    """What became of the claim, if one was made: ``+20``, ``wrong``, or ``made`` until it shows."""
    if standing.claim is None:
        return ""
    return {None: "made", True: f"+{standing.bonus}", False: "wrong"}[standing.claim_right]


def duration(span: timedelta | float) -> str:
    """A span, or seconds, in the units that matter: ``42 s``, ``1 h 05 min``, ``3 d 2 h``."""
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if not minutes:
        return f"{seconds} s"
    if not hours:
        return f"{minutes} min"
    if not days:
        return f"{hours} h {minutes % 60:02} min"
    return f"{days} d {hours % 24} h"


def figure(value: Number | None, beside: Number | None = None) -> str:
    """A number in four digits, or in as many more as it takes to tell it from ``beside``."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    for digits in range(4, 18):
        shown = f"{value + 0.0:.{digits}g}"  # which has no -0
        if beside is None or isinstance(beside, str) or value == beside:
            break
        if shown != f"{beside:.{digits}g}":
            break
    return shown


def tolerance(value: float | None) -> str:
    """``± 1e-06``, as in the sentences of the probes; empty where there is none."""
    return "" if value is None else within(value)
