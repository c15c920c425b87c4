"""AdamW: Adam with decoupled weight decay, Kingma & Ba 2015 and Loshchilov & Hutter 2019.

Two things are left open, because the field knows both: decay before the Adam step (as in torch) or
after it (as in the paper), and eps added before or after the bias correction.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from engine.evidence import Measurement
from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves
from engine.lab.probes.reading import (
    Reading,
    compare,
    probe,
    reading,
    rounding,
    wide,
    worst,
)
from engine.lab.subjects import Subject

EPS = 1e-8


def steps_of(
    subject: Subject, start: Tensor, gradients: Sequence[Tensor], **options: object
) -> Iterator[Tensor]:
    """The weights after each step, in float64, when these gradients come in."""
    weights = torch.nn.Parameter(start.clone())
    optimizer = subject.adamw([weights], eps=EPS, **options)
    for gradient in gradients:
        weights.grad = gradient.clone()
        optimizer.step()
        yield wide(weights).clone()


def gradients_for(context: Context, count: int, *shape: int) -> list[Tensor]:
    """Random gradients, none nearer to zero than 0.1, where eps would show."""
    drawn = [context.normal(*shape) for _ in range(count)]
    return [torch.where(g < 0, g - 0.1, g + 0.1) for g in drawn]


def step_tolerance(lr: float, beta2: float, dtype: torch.dtype) -> float:
    """How far rounding can take one Adam step of gradients above 0.1: a bias correction taken in
    the weights' dtype loses eps / (1 - beta2), and eps may stand before or after it.
    """
    correction = rounding(dtype) / (1 - beta2)
    placed = EPS / (0.1 * math.sqrt(1 - beta2))
    return lr * (correction + placed + 16 * rounding(dtype))


@probe("optimizer.decay", "Does a weight without gradient shrink by lr times decay, each step?")
def decay(subject: Subject, context: Context) -> Reading:
    """Gives gradients of zero: Adam's step is 0 / (0 + eps) = 0, and what is left is decay, which
    multiplies weights small and large by 1 - lr·decay, from the first step on. Each product costs
    2·eps.
    """
    lr, weight_decay, steps = 0.1, 0.5, 20
    start = torch.tensor([0.01, 1.0, -3.0, 100.0], dtype=context.dtype)
    zeros = [torch.zeros_like(start)] * steps
    seen = torch.stack(
        list(steps_of(subject, start, zeros, lr=lr, betas=(0.9, 0.999), weight_decay=weight_decay))
    )
    expected = (1 - lr * weight_decay) ** torch.arange(1, steps + 1, dtype=torch.float64)
    ratio = seen / wide(start)
    tolerance = 4 * torch.arange(1, steps + 1)[:, None] * rounding(context.dtype)
    gap = compare(
        f"weight over starting weight, of ({steps}, 4)", ratio, expected[:, None], tolerance
    )
    first = float(ratio[0, 0])
    return reading(
        gap,
        quiet=f"Without gradient every weight shrinks by the factor {1 - lr * weight_decay:g} a "
        "step.",
        fires=f"Without gradient the first step multiplies a weight by {first:.6g}, where 1 - "
        f"lr·decay = {1 - lr * weight_decay:g} is due, and after {steps} steps by "
        f"{float(ratio[-1, 1]):.4g}.",
        figure=curves(
            "A weight that gets no gradient",
            [float(i) for i in range(1, steps + 1)],
            {"observed": ratio[:, 1], "(1 - lr·decay)^t": expected},
            "step",
            "share of the start",
        ),
    )


@probe("optimizer.first_step", "Is the first step as large as the learning rate?")
def first_step(subject: Subject, context: Context) -> Reading:
    """Starts at zero, with gradients of many sizes: bias-corrected, the first step is lr·g / |g|,
    so lr against the gradient's sign whatever its size. eps may stand on either side of the
    correction: eps / (0.1·√(1 - beta2)) relative, and eps(dtype) / (1 - beta2) for the correction.
    """
    lr, betas = 0.01, (0.9, 0.999)
    gradient = gradients_for(context, 1, 6)[0] * torch.logspace(0, 3, 6).to(context.dtype)
    start = torch.zeros(6, dtype=context.dtype)
    step = next(steps_of(subject, start, [gradient], lr=lr, betas=betas, weight_decay=0.0))
    tolerance = step_tolerance(lr, betas[1], context.dtype)
    gap = compare("first step from zero", step, -lr * wide(gradient).sign(), tolerance)
    return reading(
        gap,
        quiet="The first step has the size of the learning rate, against the gradient.",
        fires=f"For a gradient of {float(gradient[gap.index]):.4g} the first step is "
        f"{gap.observed:.4g}, where {gap.expected:.4g} is due.",
    )


@probe("optimizer.bias_correction", "Does a constant gradient make steps of constant size?")
def bias_correction(subject: Subject, context: Context) -> Reading:
    """Feeds one and the same gradient: its corrected mean is g and the root of its corrected square
    |g|, so every step is lr, the first as the fiftieth. Tolerated per step: the correction's
    rounding, and eps of the weight it is read off.
    """
    lr, betas, steps = 0.01, (0.9, 0.999), 50
    gradient = gradients_for(context, 1, 1)[0]
    start = torch.zeros(1, dtype=context.dtype)
    path = list(steps_of(subject, start, [gradient] * steps, lr=lr, betas=betas, weight_decay=0.0))
    walked = torch.stack([wide(start), *path])[:, 0]
    sizes = -walked.diff() * float(gradient.sign())
    tolerance = step_tolerance(lr, betas[1], context.dtype) + rounding(context.dtype) * lr * steps
    gap = compare(f"size of a step, of ({steps},)", sizes, lr, tolerance)
    return reading(
        gap,
        quiet="A constant gradient makes steps of the learning rate, from the first to the last.",
        fires=f"Step {gap.index[0] + 1} under a constant gradient has size {gap.observed:.4g}, "
        f"where the learning rate {lr:g} is due.",
        figure=curves(
            "Size of the steps under a constant gradient",
            [float(i) for i in range(1, steps + 1)],
            {"observed": sizes, "learning rate": [lr] * steps},
            "step",
            "size",
        ),
    )


@probe("optimizer.scale_free", "Do gradients a thousand times larger make the same steps?")
def scale_free(subject: Subject, context: Context) -> Reading:
    """Multiplies all gradients by 1024, an exact product: m and √v grow alike and the quotient
    stays, but for eps beside gradients of 0.1 and more. Tolerated per step: that, and the rounding
    of a step.
    """
    lr, betas, steps = 0.01, (0.9, 0.99), 10
    gradients = gradients_for(context, steps, 5)
    start = torch.zeros(5, dtype=context.dtype)
    options = {"lr": lr, "betas": betas, "weight_decay": 0.0}
    plain = torch.stack(list(steps_of(subject, start, gradients, **options)))
    louder = torch.stack(list(steps_of(subject, start, [1024 * g for g in gradients], **options)))
    # Steps are taken in alternating directions: m can be far below √v, but never above it by 8.
    tolerance = steps * 8 * step_tolerance(lr, betas[1], context.dtype)
    gap = compare(
        "weights, minus those of gradients 1024 times larger", plain - louder, 0.0, tolerance
    )
    return reading(
        gap,
        quiet="The scale of the gradients does not matter to the steps.",
        fires=f"After step {gap.index[0] + 1} the weights differ by {gap.observed:.4g} when "
        "gradients are 1024 times larger.",
    )


@probe("optimizer.no_gradient", "Is a parameter without gradient left alone?")
def no_gradient(subject: Subject, context: Context) -> Reading:
    """Steps with two parameters of which one has no gradient: that one is passed over, decay and
    all, the other moves. Nothing is tolerated.
    """
    idle = torch.nn.Parameter(context.normal(4))
    busy = torch.nn.Parameter(context.normal(4))
    before, moved_from = wide(idle).clone(), wide(busy).clone()
    optimizer = subject.adamw([idle, busy], lr=0.1, weight_decay=0.1)
    busy.grad = torch.ones_like(busy)
    optimizer.step()
    still = (wide(busy) == moved_from).double().sum()
    gaps = (
        compare("change of the parameter without gradient", wide(idle) - before, 0.0, 0.0),
        compare("elements with a gradient that did not move, of 4", still, 0.0, 0.0),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="A parameter without gradient is left alone.",
        fires=f"The {gap.what} is {gap.observed:.4g}."
        if gap.index
        else f"{gap.observed:g} elements with a gradient did not move.",
    )


@probe("optimizer.groups", "Does each group follow its own learning rate and decay?")
def groups(subject: Subject, context: Context) -> Reading:
    """Sets up two groups, one with decay and one without, steps with gradients of zero and of one,
    then changes the learning rates as a schedule does. Each weight must follow its own group: (1 -
    lr·decay)·p - lr, in either order. Tolerated: lr²·decay for the order, and the rounding of a
    step.
    """
    first, second = (torch.nn.Parameter(torch.ones(3, dtype=context.dtype)) for _ in range(2))
    decays = (0.5, 0.0)
    optimizer = subject.adamw(
        [
            {"params": [first], "lr": 0.01, "weight_decay": decays[0]},
            {"params": [second], "lr": 0.002, "weight_decay": decays[1]},
        ],
        lr=1.0,
        betas=(0.9, 0.99),
        weight_decay=9.0,
    )
    gaps = []
    for turn, rates in enumerate(((0.01, 0.002), (0.003, 0.02)), 1):
        due, tolerances = [], []
        for p, group, lr, weight_decay in zip(
            (first, second), optimizer.param_groups, rates, decays, strict=True
        ):
            if turn == 2:
                group["lr"] = lr
            p.grad = torch.ones_like(p)
            due.append(wide(p) * (1 - lr * weight_decay) - lr)
            rounded = step_tolerance(lr, 0.99, context.dtype) + 4 * rounding(context.dtype)
            tolerances.append(lr * lr * weight_decay + rounded)
        optimizer.step()
        for p, name, expected, tolerance in zip(
            (first, second), "AB", due, tolerances, strict=True
        ):
            gaps.append(
                compare(f"weight of group {name} after step {turn}", p, expected, tolerance)
            )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Each group follows its own learning rate and decay, and a change of the rate.",
        fires=f"The {gap.what} is {gap}.",
        context=(Measurement("groups", len(optimizer.param_groups)),),
    )
