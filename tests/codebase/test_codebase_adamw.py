"""AdamW, against torch.optim.AdamW.

The two differ in two known ways, which the tests undo exactly: ours adds eps before the bias
correction of v, so that PyTorch's eps has to be eps / sqrt(1 - beta2**t) at step t; and ours decays
after the Adam step, PyTorch before it.
"""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.codebase.rounding import assert_within, normal
from training.optimizer import AdamW

STEPS = 12
SHAPE = (3, 4)

seeds = st.integers(0, 2**32 - 1)
rates = st.floats(1e-5, 0.1)
betas = st.tuples(st.floats(0, 0.95), st.floats(0.9, 0.999))
epsilons = st.sampled_from([0.0, 1e-8, 1e-3, 1.0])
decays = st.sampled_from([0.0, 0.01, 0.1, 1.0])
many = settings(max_examples=50, deadline=None)

# Rounding of one step: m and v are off by at most 3 STEPS eps of the largest gradient (its square),
# and v is at least (1 - beta2) beta2**STEPS of that, so that in m / sqrt(v) at most a factor of
# 1 / sqrt(0.001 * 0.999**12) = 32 comes in; bias correction, 1 / (1 - beta1), adds one of 20. Then
# STEPS steps add up, each no longer than lr = 0.1 allows for.
BOUND = STEPS * 0.1 * 20 * 32 * 3 * STEPS * torch.finfo(torch.float64).eps


def gradients(seed: int) -> list[Tensor]:
    return list(normal(STEPS, *SHAPE, seed=seed + 1))


def trajectory(
    optimizer: torch.optim.Optimizer, weight: Tensor, seed: int, eps_hat: float | None = None
) -> list[Tensor]:
    """The weight after each step along fixed gradients.

    With ``eps_hat`` the eps of PyTorch's optimizer is set to it over the root of the bias
    correction, step by step.
    """
    states = []
    for t, gradient in enumerate(gradients(seed), start=1):
        if eps_hat is not None:
            [group] = optimizer.param_groups
            group["eps"] = eps_hat / math.sqrt(1 - group["betas"][1] ** t)
        weight.grad = gradient.clone()
        optimizer.step()
        states.append(weight.detach().clone())
    return states


def start(seed: int) -> Tensor:
    return normal(*SHAPE, seed=seed).requires_grad_()


@many
@given(rates, betas, epsilons, seeds)
def test_without_decay_the_weights_are_those_of_torch(
    lr: float, betas: tuple[float, float], eps: float, seed: int
) -> None:
    ours, theirs = start(seed), start(seed)
    for our, their in zip(
        trajectory(AdamW([ours], lr, betas, eps, weight_decay=0), ours, seed),
        trajectory(torch.optim.AdamW([theirs], lr, betas, eps, weight_decay=0), theirs, seed, eps),
        strict=True,
    ):
        assert_within(our, their, BOUND)


@many
@given(rates, betas, epsilons, decays, seeds)
def test_decay_shrinks_the_weights_that_the_step_of_torch_has_moved(
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float, seed: int
) -> None:
    ours, theirs = start(seed), start(seed)
    optimizer = torch.optim.AdamW([theirs], lr, betas, eps, weight_decay=0)
    mine = trajectory(AdamW([ours], lr, betas, eps, weight_decay), ours, seed)
    for t, gradient in enumerate(gradients(seed), start=1):
        optimizer.param_groups[0]["eps"] = eps / math.sqrt(1 - betas[1] ** t)
        theirs.grad = gradient
        optimizer.step()
        with torch.no_grad():
            theirs.mul_(1 - lr * weight_decay)
        assert_within(mine[t - 1], theirs, BOUND)


@many
@given(rates, betas, epsilons, decays, seeds)
def test_along_fixed_gradients_the_other_order_of_decay_is_a_change_of_start_and_end(
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float, seed: int
) -> None:
    # Step, decay, step, decay is what is left of decay, step, decay, step when the first decay is
    # undone beforehand and one is added at the end.
    keep = 1 - lr * weight_decay
    ours = start(seed)
    theirs = (start(seed).detach() / keep).requires_grad_()
    mine = trajectory(AdamW([ours], lr, betas, eps, weight_decay), ours, seed)
    torchs = trajectory(
        torch.optim.AdamW([theirs], lr, betas, eps, weight_decay), theirs, seed, eps
    )
    for our, their in zip(mine, torchs, strict=True):
        assert_within(our, keep * their, BOUND)


def test_one_step_from_torchs_order_is_off_by_lr_times_decay_times_the_step() -> None:
    lr, decay, eps_hat = 0.1, 0.5, 1e-3
    ours, theirs, undecayed = start(0), start(0), start(0)
    [our, *_] = trajectory(AdamW([ours], lr, eps=eps_hat, weight_decay=decay), ours, 0)
    [their, *_] = trajectory(
        torch.optim.AdamW([theirs], lr, weight_decay=decay), theirs, 0, eps_hat
    )
    [moved, *_] = trajectory(AdamW([undecayed], lr, eps=eps_hat, weight_decay=0), undecayed, 0)
    step = start(0).detach() - moved
    assert_within(our - their, lr * decay * step, BOUND)


@many
@given(rates, decays, seeds)
def test_a_weight_with_zero_gradient_only_shrinks(lr: float, decay: float, seed: int) -> None:
    weight = start(seed)
    optimizer = AdamW([weight], lr, weight_decay=decay)
    before = weight.detach().clone()
    for _ in range(STEPS):
        weight.grad = torch.zeros(SHAPE, dtype=torch.float64)
        optimizer.step()
    exact = before * (1 - lr * decay) ** STEPS
    assert_within(weight, exact, 3 * STEPS * torch.finfo(torch.float64).eps * before.abs())
    assert not optimizer.state[weight]["m"].any()


@many
@given(betas, decays, seeds)
def test_the_moments_are_those_of_torch_and_do_not_know_of_the_decay(
    betas: tuple[float, float], decay: float, seed: int
) -> None:
    ours, theirs = start(seed), start(seed)
    mine = AdamW([ours], 0.1, betas, weight_decay=decay)
    reference = torch.optim.AdamW([theirs], 0.1, betas, weight_decay=0)
    trajectory(mine, ours, seed)
    trajectory(reference, theirs, seed)
    bound = 3 * STEPS * torch.finfo(torch.float64).eps
    scale = max(gradient.abs().max().item() for gradient in gradients(seed))
    assert set(mine.state[ours]) == {"m", "v", "t"}
    assert mine.state[ours]["t"] == STEPS
    assert_within(mine.state[ours]["m"], reference.state[theirs]["exp_avg"], bound * scale)
    assert_within(mine.state[ours]["v"], reference.state[theirs]["exp_avg_sq"], bound * scale**2)


@pytest.mark.parametrize("beta1", [0.0, 0.9])
def test_the_first_step_is_as_long_as_the_learning_rate(beta1: float) -> None:
    weight = start(0)
    before = weight.detach().clone()
    weight.grad = normal(*SHAPE, seed=1)
    AdamW([weight], lr=0.01, betas=(beta1, 0.999), eps=0, weight_decay=0).step()
    assert_within(weight, before - 0.01 * weight.grad.sign(), BOUND)


def test_a_parameter_without_gradient_is_left_alone() -> None:
    used, unused = start(0), start(1)
    optimizer = AdamW([used, unused], weight_decay=0.1)
    used.grad = torch.ones(SHAPE, dtype=torch.float64)
    optimizer.step()
    assert torch.equal(unused, start(1))
    assert unused not in optimizer.state


def test_each_group_has_its_own_settings() -> None:
    together = [start(0), start(1)]
    settings_of: list[dict[str, Any]] = [
        {"lr": 0.1, "weight_decay": 0.0},
        {"betas": (0.5, 0.9), "eps": 1e-2},
    ]
    groups: list[dict[str, Any]] = [
        {"params": [weight], **own} for weight, own in zip(together, settings_of, strict=True)
    ]
    optimizer = AdamW(groups, lr=0.01)
    apart = [start(0), start(1)]
    for gradient in gradients(0):
        for weight in together:
            weight.grad = gradient.clone()
        optimizer.step()
    trajectory(AdamW([apart[0]], lr=0.1, weight_decay=0), apart[0], 0)
    trajectory(AdamW([apart[1]], lr=0.01, betas=(0.5, 0.9), eps=1e-2), apart[1], 0)
    for weight, alone in zip(together, apart, strict=True):
        assert torch.equal(weight, alone)


def test_a_closure_is_called_for_the_gradients_and_its_loss_returned() -> None:
    weight = start(0)
    optimizer = AdamW([weight])

    def closure() -> float:
        optimizer.zero_grad()
        loss = (weight**2).sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == pytest.approx((start(0) ** 2).sum().item(), rel=1e-15)
    assert not torch.equal(weight, start(0))
    assert optimizer.step() is None


def test_a_step_leaves_the_gradient_as_it_was() -> None:
    weight = start(0)
    weight.grad = normal(*SHAPE, seed=1)
    AdamW([weight]).step()
    assert torch.equal(weight.grad, normal(*SHAPE, seed=1))


def test_state_and_weights_have_the_dtype_of_the_weight() -> None:
    weight = start(0).detach().bfloat16().requires_grad_()
    optimizer = AdamW([weight])
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    assert weight.dtype == optimizer.state[weight]["m"].dtype == torch.bfloat16


@pytest.mark.parametrize(
    "options",
    [
        {"lr": -1.0},
        {"eps": -1e-8},
        {"weight_decay": -0.1},
        {"betas": (1.0, 0.9)},
        {"betas": (0.9, -0.1)},
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        AdamW([start(0)], **options)
