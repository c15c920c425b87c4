"""Questions about the learning rate's schedule and about gradient clipping."""

from __future__ import annotations

import torch
from torch import nn

from engine.lab.exam import rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk
from engine.lab.exam.question import Area

SCHEDULE = Area("schedule", "Learning-rate schedule")
CLIPPING = Area("clipping", "Gradient clipping")


@SCHEDULE.question
def schedule_values(code: Code, desk: Desk) -> None:
    """The learning rate at the corners of its schedule and between them."""
    for max_lr, min_lr, warmup, total in ((1e-2, 1e-3, 5, 20), (3.0, 0.0, 1, 7), (0.5, 0.4, 4, 5)):
        _rates(code, desk, max_lr, min_lr, warmup, total)


@SCHEDULE.question
def schedule_edges(code: Code, desk: Desk) -> None:
    """The learning rate without a warm-up, with nothing but a warm-up, and when it is constant."""
    for max_lr, min_lr, warmup, total in (
        (1.0, 0.1, 0, 10),
        (1.0, 0.1, 6, 6),
        (0.3, 0.3, 2, 8),
        (1.0, 0.2, 0, 1),
    ):
        _rates(code, desk, max_lr, min_lr, warmup, total)


def _rates(code: Code, desk: Desk, max_lr: float, min_lr: float, warmup: int, total: int) -> None:
    steps = (*range(total + 2), 10 * total)
    rates = [
        float(code.cosine_learning_rate(step, max_lr, min_lr, warmup, total)) for step in steps
    ]
    desk.answer(
        f"{max_lr} {min_lr} {warmup} {total}",
        torch.tensor(rates, dtype=torch.float64),
        given=f"steps 0 to {total + 1} and {10 * total}, warm-up until step {warmup}, {total} "
        f"steps in all, max_lr {max_lr:g}, min_lr {min_lr:g}",
        dtype=torch.float64,
    )


@CLIPPING.question
def clipping_scales(code: Code, desk: Desk) -> None:
    """Gradients whose joint norm is too large, after clipping, and the norm that is given back."""
    for max_norm, dtype in ((1.0, torch.float32), (0.01, torch.float64), (5.0, torch.float64)):
        held = _parameters(desk, dtype, size=4.0)
        total = code.clip_gradients(held, max_norm)
        given = f"three gradients of 4 to 12 numbers about 4, max_norm {max_norm:g}"
        desk.number(f"{max_norm} norm", total, given=f"the norm of {given}", roundings=_ROUNDINGS)
        for number, parameter in enumerate(held):
            desk.answer(
                f"{max_norm} {number}",
                parameter.grad,
                given=given,
                dtype=dtype,
                roundings=_ROUNDINGS,
            )


@CLIPPING.question
def clipping_leaves(code: Code, desk: Desk) -> None:
    """Gradients whose joint norm is within bounds or just at them, after clipping."""
    for max_norm in (100.0, 30.0):
        held = _parameters(desk, torch.float64, size=1.0)
        total = code.clip_gradients(held, max_norm)
        given = f"three gradients of 4 to 12 numbers about 1, max_norm {max_norm:g}"
        desk.number(f"{max_norm} norm", total, given=f"the norm of {given}", roundings=_ROUNDINGS)
        for number, parameter in enumerate(held):
            desk.answer(
                f"{max_norm} {number}",
                parameter.grad,
                given=given,
                dtype=torch.float64,
                roundings=1,
            )

    # 3, 4 and 5 are exact in every order of work, so that the norm is the bound and not above it.
    held = [nn.Parameter(torch.zeros(2, dtype=torch.float64)) for _ in range(2)]
    for parameter, gradient in zip(held, ([3.0, 0.0], [0.0, 4.0]), strict=True):
        parameter.grad = desk.exactly(gradient, torch.float64)
    code.clip_gradients(held, 5.0, 0.5)
    for number, parameter in enumerate(held):
        desk.answer(
            f"at the bound {number}",
            parameter.grad,
            given="gradients [3, 0] and [0, 4], max_norm 5, eps 0.5",
            dtype=torch.float64,
            roundings=1,
        )


@CLIPPING.question
def clipping_epsilon(code: Code, desk: Desk) -> None:
    """Gradients clipped with an eps large enough to show, or so small that the default shows."""
    held = _parameters(desk, torch.float64, size=1e-6)
    code.clip_gradients(held, 1e-6)
    for number, parameter in enumerate(held):
        desk.answer(
            f"default {number}",
            parameter.grad,
            given="three gradients of 4 to 12 numbers about 1e-6, max_norm 1e-6, the default eps",
            dtype=torch.float64,
            roundings=_ROUNDINGS,
        )
    for eps in (0.5, 3.0):
        held = _parameters(desk, torch.float64, size=4.0)
        code.clip_gradients(held, 1.0, eps)
        for number, parameter in enumerate(held):
            desk.answer(
                f"{eps} {number}",
                parameter.grad,
                given=f"three gradients of 4 to 12 numbers about 4, max_norm 1, eps {eps:g}",
                dtype=torch.float64,
                roundings=_ROUNDINGS,
            )


@CLIPPING.question
def clipping_corners(code: Code, desk: Desk) -> None:
    """Clipping of parameters without gradients, of zero gradients, and of a generator's."""
    bare = [nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(2))]
    desk.number(
        "none", code.clip_gradients(bare, 1.0), given="the norm of two parameters without gradients"
    )
    desk.holds(
        "still none",
        all(p.grad is None for p in bare),
        given="two parameters without gradients",
        wanted="none afterwards",
        otherwise="a gradient",
    )
    bare[0].grad = torch.zeros(3)
    desk.number("zero", code.clip_gradients(bare, 1.0), given="the norm of a gradient of zeros")
    desk.answer(
        "zeros", bare[0].grad, given="a gradient of zeros, max_norm 1", dtype=None, roundings=0
    )

    held = _parameters(desk, torch.float64, size=4.0)
    held.insert(1, nn.Parameter(torch.ones(2, dtype=torch.float64)))
    before = [p.detach().clone() for p in held]
    total = code.clip_gradients((p for p in held), 1.0)
    given = "four parameters out of a generator, one of them without a gradient, max_norm 1"
    desk.number("generator norm", total, given=f"the norm of {given}", roundings=_ROUNDINGS)
    for number, parameter in enumerate(held):
        if number != 1:
            desk.answer(
                f"generator {number}",
                parameter.grad,
                given=given,
                dtype=torch.float64,
                roundings=_ROUNDINGS,
            )
    desk.holds(
        "parameters",
        all(torch.equal(p, kept) for p, kept in zip(held, before, strict=True)),
        given=given,
        wanted="the parameters themselves as they were",
        otherwise="a change of one",
    )


@CLIPPING.question
def clipping_in_place(code: Code, desk: Desk) -> None:
    """The tensors that hold the gradients: they are scaled in place."""
    held = _parameters(desk, torch.float64, size=4.0)
    tensors = [p.grad for p in held]
    code.clip_gradients(held, 1.0)
    desk.holds(
        "same",
        all(p.grad is t for p, t in zip(held, tensors, strict=True)),
        given="three gradients of 4 to 12 numbers about 4, max_norm 1",
        wanted="the same tensors, changed in place",
        otherwise="a new tensor",
    )


_ROUNDINGS = rounding.dot(24)


def _parameters(desk: Desk, dtype: torch.dtype, size: float) -> list[nn.Parameter]:
    held = []
    for shape in ((3, 4), (4,), (2, 2, 2)):
        parameter = nn.Parameter(desk.normal(*shape, dtype=dtype))
        parameter.grad = desk.normal(*shape, dtype=dtype, scale=size)
        held.append(parameter)
    return held
