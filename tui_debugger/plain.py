"""Making strange text fit to be shown, and numbers readable. Knows nothing of any screen."""

from __future__ import annotations

import re

from engine.evidence import Number

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


def count(number: int, one: str, many: str | None = None) -> str:
    """``3 probes``, ``1 probe``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def points(number: int) -> str:
    """``1 point``, ``120 points``."""
    return count(number, "point")


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
    """A tolerance in two digits: ``± 1e-06``."""
    return "" if value is None else f"± {value:.2g}"
