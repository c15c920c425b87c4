"""Cross-entropy, against PyTorch's own."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from tests.codebase.rounding import (
    PRECISIONS,
    assert_same_real_number,
    assert_within,
    normal,
)
from training.loss import cross_entropy_loss

seeds = st.integers(0, 2**32 - 1)
leading = st.lists(st.integers(1, 5), max_size=3)
many = settings(max_examples=60, deadline=None)


def targets_for(shape: list[int], vocab: int, seed: int) -> Tensor:
    return torch.randint(vocab, shape, generator=torch.Generator().manual_seed(seed))


def loss_of_torch(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


@many
@given(
    shape=leading,
    vocab=st.integers(1, 40),
    scale=st.sampled_from([0.0, 1.0, 100.0, 1e4]),
    shift=st.sampled_from([0.0, -50.0, 1e4]),
    dtype=st.sampled_from(PRECISIONS),
    seed=seeds,
)
def test_the_loss_is_that_of_torch(
    shape: list[int], vocab: int, scale: float, shift: float, dtype: torch.dtype, seed: int
) -> None:
    logits = (scale * normal(*shape, vocab, seed=seed) + shift).to(dtype)
    targets = targets_for(shape, vocab, seed)
    exact = loss_of_torch(logits.double(), targets)
    # Three roundings at the size of the shifted logits and their log-sum, then the sum over vocab
    # (which the logarithm turns into an absolute error) and the mean over all positions.
    widest = (logits.amax(-1) - logits.amin(-1)).double().max().item() + math.log(vocab)
    operations = 4 * widest + vocab + 4 + math.prod(shape) * widest
    ours = cross_entropy_loss(logits, targets)
    assert ours.dtype == dtype
    assert_within(ours, exact, operations * torch.finfo(dtype).eps)


@many
@given(leading, st.integers(1, 40), seeds)
def test_the_gradient_is_softmax_less_one_hot_over_the_number_of_positions(
    shape: list[int], vocab: int, seed: int
) -> None:
    logits = normal(*shape, vocab, seed=seed).requires_grad_()
    targets = targets_for(shape, vocab, seed)
    [ours] = torch.autograd.grad(cross_entropy_loss(logits, targets), logits)
    [theirs] = torch.autograd.grad(loss_of_torch(logits, targets), logits)
    by_hand = (logits.softmax(-1) - F.one_hot(targets, vocab)) / math.prod(shape)
    assert_same_real_number(ours, theirs, operations=2 * vocab + 20)
    assert_same_real_number(ours, by_hand, operations=2 * vocab + 20)


@pytest.mark.parametrize("vocab", [1, 2, 50, 1000])
def test_equal_logits_cost_the_logarithm_of_the_vocabulary(vocab: int) -> None:
    loss = cross_entropy_loss(torch.full((3, vocab), 7.0), torch.zeros(3, dtype=torch.int64))
    assert loss.item() == pytest.approx(math.log(vocab), rel=vocab * 2**-23)


def test_certainty_costs_nothing_when_right_and_its_margin_when_not() -> None:
    logits = torch.tensor([[1e4, -1e4], [1e4, -1e4]])
    assert cross_entropy_loss(logits, torch.tensor([0, 0])).item() == 0
    assert cross_entropy_loss(logits, torch.tensor([1, 1])).item() == 2e4
    assert cross_entropy_loss(logits, torch.tensor([0, 1])).item() == 1e4
