"""What a claim of the answer key is, once it can be measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NamedTuple, TypeVar

from engine.lab.audit.workbench import Bench

Setting = TypeVar("Setting")


class Sign(Enum):
    """What one seed shows of a claim, in one setting."""

    SEEN = "seen"
    OPPOSITE = "the opposite"
    NEITHER = "neither"

    @classmethod
    def of(cls, seen: bool, opposite: bool = False) -> Sign:
        """The sign of two conditions that exclude each other."""
        return cls.SEEN if seen else cls.OPPOSITE if opposite else cls.NEITHER


@dataclass(frozen=True)
class Within:
    """How far a figure may lie from the document's on another machine.

    Untrained models differ by rounding alone. Training multiplies rounding: a figure of a trained
    model has the spread that a nudge of its first weights by one rounding brings, and some more.
    """

    absolute: float = 0.0
    """In the figure's own unit."""
    share: float = 0.0
    """Of the figure itself."""

    def around(self, value: float) -> float:
        """The spread at ``value``."""
        return self.absolute + self.share * abs(value)


ROUNDING = Within(absolute=2e-4, share=0.01)
"""For what untrained parts compute: rounding, with much to spare."""
LOSS = Within(absolute=0.06)
"""For losses after training, in nats."""


class Pair(NamedTuple):
    """One quantity of correct and of buggy code, on one seed."""

    what: str
    clean: float
    buggy: float
    within: Within


class Reading(NamedTuple):
    """What one seed shows in one setting."""

    sign: Sign
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Claim:
    """One sentence of the key, with the measurement and the rule that put it to the test."""

    level: int
    """The bug's number; 0 for what the key says of itself."""
    place: str
    """Where the key says it: ``note 2``, ``explanation``, ``severity``, ``title``."""
    says: str
    """The key's words, shortened."""
    note: int | None
    """Which of the bug's three notes on detection this is, from 1."""
    asks: str
    """What is measured, in one sentence."""
    seen: str
    """When a seed counts for the claim: the words for what ``cases`` compute."""
    opposite: str
    """When it counts for the opposite; empty where there is none."""
    when: str
    """What goes before the settings' names in "holds only when …"."""
    trains: bool
    """True where models are trained: seconds per seed."""
    cases: Mapping[str, Callable[[Bench, int], Reading]]
    """By name of the setting, what a seed shows."""


def claim(
    level: int,
    place: str,
    says: str,
    *,
    asks: str,
    seen: str,
    settings: Mapping[str, Setting],
    opposite: str = "",
    when: str = "",
    trains: bool = False,
) -> Callable[[Callable[[Bench, int, Setting], Reading]], Claim]:
    """Make a claim of the function that measures it: (bench, seed, setting) -> reading."""

    def made(measure: Callable[[Bench, int, Setting], Reading]) -> Claim:
        cases = {name: partial(_case, measure, setting) for name, setting in settings.items()}
        head, _, number = place.partition(" ")
        note = int(number.partition(",")[0]) if head == "note" else None
        return Claim(level, place, says, note, asks, seen, opposite, when, trains, cases)

    return made


def _case(
    measure: Callable[[Bench, int, Setting], Reading], setting: Setting, bench: Bench, seed: int
) -> Reading:
    return measure(bench, seed, setting)
