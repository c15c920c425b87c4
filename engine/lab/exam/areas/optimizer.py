"""Questions about AdamW. Every correct form of it may answer, but one form must answer them all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, name_of, words
from engine.lab.exam.question import Area

OPTIMIZER = Area("optimizer", "AdamW", any_adamw=True)

PER_STEP = 16.0
"""Roundings of one step: moments, correction, root, quotient, decay, two updates."""


@OPTIMIZER.question
def optimizer_first_step(code: Code, desk: Desk) -> None:
    """Parameters after one step, for gradients from tiny to large."""
    for dtype in (torch.float32, torch.float64):
        p = _parameter(desk, 12, dtype=dtype)
        sizes = torch.logspace(-6, 3, 12, dtype=torch.float64)
        optimizer = code.AdamW([p], lr=0.1, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.5)
        _step(optimizer, [p], [desk.normal(12, dtype=dtype, scale=sizes)])
        given = f"12 parameters in {name_of(dtype)}, gradients from 1e-6 to 1e3, lr 0.1, decay 0.5"
        desk.answer(f"{dtype}", p, given=given, dtype=dtype, roundings=PER_STEP)


@OPTIMIZER.question
def optimizer_trajectory(code: Code, desk: Desk) -> None:
    """Parameters over many steps, for several settings of the optimizer."""
    settings: tuple[dict[str, Any], ...] = (
        {"lr": 0.05, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1},
        {"lr": 0.02, "betas": (0.6, 0.7), "eps": 0.1, "weight_decay": 1.0},
        {"lr": 0.1, "betas": (0.9, 0.95), "eps": 1e-3, "weight_decay": 0.3},
        {"lr": 0.05, "betas": (0.0, 0.9), "eps": 1e-6, "weight_decay": 0.5},
    )
    for number, chosen in enumerate(settings):
        dtype = torch.float64 if number % 2 else torch.float32
        p, q = _parameter(desk, 3, 4, dtype=dtype), _parameter(desk, 5, dtype=dtype)
        optimizer = code.AdamW([p, q], **chosen)
        for step in range(1, 21):
            gradients = [desk.normal(3, 4, dtype=dtype), desk.normal(5, dtype=dtype, scale=0.1)]
            _step(optimizer, [p, q], gradients)
            if step in {1, 2, 7, 20}:
                said = ", ".join(f"{name} {value}" for name, value in chosen.items())
                for name, parameter in (("p", p), ("q", q)):
                    desk.answer(
                        f"{number} {step} {name}",
                        parameter,
                        given=f"{words(dtype, **{name: parameter})} after step {step}, {said}",
                        dtype=dtype,
                        roundings=PER_STEP * step,
                    )


@OPTIMIZER.question
def optimizer_zero_gradient(code: Code, desk: Desk) -> None:
    """Parameters over steps in which their gradient is zero."""
    for lr, decay in ((0.1, 0.5), (0.01, 0.1), (0.3, 0.0)):
        p = _parameter(desk, 6, dtype=torch.float64)
        optimizer = code.AdamW([p], lr=lr, weight_decay=decay)
        for step in range(1, 9):
            _step(optimizer, [p], [torch.zeros_like(p)])
            desk.answer(
                f"{lr} {step}",
                p,
                given=f"6 parameters after step {step}, gradients of zero, lr {lr:g}, "
                f"weight_decay {decay:g}",
                dtype=torch.float64,
                roundings=PER_STEP * step,
            )


@OPTIMIZER.question
def optimizer_defaults(code: Code, desk: Desk) -> None:
    """Parameters over many steps with the default settings."""
    sizes = {"about 1": 1.0, "about 1e-8": 1e-8, "zero": 0.0}
    for said, size in sizes.items():
        p = _parameter(desk, 6, dtype=torch.float64)
        start = p.detach().clone()
        optimizer = code.AdamW([p])
        for _ in range(25):
            _step(optimizer, [p], [desk.normal(6, dtype=torch.float64, scale=size)])
        desk.answer(
            said,
            p.detach() - start,
            given=f"the change of 6 parameters in 25 steps with gradients that are {said}",
            dtype=torch.float64,
            # The change is at most 25 lr, and each step rounds parameters of up to 4.
            roundings=PER_STEP * 25,
            scale=0.0125,
        )


@OPTIMIZER.question
def optimizer_without_gradient(code: Code, desk: Desk) -> None:
    """Parameters without a gradient, at first or always, among others."""
    always, never, late = (_parameter(desk, 4, dtype=torch.float64) for _ in range(3))
    optimizer = code.AdamW([never, always, late], lr=0.1, betas=(0.8, 0.9), weight_decay=0.4)
    for step in range(8):
        always.grad = desk.normal(4, dtype=torch.float64)
        drawn = desk.normal(4, dtype=torch.float64)
        late.grad = drawn if step in {3, 4, 6} else None
        optimizer.step()
    for said, parameter in (
        ("a parameter that always has a gradient", always),
        ("a parameter that never has a gradient", never),
        ("a parameter that has a gradient at steps 4, 5 and 7 only", late),
    ):
        desk.answer(
            said,
            parameter,
            given=f"{said}, after 8 steps",
            dtype=torch.float64,
            roundings=PER_STEP * 8,
        )


@OPTIMIZER.question
def optimizer_groups(code: Code, desk: Desk) -> None:
    """Parameters in groups that have settings of their own."""
    a, b, c = (_parameter(desk, 4, dtype=torch.float64) for _ in range(3))
    optimizer = code.AdamW(
        [
            {"params": [a], "lr": 0.2, "betas": (0.5, 0.8)},
            {"params": [b], "weight_decay": 0.0, "eps": 0.1},
        ],
        lr=0.05,
        weight_decay=0.6,
    )
    optimizer.add_param_group({"params": [c], "weight_decay": 1.5})
    _steps(optimizer, desk, [a, b, c], 10)
    for name, parameter in (
        ("first of three groups", a),
        ("second of three groups", b),
        ("last of three groups, added later", c),
    ):
        desk.answer(
            name,
            parameter,
            given=f"the {name}, after 10 steps",
            dtype=torch.float64,
            roundings=PER_STEP * 10,
        )


@OPTIMIZER.question
def optimizer_changed_rate(code: Code, desk: Desk) -> None:
    """Parameters while the learning rate changes from step to step, as a schedule does it."""
    p = _parameter(desk, 5, dtype=torch.float64)
    optimizer = code.AdamW([p], lr=1.0, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.5)
    rates = (0.0, 0.05, 0.1, 0.2, 0.1, 0.02)
    for step, lr in enumerate(rates, start=1):
        for group in optimizer.param_groups:
            group["lr"] = lr
        _step(optimizer, [p], [desk.normal(5, dtype=torch.float64)])
        desk.answer(
            f"{len(desk.cases)}",
            p,
            given=f"5 parameters after steps with lr {', '.join(f'{r:g}' for r in rates[:step])}",
            dtype=torch.float64,
            roundings=PER_STEP * 6,
        )


@OPTIMIZER.question
def optimizer_descent(code: Code, desk: Desk) -> None:
    """Parameters that descend a bowl: each step's gradient comes from the one before."""
    p = _parameter(desk, 4, dtype=torch.float64)
    optimizer = code.AdamW([p], lr=0.1, betas=(0.7, 0.9), eps=0.1, weight_decay=0.2)
    slopes = desk.exactly([0.5, 1.0, 2.0, 4.0], torch.float64)
    for step in range(1, 16):
        optimizer.zero_grad()
        (slopes * (p - 1) ** 2).sum().backward()
        optimizer.step()
        if step % 5 == 0:
            desk.answer(
                f"{step}",
                p,
                given=f"4 parameters after step {step}, lr 0.1, betas (0.7, 0.9), eps 0.1, "
                "weight_decay 0.2",
                dtype=torch.float64,
                # A step's error reaches the next gradient, eight times as large at the steepest,
                # and the step again by lr / eps at most.
                roundings=PER_STEP * step * 8,
            )


@OPTIMIZER.question
def optimizer_resume(code: Code, desk: Desk) -> None:
    """Steps of a new optimizer that is given the state of another one."""
    p = _parameter(desk, 5, dtype=torch.float64)
    chosen = {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.5}
    first = code.AdamW([p], **chosen)
    _steps(first, desk, [p], 4)
    kept = p.detach().clone()
    q = nn.Parameter(kept.clone())
    second = code.AdamW([q], lr=7.0)
    second.load_state_dict(first.state_dict())
    _steps(second, desk, [q], 4)
    desk.answer(
        "after",
        q,
        given="5 parameters after 4 steps with one optimizer and 4 with another that has its state",
        dtype=torch.float64,
        roundings=PER_STEP * 8,
    )
    desk.holds(
        "first",
        torch.equal(p, kept),
        given="the parameters of the first, while the second goes on",
        wanted="no change",
        otherwise="a change",
    )


@OPTIMIZER.question
def optimizer_settings(code: Code, desk: Desk) -> None:
    """Settings that make no sense."""
    for said, chosen in (
        ("lr", {"lr": -0.1}),
        ("eps", {"eps": -1e-8}),
        ("weight_decay", {"weight_decay": -0.01}),
        ("first beta", {"betas": (1.0, 0.9)}),
        ("second beta", {"betas": (0.9, 1.0)}),
        ("beta below zero", {"betas": (-0.1, 0.9)}),
    ):
        make = partial(code.AdamW, [_parameter(desk, 2, dtype=torch.float32)], **chosen)
        desk.refuses(
            said, make, given=", ".join(f"{name} {value}" for name, value in chosen.items())
        )


@OPTIMIZER.question
def optimizer_closure(code: Code, desk: Desk) -> None:
    """A step that is handed a closure, which sets the gradients and gives the loss."""
    p = _parameter(desk, 4, dtype=torch.float64)
    gradient = desk.normal(4, dtype=torch.float64)
    optimizer = code.AdamW([p], lr=0.1, weight_decay=0.5)

    def closure() -> float:
        p.grad = gradient.clone()
        return 2.5

    desk.number(
        "loss",
        optimizer.step(closure),
        given="what step gives back for a closure whose loss is 2.5",
        expected=2.5,
    )
    desk.answer(
        "parameters",
        p,
        given="4 parameters after a step with a closure",
        dtype=torch.float64,
        roundings=PER_STEP,
    )
    desk.answer(
        "gradient",
        p.grad,
        given="the gradient that the closure set, after the step",
        dtype=torch.float64,
        roundings=0,
    )


def _parameter(desk: Desk, *shape: int, dtype: torch.dtype) -> nn.Parameter:
    return nn.Parameter(desk.normal(*shape, dtype=dtype))


def _step(
    optimizer: torch.optim.Optimizer,
    parameters: Sequence[nn.Parameter],
    gradients: Sequence[Tensor],
) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()


def _steps(
    optimizer: torch.optim.Optimizer, desk: Desk, parameters: Sequence[nn.Parameter], count: int
) -> None:
    for _ in range(count):
        gradients = [desk.normal(*p.shape, dtype=torch.float64) for p in parameters]
        _step(optimizer, parameters, gradients)
