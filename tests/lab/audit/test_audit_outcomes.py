"""What becomes of a claim follows from what its seeds show, by one rule."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lab.audit.claim import Pair, Reading, Sign, Within
from engine.lab.audit.figures import read, slack, written
from engine.lab.audit.findings import Range
from engine.lab.audit.outcome import Kind, conclude

SEEN, OPPOSITE, NEITHER = Sign.SEEN, Sign.OPPOSITE, Sign.NEITHER
SIGNS = st.lists(st.sampled_from(Sign), min_size=5, max_size=5)


class Case(NamedTuple):
    """Signs by setting, and what they amount to."""

    settings: dict[str, list[Sign]]
    outcome: str


@pytest.mark.parametrize(
    "case",
    [
        Case({"a": [SEEN, SEEN], "b": [SEEN, SEEN]}, "holds"),
        Case({"a": [SEEN, SEEN], "b": [SEEN, NEITHER]}, "holds only when it is a"),
        Case({"a": [SEEN], "b": [OPPOSITE]}, "holds only when it is a"),
        Case({"a": [SEEN], "b": [SEEN], "c": [NEITHER]}, "holds only when it is a or b"),
        Case({"a, x": [SEEN], "a, y": [SEEN], "b": [NEITHER]}, "holds only when it is a"),
        Case({"a, x": [SEEN], "a, y": [NEITHER]}, "holds only when it is a x"),
        Case({"a": [OPPOSITE, OPPOSITE], "b": [NEITHER, NEITHER]}, "the reverse is seen"),
        Case({"a": [OPPOSITE, NEITHER], "b": [NEITHER, SEEN]}, "is not seen"),
    ],
    ids=lambda case: case.outcome,
)
def test_the_outcome_is_computed_from_the_signs(case: Case) -> None:
    assert str(conclude("it is", case.settings)) == case.outcome


@given(st.dictionaries(st.sampled_from("abcdef"), SIGNS, min_size=1))
def test_one_seed_that_does_not_show_it_is_enough_against_holds(
    settings: dict[str, list[Sign]],
) -> None:
    all_seen = all(sign is SEEN for signs in settings.values() for sign in signs)
    assert (conclude("", settings).kind is Kind.HOLDS) is all_seen


@given(
    st.floats(-1e12, 1e12),
    st.floats(-1e12, 1e12),
    st.sampled_from([Within(absolute=0.06), Within(share=0.05), Within(2e-4, 0.01)]),
)
def test_a_figure_as_written_lies_within_its_spread(a: float, b: float, within: Within) -> None:
    figure = Range(min(a, b), max(a, b))
    again = read(written(figure, within))
    assert abs(again.low - figure.low) <= slack(again.low, within)
    assert abs(again.high - figure.high) <= slack(again.high, within)


def test_a_reading_keeps_correct_and_buggy_apart() -> None:
    reading = Reading(Sign.of(seen=False, opposite=True), (Pair("loss", 1.0, 2.0, Within()),))
    assert reading.sign is OPPOSITE
    assert (reading.pairs[0].clean, reading.pairs[0].buggy) == (1.0, 2.0)
