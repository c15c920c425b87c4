"""Where a number stands between two others, however large they are."""

from __future__ import annotations


def fraction(value: float, low: float, high: float) -> float:
    """From 0 at ``low`` to 1 at ``high``; a half where those are the same.

    Halves are subtracted, so that a difference beyond the largest float is none.
    """
    extent = high / 2 - low / 2
    return min(1.0, max(0.0, (value / 2 - low / 2) / extent)) if extent else 0.5


def between(low: float, high: float, share: float) -> float:
    """``fraction`` the other way round."""
    return low * (1 - share) + high * share
