"""Gradients: does the backward pass belong to the forward pass?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.evidence import Measurement, number
from engine.lab.probes.backwards import gradients_of
from engine.lab.probes.context import Context
from engine.lab.probes.figures import table
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide
from engine.lab.subjects import Subject

STEP = 5e-5
"""Of a parameter's own norm: small for the steepest model, large beside rounding."""


@probe("gradients.finite_differences", "Does every gradient predict how the loss moves?")
def finite_differences(subject: Subject, context: Context) -> Reading:
    """Moves each parameter of a model of one block by ±h along a mix of its gradient and a random
    direction, in float64, and compares the slope of the loss with what the gradient says.
    Tolerated: the rounding of the loss, measured, over h; where that is not enough, the slope at
    h/2 tells the error of the difference (Richardson), which is added. Where the loss has kinks
    within the step, as with ReLU, the gradient may be any of the slopes beside them.
    """
    c = context.config
    config = replace(c, num_layers=1)
    model = subject.language_model(config, context.seed, torch.float64)
    tokens = context.tokens()[:2]
    targets = context.integers(c.vocab_size, *tokens.shape)

    def loss() -> Tensor:
        return F.cross_entropy(subject.logits(model, tokens).flatten(0, 1), targets.flatten())

    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    found = gradients_of(loss(), [p for _, p in named])
    noise = _noise(loss, [p for _, p in named], context) / STEP
    rows: list[tuple[str, float, float, float]] = []
    for (name, parameter), gradient in zip(named, found, strict=True):
        direction = _random(parameter, context)
        direction = direction / direction.norm() + gradient / max(float(gradient.norm()), 1e-30)
        # A step of h moves the parameter by h times its own size.
        direction = direction * (parameter.detach().norm() / direction.norm())
        told = float((gradient * direction).sum())
        slope, error = _slope(loss, parameter, direction, STEP), 0.0
        if not abs(told - slope) <= noise:
            finer = _slope(loss, parameter, direction, STEP / 2)
            slope, error = finer + (finer - slope) / 3, abs(finer - slope) + noise
        if not abs(told - slope) <= noise + error and (
            kinks := _kinks(loss, parameter, direction, noise)
        ):
            # A mean slope is half a stretch away from the slope at its end: as much again.
            slope, error = sum(kinks) / 2, kinks[1] - kinks[0]
        rows.append((name, told, slope, noise + error))
    gap = compare(
        f"slope of the loss along each of {len(named)} parameters",
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
    )
    name = rows[gap.index[0]][0]
    return reading(
        gap,
        quiet=f"The gradients of all {len(named)} parameters predict how the loss moves.",
        fires=f"The gradient of {name} says that the loss rises by {gap.observed:.4g} per step "
        f"where it rises by {gap.expected:.4g}.",
        figure=table(
            "Slope of the loss", ("parameter", "by the gradient", "measured", "tolerated"), rows
        ),
    )


def _random(parameter: Tensor, context: Context) -> Tensor:
    return torch.randn(parameter.shape, generator=context.generator, dtype=torch.float64)


def _noise(loss: Callable[[], Tensor], parameters: list[Tensor], context: Context) -> float:
    """How far rounding moves the loss: eight times the largest of four second differences over a
    millionth of the parameters, where the loss's own curvature is a millionth of a millionth.

    Measured, for the code may compute in float32 inside a model of float64, or may not.
    """
    kept = [p.detach().clone() for p in parameters]
    largest = 16 * torch.finfo(torch.float64).eps
    with torch.no_grad():
        here = float(loss())
        for _ in range(4):
            ways = [_random(p, context) * p.norm() / p.numel() ** 0.5 for p in kept]
            ends = []
            for h in (1e-6, -1e-6):
                for p, start, way in zip(parameters, kept, ways, strict=True):
                    p.copy_(start + h * way)
                ends.append(float(loss()))
            largest = max(largest, abs(ends[0] - 2 * here + ends[1]))
        for p, start in zip(parameters, kept, strict=True):
            p.copy_(start)
    return 8 * largest


def _slope(loss: Callable[[], Tensor], parameter: Tensor, direction: Tensor, h: float) -> float:
    """The central difference of ``loss`` along ``direction``; the parameter is put back."""
    kept = parameter.detach().clone()
    with torch.no_grad():
        parameter.copy_(kept + h * direction)
        up = float(loss())
        parameter.copy_(kept - h * direction)
        down = float(loss())
        parameter.copy_(kept)
    return (up - down) / (2 * h)


def _kinks(
    loss: Callable[[], Tensor], parameter: Tensor, direction: Tensor, noise: float
) -> tuple[float, float] | None:
    """The least and the largest slope of eight stretches of the step; None of a smooth loss.

    The slopes of a smooth loss lie on a line, but for STEP² and for ``noise`` at a quarter of the
    length.
    """
    kept = parameter.detach().clone()
    values = []
    with torch.no_grad():
        for eighth in range(-4, 5):
            parameter.copy_(kept + eighth / 4 * STEP * direction)
            values.append(float(loss()))
        parameter.copy_(kept)
    slopes = torch.tensor(values, dtype=torch.float64).diff() / (STEP / 4)
    places = torch.arange(8, dtype=torch.float64) - 3.5
    line = slopes.mean() + places * (slopes @ places) / (places @ places)
    if float((slopes - line).abs().max()) <= 4 * noise:
        return None
    return float(slopes.min()), float(slopes.max())


@probe("gradients.reach", "Does every parameter get a gradient?")
def reach(subject: Subject, context: Context) -> Reading:
    """Back-propagates the cross-entropy of one batch and lists each parameter's gradient norm. One
    that stays without a gradient, or at exactly zero, or is not finite, never learns; there is
    nothing to tolerate.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    tokens = context.tokens()
    targets = context.integers(c.vocab_size, *tokens.shape)
    logits = subject.logits(model, tokens)
    F.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
    rows, missing = [], []
    for name, p in model.named_parameters():
        if not p.requires_grad:  # frozen on purpose
            continue
        norm = 0.0 if p.grad is None else float(wide(p.grad).norm())
        rows.append((name, tuple(p.shape), "none" if p.grad is None else norm))
        if not 0 < norm < float("inf"):
            missing.append(name)
    return Reading(
        bool(missing),
        "No finite gradient reaches "
        f"{', '.join(missing[:3])}{f' and {len(missing) - 3} more' if len(missing) > 3 else ''}."
        if missing
        else f"Each of {len(rows)} parameters gets a gradient.",
        (Measurement("parameters without a finite, non-zero gradient", len(missing), 0, 0.0),),
        table("Gradients", ("parameter", "shape", "norm"), rows),
    )


@probe("gradients.examples", "Is a batch's gradient the mean of its examples' gradients?")
def examples(subject: Subject, context: Context) -> Reading:
    """Takes the gradient of the subject's loss on a batch and on each of its sequences alone: the
    first is the mean of the others, because loss and model treat sequences apart. Both are sums of
    as many terms; the order may cost 64·layers·width·eps of the largest element.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    tokens = context.tokens()
    targets = context.integers(c.vocab_size, *tokens.shape)
    parameters = [p for p in model.parameters() if p.requires_grad]

    def gradient(rows: slice) -> Tensor:
        loss = subject.cross_entropy(subject.logits(model, tokens[rows]), targets[rows])
        return torch.cat([g.flatten() for g in gradients_of(loss, parameters)])

    whole = gradient(slice(None))
    singles = torch.stack([gradient(slice(i, i + 1)) for i in range(len(tokens))])
    width = c.d_model + c.d_ff
    tolerance = 64 * c.num_layers * width * rounding(context.dtype) * float(singles.abs().max())
    gap = compare("gradient of a batch, element by element", whole, singles.mean(0), tolerance)
    norm, due = float(whole.norm()), float(singles.mean(0).norm())
    return reading(
        gap,
        quiet="A batch's gradient is the mean of its examples' gradients.",
        fires=f"A batch of {len(tokens)} has a gradient of norm {norm:.4g}, the mean of its "
        f"examples' one of {due:.4g}.",
        context=(Measurement("norm of the batch's gradient", number(norm), number(due)),),
    )
