"""A question that isolates a bug fails when, and only when, that bug is there."""

from __future__ import annotations

import random

import pytest

from engine.catalog import Catalog
from engine.lab.exam.isolation import GUARDS, ISOLATING
from engine.level import apply_edits
from tests.lab.judge.court import Court, questions

LEVELS = dict(zip(ISOLATING, range(1, 9), strict=True))
"""Property -> the level whose bug breaks it."""

SUBSETS = 48
"""Of the 256; chosen so that each bug is there in about half of them."""


def subsets() -> list[tuple[int, ...]]:
    """None, all, each alone, all but one, and others drawn at random."""
    all_eight = range(1, 9)
    chosen = {(), tuple(all_eight)}
    chosen |= {(level,) for level in all_eight}
    chosen |= {tuple(o for o in all_eight if o != level) for level in all_eight}
    draw = random.Random(0)
    while len(chosen) < SUBSETS:
        chosen.add(tuple(level for level in all_eight if draw.random() < 0.5))
    return sorted(chosen)


@pytest.mark.parametrize("present", subsets(), ids=lambda present: "+".join(map(str, present)))
def test_isolating_questions_see_their_own_bug_alone(
    court: Court, present: tuple[int, ...]
) -> None:
    catalog = Catalog()
    edits = [edit for level in present for edit in catalog.find(level).edits]
    root = court.root(apply_edits(catalog.codebase, edits))
    asked = [name for names in (*ISOLATING.values(), *GUARDS.values()) for name in names]
    expected = {n for p, names in ISOLATING.items() if LEVELS[p] in present for n in names}
    assert set(court.failures(root, seed=len(present), questions=questions(*asked))) == expected


def test_every_property_has_isolating_questions() -> None:
    assert ISOLATING.keys() == GUARDS.keys()
    assert all(ISOLATING.values())
