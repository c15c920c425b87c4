"""What becomes of a claim: one of four outcomes, computed from what the seeds show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.lab.audit.claim import Sign


class Kind(StrEnum):
    """The four outcomes."""

    HOLDS = "holds"
    ONLY_WHEN = "holds only when"
    NOT_SEEN = "is not seen"
    REVERSE = "the reverse is seen"


@dataclass(frozen=True)
class Outcome:
    """One of the four, with its condition."""

    kind: Kind
    condition: str = ""
    """The settings that show the claim; empty unless the kind is ``ONLY_WHEN``."""

    @property
    def stands(self) -> bool:
        """Whether somebody who relies on the claim can see it."""
        return self.kind in (Kind.HOLDS, Kind.ONLY_WHEN)

    def __str__(self) -> str:
        return f"{self.kind} {self.condition}".strip()


MIXED = "mixed"
"""What a setting shows in which seeds disagree."""


def shown(signs: Sequence[Sign]) -> str:
    """What a setting shows: the sign of every seed, or ``mixed``."""
    return signs[0].value if len(set(signs)) == 1 else MIXED


def conclude(when: str, settings: Mapping[str, Sequence[Sign]]) -> Outcome:
    """The outcome of a claim, from the signs of all seeds in each of its settings.

    A setting shows the claim when every seed does. The claim holds when every setting shows it, and
    only when some do. When none does, its reverse is seen if any setting shows that on every seed.
    """
    shows = {name: shown(signs) for name, signs in settings.items()}
    seen = [name for name, what in shows.items() if what == Sign.SEEN.value]
    if len(seen) == len(settings):
        return Outcome(Kind.HOLDS)
    if seen:
        condition = f"{when} {_listed(_shortened(seen, list(settings)))}".strip()
        return Outcome(Kind.ONLY_WHEN, condition)
    if Sign.OPPOSITE.value in shows.values():
        return Outcome(Kind.REVERSE)
    return Outcome(Kind.NOT_SEEN)


def _shortened(seen: list[str], settings: list[str]) -> list[str]:
    """Settings are named "what, under which circumstances": the circumstances can be left out
    where every one of them shows the claim."""
    heads = dict.fromkeys(name.partition(", ")[0] for name in seen)
    if all(name in seen for name in settings if name.partition(", ")[0] in heads):
        return list(heads)
    return [name.replace(", ", " ") for name in seen]


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} or {names[-1]}"
