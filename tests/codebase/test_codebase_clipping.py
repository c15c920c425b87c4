"""Clipping by the global norm, against PyTorch's clip_grad_norm_."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.codebase.rounding import assert_within, few, normal
from training.clipping import clip_gradients

EPS64 = torch.finfo(torch.float64).eps

seeds = st.integers(0, 2**32 - 1)
shapes = st.lists(st.lists(st.integers(1, 5), max_size=3).map(tuple), min_size=1, max_size=4)


def parameters(shapes: list[tuple[int, ...]], scale: float, seed: int) -> list[Tensor]:
    made = []
    for i, shape in enumerate(shapes):
        parameter = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
        parameter.grad = scale * normal(*shape, seed=seed + i)
        made.append(parameter)
    return made


def norm_of(params: list[Tensor]) -> float:
    return math.sqrt(sum(float((p.grad**2).sum()) for p in params if p.grad is not None))


def count(params: list[Tensor]) -> int:
    return sum(p.numel() for p in params)


@few
@given(shapes, st.sampled_from([1e-3, 0.1, 1.0, 100.0]), st.floats(0.01, 10), seeds)
def test_gradients_and_norm_are_those_of_torch(
    shapes: list[tuple[int, ...]], scale: float, max_norm: float, seed: int
) -> None:
    ours, theirs = parameters(shapes, scale, seed), parameters(shapes, scale, seed)
    our_norm = clip_gradients(ours, max_norm)
    their_norm = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    rounding = (count(ours) + 8) * EPS64
    assert_within(our_norm, their_norm, rounding * their_norm)
    # PyTorch also scales what is within 1e-6 below the limit; nothing else differs.
    near = 1e-6 / max_norm if max_norm - 1e-6 < float(their_norm) <= max_norm else 0.0
    for our, their in zip(ours, theirs, strict=True):
        assert our.grad is not None
        assert their.grad is not None
        assert_within(our.grad, their.grad, (rounding + near) * 2 * their.grad.abs())


@few
@given(shapes, st.floats(0.01, 10), seeds)
def test_a_norm_above_the_limit_becomes_the_limit_and_the_direction_stays(
    shapes: list[tuple[int, ...]], max_norm: float, seed: int
) -> None:
    params = parameters(shapes, 1.0, seed)
    before = norm_of(params)
    gradients = [p.grad.clone() for p in params if p.grad is not None]
    factor = 2 * max_norm / before  # so that their norm is twice the limit
    for p in params:
        assert p.grad is not None
        p.grad.mul_(factor)
    returned = clip_gradients(params, max_norm).item()
    rounding = (count(params) + 8) * EPS64
    assert returned == pytest.approx(2 * max_norm, rel=rounding)
    assert norm_of(params) == pytest.approx(max_norm * returned / (returned + 1e-6), rel=rounding)
    for p, gradient in zip(params, gradients, strict=True):
        assert p.grad is not None
        exact = gradient * norm_of(params) / before
        assert_within(p.grad, exact, 2 * rounding * exact.abs())


@few
@given(shapes, seeds)
def test_a_norm_at_or_below_the_limit_is_left_exactly_as_it_is(
    shapes: list[tuple[int, ...]], seed: int
) -> None:
    params, untouched = parameters(shapes, 1.0, seed), parameters(shapes, 1.0, seed)
    norm = clip_gradients(params, math.inf).item()
    clip_gradients(params, norm)
    for p, q in zip(params, untouched, strict=True):
        assert p.grad is not None
        assert q.grad is not None
        assert torch.equal(p.grad, q.grad)


def test_eps_is_added_to_the_norm() -> None:
    [p] = parameters([(1,)], 1.0, seed=0)
    p.grad = torch.tensor([3.0], dtype=torch.float64)
    clip_gradients([p], 1.0, eps=1.0)
    assert p.grad.item() == pytest.approx(3 / 4, rel=4 * EPS64)


def test_zero_gradients_stay_zero_and_missing_ones_missing() -> None:
    zero, missing = parameters([(2,), (2,)], 0.0, seed=0)
    missing.grad = None
    assert clip_gradients([zero, missing], 1.0).item() == 0
    assert zero.grad is not None
    assert not zero.grad.any()
    assert missing.grad is None
    assert clip_gradients([missing], 1.0).item() == 0
    assert clip_gradients([], 1.0).item() == 0


def test_parameters_may_come_from_a_generator() -> None:
    params = parameters([(3,), (2,)], 100.0, seed=0)
    clip_gradients((p for p in params), 1.0)
    assert norm_of(params) == pytest.approx(1, rel=1e-6)
