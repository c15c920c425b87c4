"""Measuring every claim, and what is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from engine.lab.audit.claim import Claim, Reading, Within
from engine.lab.audit.claims import (
    decay,
    epsilon,
    queries,
    reflection,
    residual,
    scale,
    sign,
    title,
    values,
)
from engine.lab.audit.outcome import Outcome, conclude, shown
from engine.lab.audit.workbench import Bench

CLAIMS: tuple[Claim, ...] = tuple(
    claim
    for module in (title, scale, queries, values, epsilon, reflection, residual, sign, decay)
    for claim in module.CLAIMS
)
"""In the order of the key; within a bug its notes first, as far as they stand in its module."""

SEEDS = (0, 1, 2, 3, 4)


def numbered() -> Iterator[tuple[str, Claim]]:
    """Every claim with its number: ``4.2`` is the second of bug 4."""
    level, numbers = -1, count(1)
    for claim in CLAIMS:
        if claim.level != level:
            level, numbers = claim.level, count(1)
        yield f"{level}.{next(numbers)}", claim


class Range(NamedTuple):
    """The least and the largest of a figure over the seeds."""

    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Range:
        """That of at least one figure."""
        return cls(min(figures), max(figures))


@dataclass(frozen=True)
class Row:
    """One quantity in one setting."""

    setting: str
    what: str
    clean: Range
    buggy: Range
    within: Within
    shows: str
    """``seen``, ``the opposite``, ``neither``, or ``mixed`` where seeds disagree."""


@dataclass(frozen=True)
class Finding:
    """What became of one claim."""

    number: str
    claim: Claim
    outcome: Outcome
    rows: tuple[Row, ...]
    seeds: int


def measure(number: str, claim: Claim, bench: Bench, seeds: Sequence[int] = SEEDS) -> Finding:
    """Put one claim to the test."""
    readings = {name: [case(bench, seed) for seed in seeds] for name, case in claim.cases.items()}
    signs = {name: [reading.sign for reading in found] for name, found in readings.items()}
    rows = [row for name, found in readings.items() for row in _rows(name, found)]
    return Finding(number, claim, conclude(claim.when, signs), tuple(rows), len(seeds))


def measure_all(bench: Bench, tell: Callable[[str], None] = lambda line: None) -> list[Finding]:
    """Put every claim to the test; ``tell`` hears of each before it is measured."""
    findings = []
    for done, (number, claim) in enumerate(numbered(), 1):
        tell(f"{done:>2} of {len(CLAIMS)}  {number}  {claim.says}")
        findings.append(measure(number, claim, bench))
    return findings


def _rows(setting: str, readings: Sequence[Reading]) -> Iterator[Row]:
    shows = shown([reading.sign for reading in readings])
    for pairs in zip(*(reading.pairs for reading in readings), strict=True):
        clean = Range.of([pair.clean for pair in pairs])
        buggy = Range.of([pair.buggy for pair in pairs])
        # Where seeds differ in how far a figure can be trusted, the widest spread counts.
        within = max((pair.within for pair in pairs), key=lambda w: w.around(buggy.high))
        yield Row(setting, pairs[0].what, clean, buggy, within, shows)
