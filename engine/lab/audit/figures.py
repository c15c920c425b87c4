"""Figures as the document writes them: rounded to what is stable, and readable again."""

from __future__ import annotations

import math

from engine.lab.audit.claim import Within
from engine.lab.audit.findings import Range

_SMALL, _LARGE = 1e-3, 1e5
"""Outside of these, figures that have a relative spread are written as powers of ten."""


def written(figure: Range, within: Within) -> str:
    """``0.11 to 0.12``, or ``0.11`` where that is the same."""
    low, high = (_rounded(value, within) for value in figure)
    return low if low == high else f"{low} to {high}"


def read(text: str) -> Range:
    """The figure that ``written`` wrote. Raises ValueError when it cannot have."""
    low, _, high = text.partition(" to ")
    return Range(float(low), float(high or low))


def spread(within: Within) -> str:
    """How far a figure may be off, as the document says it."""
    parts = [f"{within.absolute:g}"] if within.absolute else []
    parts += [f"{100 * within.share:g} %"] if within.share else []
    return " + ".join(parts) or "0"


def slack(value: float, within: Within) -> float:
    """How far another measurement may be from ``value``, rounded as it is written."""
    if not math.isfinite(value):
        return 0.0
    return within.around(value) + 0.5 * 10.0 ** -_decimals(value, within)


def _rounded(value: float, within: Within) -> str:
    if not math.isfinite(value):
        return str(value)
    if within.share and value and not _SMALL <= abs(value) < _LARGE and not within.absolute:
        return f"{value:.1e}"
    decimals = _decimals(value, within)
    rounded = round(value, decimals) + 0.0  # no minus before a zero
    return f"{rounded:.{max(decimals, 0)}f}"


def _decimals(value: float, within: Within) -> int:
    """Places after the point: the first that the spread leaves uncertain."""
    around = within.around(value) if math.isfinite(value) else 0.0
    return -math.floor(math.log10(around)) if around else 0
