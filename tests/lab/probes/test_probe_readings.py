"""The one comparison that nearly all probes make."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evidence import Status
from engine.lab.probes.context import SIZES, Context, Size
from engine.lab.probes.figures import curves, heatmap, table
from engine.lab.probes.reading import Gap, compare, reading, rounding, worst
from tui_debugger.plain import tolerance

NUMBERS = st.floats(-1e6, 1e6) | st.just(math.nan) | st.just(math.inf) | st.just(-math.inf)
ROWS = st.lists(st.tuples(NUMBERS, st.floats(-1e6, 1e6), st.floats(0, 1e3)), min_size=1)


@settings(deadline=None)
@given(ROWS)
def test_a_comparison_exceeds_when_any_element_does(
    rows: list[tuple[float, float, float]],
) -> None:
    observed, expected, tolerance = (list(column) for column in zip(*rows, strict=True))
    gap = compare("x", observed, expected, tolerance)
    assert gap.exceeds == any(not abs(o - e) <= t for o, e, t in rows)


@settings(deadline=None)
@given(ROWS)
def test_a_comparison_shows_one_of_its_elements(rows: list[tuple[float, float, float]]) -> None:
    observed, expected, tolerance = (list(column) for column in zip(*rows, strict=True))
    gap = compare("x", observed, expected, tolerance)
    shown = (gap.observed, gap.expected, gap.tolerance)
    assert str(shown) == str(rows[gap.index[0]])


def test_nan_exceeds_any_tolerance() -> None:
    assert compare("x", math.nan, 0.0, 1e30).exceeds
    assert compare("x", torch.tensor([1.0, math.nan]), 1.0, math.inf).index == (1,)


def test_an_exact_match_needs_no_tolerance() -> None:
    assert not compare("x", torch.ones(3), 1.0, 0.0).exceeds


def test_a_measurement_says_where() -> None:
    gap = compare("x", torch.tensor([[0.0, 5.0], [0.0, 0.0]]), 0.0, 1.0, "nat")
    assert gap.measurement.what == "x at (0, 1)"
    assert (gap.measurement.observed, gap.measurement.unit) == (5.0, "nat")


def test_the_sentence_and_the_table_name_the_same_tolerance() -> None:
    gap = compare("x", 1.0, 0.0, 1.56e-05)
    assert tolerance(gap.measurement.tolerance) == "± 1.6e-05"
    assert str(gap) == "1 where 0 is due (± 1.6e-05)"


def test_a_number_that_json_cannot_carry_becomes_a_word() -> None:
    assert compare("x", math.inf, 0.0, 1.0).measurement.observed == "inf"


def test_the_worst_gap_is_the_first_that_exceeds() -> None:
    fine, bad, other = (Gap("x", value, 0.0, 1.0, ()) for value in (0.5, 2.0, 9.0))
    assert worst(fine, bad, other) is bad
    assert worst(fine) is fine


def test_a_reading_fires_when_any_gap_exceeds() -> None:
    fine, bad = Gap("x", 0.0, 0.0, 1.0, ()), Gap("x", 2.0, 0.0, 1.0, ())
    assert reading(fine, quiet="well", fires="ill").finding == "well"
    assert reading(fine, bad, quiet="well", fires="ill").finding == "ill"
    assert len(reading(fine, bad, quiet="well", fires="ill").measurements) == 2


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_nothing_finer_than_float32_is_asked_of_code(dtype: torch.dtype) -> None:
    assert rounding(dtype) == torch.finfo(torch.float32).eps


def test_half_precision_is_allowed_its_own_rounding() -> None:
    assert rounding(torch.bfloat16) == torch.finfo(torch.bfloat16).eps


def test_figures_leave_a_gap_where_a_value_is_not_finite() -> None:
    values = torch.tensor([[1.0, math.nan]])
    assert heatmap("t", values, "r", "c").values == ((1.0, None),)
    assert curves("t", [0, 1], {"y": [math.inf, 2.0]}, "x", "y").series == {"y": (None, 2.0)}


def test_tables_round_their_numbers() -> None:
    assert table("t", ("a", "b"), [("x", 1 / 3)]).rows == (("x", "0.3333"),)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_no_two_axes_of_a_size_are_of_one_length(size: Size) -> None:
    c = size.config
    axes = [size.batch, c.context_length, c.d_model, c.num_heads, c.d_head, c.d_ff, c.vocab_size]
    assert len(set(axes)) == len(axes)


def test_inputs_are_the_same_in_every_dtype() -> None:
    single, double = (Context.seeded("x", 1, d) for d in (torch.float32, torch.float64))
    assert torch.equal(single.normal(4), double.normal(4).float())


def test_inputs_depend_on_the_probe_and_on_the_seed() -> None:
    drawn = [Context.seeded(n, s).normal(4).tolist() for n in ("x", "y") for s in (0, 1)]
    assert len({str(numbers) for numbers in drawn}) == 4


def test_a_permutation_moves_something() -> None:
    for seed in range(50):
        order = Context.seeded("x", seed).permutation(2)
        assert order.tolist() == [1, 0]


def test_a_status_is_one_of_four() -> None:
    assert {str(s) for s in Status} == {"quiet", "fires", "failed", "skipped"}
