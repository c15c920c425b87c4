"""AdamW over many steps: what the weights, the moments and the path depend on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves
from engine.lab.probes.optimizer import EPS, gradients_for, steps_of
from engine.lab.probes.reading import (
    Gap,
    Reading,
    Skip,
    compare,
    probe,
    reading,
    rounding,
    wide,
    worst,
)
from engine.lab.subjects import Subject


@probe("optimizer.decoupled", "Do two weights with the same gradients differ by decay alone?")
def decoupled(subject: Subject, context: Context) -> Reading:
    """Runs two weights, far apart, on the same gradients: Adam's part is the same for both, so
    their distance shrinks by 1 - lr·decay each step, and by nothing else, whichever comes first.
    Tolerated: the rounding of two walks, eps of the weights a step.
    """
    lr, weight_decay, steps = 0.05, 0.2, 15
    gradients = gradients_for(context, steps, 1)
    near, far = torch.tensor([0.5], dtype=context.dtype), torch.tensor([8.0], dtype=context.dtype)
    options = {"lr": lr, "betas": (0.9, 0.99), "weight_decay": weight_decay}
    a, b = (
        torch.stack(list(steps_of(subject, p, gradients, **options)))[:, 0] for p in (near, far)
    )
    expected = 7.5 * (1 - lr * weight_decay) ** torch.arange(1, steps + 1, dtype=torch.float64)
    tolerance = 8 * steps * rounding(context.dtype) * 8.0
    gap = compare(f"distance of the two weights, of ({steps},)", b - a, expected, tolerance)
    return reading(
        gap,
        quiet="Two weights on the same gradients differ by decay alone.",
        fires=f"After {gap.index[0] + 1} steps on the same gradients the two weights are "
        f"{gap.observed:.6g} apart, where decay alone leaves {gap.expected:.6g}.",
        figure=curves(
            "Distance of two weights on the same gradients",
            [float(i) for i in range(1, steps + 1)],
            {"observed": b - a, "7.5·(1 - lr·decay)^t": expected},
            "step",
            "distance",
        ),
    )


@probe("optimizer.moments", "Are the moments averages of the gradients, and of nothing else?")
def moments(subject: Subject, context: Context) -> Reading:
    """Looks through the optimizer's state for the running means of the gradient and of its square,
    which are known sums of the gradients fed in, after ten steps with decay. Tolerated: 4·eps a
    step, of the largest term.
    """
    (beta1, beta2), steps = (0.9, 0.99), 10
    weights = torch.nn.Parameter(context.normal(6, scale=5.0))
    gradients = gradients_for(context, steps, 6)
    optimizer = subject.adamw([weights], lr=0.05, betas=(beta1, beta2), eps=EPS, weight_decay=0.3)
    m, v = torch.zeros(6, dtype=torch.float64), torch.zeros(6, dtype=torch.float64)
    for gradient in gradients:
        weights.grad = gradient.clone()
        optimizer.step()
        m = beta1 * m + (1 - beta1) * wide(gradient)
        v = beta2 * v + (1 - beta2) * wide(gradient).square()
    kept = {
        str(name): value
        for name, value in optimizer.state.get(weights, {}).items()
        if isinstance(value, Tensor) and value.shape == weights.shape and value.is_floating_point()
    }
    if not kept:
        raise Skip("The optimizer's state holds no tensor of the weight's shape.")
    largest = float(torch.stack([wide(g).abs() for g in gradients]).max())
    unit = 4 * steps * rounding(context.dtype)
    gaps = [
        _closest("mean of the gradients", kept, m, unit * largest),
        _closest("mean of their squares", kept, v, unit * largest**2),
    ]
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The state holds the running means of the gradient and of its square.",
        fires=f"No tensor of the state is the running {gap.what.partition(',')[0]}; the closest "
        f"has {gap}.",
    )


def _closest(what: str, kept: dict[str, Tensor], expected: Tensor, tolerance: float) -> Gap:
    name, value = min(
        kept.items(),
        key=lambda item: float((wide(item[1]) - expected).abs().nan_to_num(1e30).max()),
    )
    return compare(
        f"{what}, in state {name!r} of {tuple(expected.shape)}", value, expected, tolerance
    )


def _adamw(
    start: Tensor, gradients: Sequence[Tensor], before: bool, corrected: bool, **o: float
) -> Iterator[Tensor]:
    """AdamW in float64. before: decay before the Adam step; corrected: eps beside the corrected
    root.
    """
    p, m, v = wide(start).clone(), torch.zeros_like(wide(start)), torch.zeros_like(wide(start))
    for t, gradient in enumerate(gradients, 1):
        g = wide(gradient)
        m, v = o["beta1"] * m + (1 - o["beta1"]) * g, o["beta2"] * v + (1 - o["beta2"]) * g * g
        root = math.sqrt(1 - o["beta2"] ** t)
        eps = o["eps"] * (1.0 if corrected else 1 / root)
        step = o["lr"] * (m / (1 - o["beta1"] ** t)) / (v.sqrt() / root + eps)
        shrink = 1 - o["lr"] * o["decay"]
        p = p * shrink - step if before else (p - step) * shrink
        yield p.clone()


@probe("optimizer.trajectory", "Does it walk where AdamW walks?")
def trajectory(subject: Subject, context: Context) -> Reading:
    """Feeds 25 random gradients and follows the weights beside AdamW written out in float64, with
    decay before or after the Adam step and eps on either side of the correction: one of the four
    must fit. Tolerated per step: eps of the weight, and of a step the correction's eps / (1 -
    beta2).
    """
    steps, lr, beta1, beta2, weight_decay, eps = 25, 0.02, 0.8, 0.95, 0.3, 1e-3
    start, gradients = context.normal(5, scale=2.0), gradients_for(context, steps, 5)
    weights = torch.nn.Parameter(start.clone())
    optimizer = subject.adamw(
        [weights], lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay
    )
    path = []
    for gradient in gradients:
        weights.grad = gradient.clone()
        optimizer.step()
        path.append(wide(weights).clone())
    seen = torch.stack(path)
    options = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "decay": weight_decay}
    forms = {
        f"decay {'before' if before else 'after'}, eps {'after' if corrected else 'before'} "
        "correction": (torch.stack(list(_adamw(start, gradients, before, corrected, **options))))
        for before in (True, False)
        for corrected in (True, False)
    }
    form, expected = min(
        forms.items(), key=lambda item: float((seen - item[1]).abs().nan_to_num(1e30).max())
    )
    unit = rounding(context.dtype)
    tolerance = steps * (
        2 * unit * float(seen.nan_to_num().abs().max()) + lr * unit / (1 - beta2) * 4
    )
    gap = compare(f"weights over {steps} steps ({form})", seen, expected, tolerance)
    return reading(
        gap,
        quiet=f"The weights walk where AdamW's walk ({form}).",
        fires=f"After step {gap.index[0] + 1} the weight is {gap}, by the nearest form of AdamW.",
        figure=curves(
            "A weight over the steps",
            [float(i) for i in range(1, steps + 1)],
            {"observed": seen[:, gap.index[1]], "AdamW": expected[:, gap.index[1]]},
            "step",
            "weight",
        ),
    )
