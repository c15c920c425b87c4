"""The learning rate at the corners of its schedule, and against PyTorch's cosine."""

import warnings
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.schedule import cosine_learning_rate

rates = st.floats(1e-6, 1)
counts = st.integers(0, 50)


@given(rates, rates, st.integers(1, 50), counts)
def test_warm_up_is_a_straight_line_from_zero_to_the_peak(
    max_lr: float, min_lr: float, warmup: int, rest: int
) -> None:
    for step in range(warmup):
        lr = cosine_learning_rate(step, max_lr, min_lr, warmup, warmup + rest)
        assert lr == pytest.approx(max_lr * step / warmup, rel=1e-15)


@given(rates, rates, counts, st.integers(1, 50))
def test_the_cosine_starts_at_the_peak_and_is_halfway_in_the_middle(
    max_lr: float, min_lr: float, warmup: int, half: int
) -> None:
    total = warmup + 2 * half

    def lr(step: int) -> float:
        return cosine_learning_rate(step, max_lr, min_lr, warmup, total)

    assert lr(warmup) == pytest.approx(max_lr, rel=1e-15)
    # cos(pi / 2) rounds to 6e-17, so the middle is off by no more than that of either rate.
    assert lr(warmup + half) == pytest.approx((max_lr + min_lr) / 2, rel=1e-15)


@given(rates, rates, counts, counts, counts)
def test_from_the_last_step_on_it_is_the_least(
    max_lr: float, min_lr: float, warmup: int, rest: int, later: int
) -> None:
    total = warmup + rest
    assert cosine_learning_rate(total + later, max_lr, min_lr, warmup, total) == min_lr


@given(rates, counts, counts)
def test_it_never_rises_again_after_the_warm_up(max_lr: float, warmup: int, rest: int) -> None:
    steps = range(warmup, warmup + rest + 3)
    falling = [cosine_learning_rate(s, max_lr, max_lr / 10, warmup, warmup + rest) for s in steps]
    rounding = 4 * torch.finfo(torch.float64).eps * max_lr
    assert all(after <= before + rounding for before, after in pairwise(falling))


def test_without_warm_up_it_starts_at_the_peak() -> None:
    assert cosine_learning_rate(0, 3e-4, 3e-5, 0, 10) == pytest.approx(3e-4, rel=1e-15)


@pytest.mark.parametrize("total", [1, 2, 7, 40])
def test_the_cosine_is_that_of_torch(total: int) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=total, eta_min=0.01)
    for step in range(total + 1):
        # PyTorch goes from step to step, each with a few roundings of its own.
        expected = pytest.approx(scheduler.get_last_lr()[0], rel=20 * (total + 1) * 2**-52)
        assert cosine_learning_rate(step, 0.3, 0.01, 0, total) == expected
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # there is nothing to optimise here
            scheduler.step()
