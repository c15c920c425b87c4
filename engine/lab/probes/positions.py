"""Positions: that each token is rotated by its own, in the layer and through the whole model."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from engine.evidence import Measurement, number
from engine.lab.probes import references
from engine.lab.probes.context import Context
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.probes.references import SINGLE
from engine.lab.subjects import Subject

THETA = 10_000.0


@probe("rope.positions", "Is each token rotated by the position it was given?")
def positions_given(subject: Subject, context: Context) -> Reading:
    """Gives positions in no order, with gaps and repeats, in one call and one by one. The position,
    not the place in the tensor, decides the angle: both are the same multiplication, to 4·eps.
    """
    d_k = context.config.d_head
    positions = torch.tensor([9, 0, 4, 4, 1, 31])
    x = context.normal(2, len(positions), d_k)
    together = subject.rope(x, positions, THETA, 32)
    alone = torch.cat(
        [
            subject.rope(x[:, i : i + 1], positions[i : i + 1], THETA, 32)
            for i in range(len(positions))
        ],
        dim=1,
    )
    tolerance = 4 * rounding(context.dtype) * (1 + float(wide(x).norm(dim=-1).max()))
    gap = compare("a token among others", together, alone, tolerance)
    return reading(
        gap,
        quiet="Each token is rotated by the position it was given.",
        fires=f"A token at position {int(positions[gap.index[1]])} among others is "
        f"{gap.observed:.4g}, and {gap.expected:.4g} when it is alone.",
    )


@probe("rope.long", "Does the rotation hold at positions in the thousands?")
def long_positions(subject: Subject, context: Context) -> Reading:
    """Turns a unit vector at positions up to 8000 and compares with cosine and sine in float64.
    Float32 knows an angle of 8000 radians to 16·eps·8000, 0.015 radian; half precision would know
    nothing.
    """
    d_k = context.config.d_head
    positions = torch.tensor([100, 999, 2048, 4095, 8000])
    x = torch.zeros(1, len(positions), d_k, dtype=context.dtype)
    x[..., 0] = 1
    observed = wide(subject.rope(x, positions, THETA, 8001))[0, :, 0]
    expected = [math.cos(int(p)) for p in positions]
    tolerance = 16 * SINGLE * positions.double() + 4 * rounding(context.dtype)
    gap = compare(
        "cosine of the angle", observed, torch.tensor(expected, dtype=torch.float64), tolerance
    )
    return reading(
        gap,
        quiet="The rotation holds up to position 8000.",
        fires=f"At position {int(positions[gap.index[0]])} the {gap.what} is {gap}.",
    )


@probe("rope.per_sequence", "May every sequence of a batch have positions of its own?")
def per_sequence(subject: Subject, context: Context) -> Reading:
    """Gives multi-head attention a batch of two sequences, each with its own positions, and
    compares with each sequence alone. They are the same sums; the layer's rounding is tolerated,
    twice.
    """
    c = context.config
    n = c.context_length
    x, weights = context.normal(2, n, c.d_model), context.attention_weights()
    positions = torch.stack([torch.arange(n), 3 * torch.arange(n).flip(0) + 2])
    limit = 3 * n + 2
    together = subject.multihead(x, weights, c.num_heads, positions, THETA, limit)
    gaps = []
    for i in (0, 1):
        alone = subject.multihead(x[i : i + 1], weights, c.num_heads, positions[i], THETA, limit)
        error = references.multihead(x[i : i + 1], weights, c.num_heads, positions[i], THETA).error
        gaps.append(compare(f"output of sequence {i}", together[i], wide(alone)[0], 2 * error[0]))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Every sequence of a batch may have positions of its own.",
        fires=f"In a batch the {gap.what} is {gap.observed:.4g}, and {gap.expected:.4g} alone with "
        "the same positions.",
    )


@probe("rope.model", "Does the model count positions from 0, and make use of them?")
def model_positions(subject: Subject, context: Context) -> Reading:
    """Runs the model without positions, with 0, 1, 2, …, and with those in reverse, at a theta of
    10. The first two must agree, to 64·layers·width·eps of the largest logit; the third must differ
    by more than that.
    """
    context = context.at_least_float32()
    c = replace(context.config, rope_theta=10.0)
    model = subject.language_model(c, context.seed, context.dtype)
    tokens = context.tokens()[:2]
    positions = torch.arange(c.context_length)
    with torch.no_grad():
        default = wide(subject.logits(model, tokens))
        counted = wide(subject.logits(model, tokens, positions))
        turned = wide(subject.logits(model, tokens, positions.flip(0)))
    tolerance = references.depth_tolerance(c, default, context.dtype)
    gap = compare("logits without positions, minus with", default - counted, 0.0, tolerance)
    moved = float((turned - counted).abs().max())
    blind = not moved > tolerance
    seen = Measurement("largest change of a logit with positions reversed", number(moved))
    if gap.exceeds:
        finding = (
            f"Without positions the logits differ by {gap.observed:.4g} from those at 0, 1, 2, …, "
            f"at token {gap.index[1]}."
        )
    elif blind:
        finding = f"Reversing all positions moves the logits by {moved:.1g}, no more than rounding."
    else:
        finding = f"Positions count from 0, and reversing them moves the logits by {moved:.3g}."
    return Reading(gap.exceeds or blind, finding, (gap.measurement, seen))
