"""Rotary embedding, against multiplication by complex numbers of modulus one."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.codebase.rotation import turned
from tests.codebase.rounding import (
    PRECISIONS,
    assert_same_real_number,
    assert_within,
    few,
    normal,
)
from transformer.core import RotaryPositionalEmbedding

MAX_SEQ_LEN = 64

seeds = st.integers(0, 2**32 - 1)
half_widths = st.integers(1, 8)
thetas = st.sampled_from([10.0, 10_000.0, 500_000.0])
positions_below_max = st.lists(st.integers(0, MAX_SEQ_LEN - 1), min_size=1, max_size=9)


def assert_turned(actual: Tensor, x: Tensor, positions: Tensor, theta: float) -> None:
    # Cosine and sine are rounded to the dtype, then two products and a sum. The angle itself is
    # worked out in float64, to three roundings.
    eps = torch.finfo(x.dtype).eps
    angle_error = 3 * MAX_SEQ_LEN * torch.finfo(torch.float64).eps
    magnitude = x.double().abs().reshape(*x.shape[:-1], -1, 2).sum(-1).repeat_interleave(2, dim=-1)
    assert actual.dtype == x.dtype
    assert_within(
        actual, turned(x.double(), positions, theta), (4 * eps + 2 * angle_error) * magnitude
    )


@few
@given(
    leading=st.lists(st.integers(1, 3), max_size=3),
    half=half_widths,
    positions=positions_below_max,
    theta=thetas,
    dtype=st.sampled_from(PRECISIONS),
    seed=seeds,
)
def test_each_pair_is_turned_as_a_complex_number(
    leading: list[int],
    half: int,
    positions: list[int],
    theta: float,
    dtype: torch.dtype,
    seed: int,
) -> None:
    rope = RotaryPositionalEmbedding(2 * half, theta, MAX_SEQ_LEN)
    x = normal(*leading, len(positions), 2 * half, seed=seed, dtype=dtype)
    at = torch.tensor(positions)
    assert_turned(rope(x, token_positions=at), x, at, theta)


@few
@given(half_widths, thetas, seeds)
def test_texts_at_positions_of_their_own_are_turned_by_their_own(
    half: int, theta: float, seed: int
) -> None:
    rope = RotaryPositionalEmbedding(2 * half, theta, MAX_SEQ_LEN)
    generator = torch.Generator().manual_seed(seed)
    positions = torch.randint(MAX_SEQ_LEN, (3, 5), generator=generator)
    x = normal(3, 5, 2 * half, seed=seed)
    assert_turned(rope(x, positions), x, positions, theta)

    by_head = normal(3, 4, 5, 2 * half, seed=seed)
    assert_turned(rope(by_head, positions), by_head, positions.unsqueeze(1), theta)
    assert_turned(rope(by_head, positions.unsqueeze(1)), by_head, positions.unsqueeze(1), theta)
    assert_turned(rope(by_head, positions[0]), by_head, positions[0], theta)


@few
@given(half_widths, positions_below_max, seeds)
def test_the_gradient_is_turned_back(half: int, positions: list[int], seed: int) -> None:
    rope = RotaryPositionalEmbedding(2 * half, 10_000.0, MAX_SEQ_LEN)
    at = torch.tensor(positions)
    x = normal(len(positions), 2 * half, seed=seed).requires_grad_()
    incoming = normal(len(positions), 2 * half, seed=seed + 1)
    [gradient] = torch.autograd.grad(rope(x, at), x, incoming)
    assert_turned(gradient, incoming, -at, 10_000.0)


def test_position_zero_is_left_exactly_as_it_is() -> None:
    rope = RotaryPositionalEmbedding(8, 10_000.0, MAX_SEQ_LEN)
    x = normal(3, 8, seed=0, dtype=torch.float32)
    assert torch.equal(rope(x, torch.zeros(3, dtype=torch.int64)), x)


@few
@given(half_widths, thetas, st.integers(0, 31), st.integers(0, 31), st.integers(0, 32), seeds)
def test_a_score_depends_on_the_distance_only(
    half: int, theta: float, m: int, n: int, shift: int, seed: int
) -> None:
    rope = RotaryPositionalEmbedding(2 * half, theta, MAX_SEQ_LEN)
    q, k = normal(2, 1, 2 * half, seed=seed)

    def score(m: int, n: int) -> Tensor:
        turned_q: Tensor = rope(q, torch.tensor([m]))
        turned_k: Tensor = rope(k, torch.tensor([n]))
        return (turned_q * turned_k).sum()

    # Both angles to three roundings, then products of 2 half features, at the scale of |q| |k|.
    operations = 2 * (3 * MAX_SEQ_LEN + 4) + 2 * half
    bound = operations * 2**-52 * (q.norm() * k.norm()).item()
    assert_within(score(m + shift, n + shift), score(m, n), 2 * bound)


def test_of_two_pairs_the_first_turns_by_one_radian_and_the_other_by_one_over_root_theta() -> None:
    rope = RotaryPositionalEmbedding(4, 100.0, 2)
    x = torch.tensor([[1.0, 0.0, 1.0, 0.0]], dtype=torch.float64)
    expected = [[math.cos(1), math.sin(1), math.cos(0.1), math.sin(0.1)]]
    assert_same_real_number(
        rope(x, torch.tensor([1])), torch.tensor(expected, dtype=torch.float64), operations=4
    )


def test_it_adds_nothing_to_a_checkpoint_and_has_nothing_to_learn() -> None:
    rope = RotaryPositionalEmbedding(4, 100.0, 2)
    assert not rope.state_dict()
    assert not list(rope.parameters())


def test_an_odd_width_is_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        RotaryPositionalEmbedding(5, 100.0, 2)


def test_a_position_beyond_the_table_is_refused() -> None:
    rope = RotaryPositionalEmbedding(4, 100.0, 2)
    with pytest.raises(IndexError):
        rope(torch.ones(1, 4), torch.tensor([2]))
