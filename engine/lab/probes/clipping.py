"""Gradient clipping by global norm, Pascanu et al. 2013: one factor for all gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.lab.probes.context import Context
from engine.lab.probes.reading import Reading, Skip, compare, probe, reading, rounding, wide, worst
from engine.lab.subjects import Subject

FLOOR = 1e-6
"""Added to the norm before dividing, by torch and by most; tolerated, not asked for."""


def _parameters(context: Context, scale: float) -> list[nn.Parameter]:
    """Three parameters of different shapes, with gradients of different sizes."""
    shapes, sizes = ((4, 5), (7,), (2, 3, 2)), (1.0, 0.1, 3.0)
    found = [nn.Parameter(torch.zeros(shape, dtype=context.dtype)) for shape in shapes]
    for parameter, size in zip(found, sizes, strict=True):
        parameter.grad = context.normal(*parameter.shape, scale=size * scale)
    return found


def _joined(parameters: list[nn.Parameter]) -> Tensor:
    """All gradients as one vector, in float64."""
    return torch.cat([wide(p.grad).flatten() for p in parameters if p.grad is not None])


def _tolerance(count: int, context: Context, norm: float) -> float:
    """Of a norm of ``count`` elements and a product with a factor, relative."""
    return (count + 16) * rounding(context.dtype) + 2 * FLOOR / norm


@probe("clipping.norm", "Is the norm of all gradients together the limit, after clipping?")
def norm(subject: Subject, context: Context) -> Reading:
    """Clips gradients of three parameters, whose joint norm is far above the limit: it must come
    down to the limit, jointly. A sum of n squares is good to (n + 16)·eps, and 10⁻⁶ may be added to
    the norm.
    """
    gaps = []
    for limit in (0.5, 1.0, 5.0):
        parameters = _parameters(context, 10.0)
        before = float(_joined(parameters).norm())
        subject.clip(parameters, limit)
        joined = _joined(parameters)
        tolerance = limit * _tolerance(len(joined), context, before)
        gaps.append(compare(f"norm after, limit {limit:g}", joined.norm(), limit, tolerance))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="After clipping the joint norm is the limit.",
        fires=f"The {gap.what}, is {gap}.",
    )


@probe("clipping.untouched", "Are gradients below the limit left alone?")
def untouched(subject: Subject, context: Context) -> Reading:
    """Clips gradients whose joint norm is half the limit: not one bit may change, so nothing is
    tolerated.
    """
    parameters = _parameters(context, 1.0)
    before = _joined(parameters)
    subject.clip(parameters, 2 * float(before.norm()))
    gap = compare(f"gradients, of ({len(before)},)", _joined(parameters), before, 0.0)
    return reading(
        gap,
        quiet="Gradients below the limit are left alone.",
        fires=f"A gradient below the limit goes from {gap.expected:.4g} to {gap.observed:.4g}.",
    )


@probe("clipping.direction", "Do the clipped gradients point where they pointed?")
def direction(subject: Subject, context: Context) -> Reading:
    """Divides each gradient after by the same before: the quotient must be one number for all,
    limit / norm. Clipping element by element, or each parameter by itself, turns the step.
    Tolerated: (n + 16)·eps and 10⁻⁶ / norm, relative.
    """
    parameters = _parameters(context, 10.0)
    before = _joined(parameters)
    size, limit = float(before.norm()), 1.0
    subject.clip(parameters, limit)
    tolerance = 2 * _tolerance(len(before), context, size) * limit / size
    factors = _joined(parameters) / before
    gap = compare(
        f"gradient after over before, of ({len(before)},)", factors, limit / size, tolerance
    )
    return reading(
        gap,
        quiet="All gradients are scaled by the same factor.",
        fires=f"One gradient is scaled by {gap.observed:.4g}, where {gap.expected:.4g} is due for "
        "all.",
    )


@probe("clipping.reported", "Is the norm that it reports the norm before clipping?")
def reported(subject: Subject, context: Context) -> Reading:
    """Compares the returned norm with that of all gradients as one vector, above and below the
    limit. A sum of n squares and its root: (n + 16)·eps relative.
    """
    gaps = []
    for limit, name in ((0.1, "above"), (1e4, "below")):
        parameters = _parameters(context, 2.0)
        joined = _joined(parameters)
        tolerance = (len(joined) + 16) * rounding(context.dtype) * float(joined.norm())
        seen = subject.clip(parameters, limit)
        if seen is None:
            raise Skip("It reports no norm.")
        gaps.append(compare(f"norm reported, {name} the limit", seen, joined.norm(), tolerance))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The norm before clipping is what it reports.",
        fires=f"The {gap.what}, is {gap}.",
    )


@probe("clipping.missing", "Does it pass over parameters without a gradient?")
def missing(subject: Subject, context: Context) -> Reading:
    """Takes one gradient of three away and clips: the other two come down to the limit, the third
    stays without. Tolerated: (n + 16)·eps and 10⁻⁶ / norm, relative.
    """
    parameters = _parameters(context, 10.0)
    parameters[1].grad = None
    before = float(_joined(parameters).norm())
    subject.clip(parameters, 1.0)
    joined = _joined(parameters)
    tolerance = _tolerance(len(joined), context, before)
    gaps = (
        compare("norm of the other gradients", joined.norm(), 1.0, tolerance),
        compare(
            "number of gradients after",
            float(sum(p.grad is not None for p in parameters)),
            2.0,
            0.0,
        ),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="A parameter without gradient is passed over.",
        fires=f"With one of three parameters without gradient, the {gap.what} is {gap}.",
    )
