"""Causality: no output of a causal attention layer knows anything of a later token."""

from __future__ import annotations

import torch

from engine.lab.probes.backwards import gradients_of
from engine.lab.probes.context import Context
from engine.lab.probes.figures import heatmap
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.probes.references import multihead
from engine.lab.subjects import Subject


@probe("attention.causality", "Does changing a later token leave the earlier outputs alone?")
def causality(subject: Subject, context: Context) -> Reading:
    """Replaces the last token, then the last half of them, and compares the outputs before. A
    masked weight is exactly zero, so earlier outputs stay; only another order of summation may
    show.
    """
    c = context.config
    n = c.context_length
    x, weights = context.normal(2, n, c.d_model), context.attention_weights()
    positions = torch.arange(n)
    before = subject.multihead(x, weights, c.num_heads, positions)
    rounded = multihead(x, weights, c.num_heads, positions).error
    changes = torch.zeros(n, n, dtype=torch.float64)
    gaps = []
    for first in (n - 1, n // 2):
        other = x.clone()
        other[:, first:] = context.normal(2, n - first, c.d_model)
        after = subject.multihead(other, weights, c.num_heads, positions)
        change = (wide(after) - wide(before))[:, :first]
        what = f"change before token {first} when it is replaced"
        gaps.append(compare(what, change, 0.0, 2 * rounded[:, :first]))
    for later in range(n):
        other = x.clone()
        other[0, later] = -other[0, later]
        after = subject.multihead(other[:1], weights, c.num_heads, positions)
        changes[:, later] = (wide(after)[0] - wide(before)[0]).abs().amax(-1)
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Earlier outputs do not depend on later tokens.",
        fires=f"Token {gap.index[1]} changes by {gap.observed:.4g} when tokens after it are "
        "replaced.",
        figure=heatmap(
            "How far an output moves when a token is turned round", changes, "output", "token"
        ),
    )


@probe("attention.causality_gradient", "Does no gradient flow from an output to a later token?")
def causality_gradient(subject: Subject, context: Context) -> Reading:
    """Takes the gradient of each output with respect to every token, a matrix that must be zero
    above the diagonal. What is masked has weight zero, and every path from it is multiplied by
    that: the zeros are exact, but for eps of the largest entry where a mask is a very low score.
    """
    c = context.config
    n = c.context_length
    weights, positions = context.attention_weights(), torch.arange(n)
    x = context.normal(1, n, c.d_model).requires_grad_()
    output = subject.multihead(x, weights, c.num_heads, positions)
    direction = context.normal(c.d_model)
    rows = [
        gradients_of((output[0, i] * direction).sum(), [x])[0][0].norm(dim=-1) for i in range(n)
    ]
    jacobian = torch.stack(rows)
    tolerance = rounding(context.dtype) * float(jacobian.abs().max())
    gap = compare("gradient norm, output by token", jacobian.triu(1), 0.0, tolerance)
    return reading(
        gap,
        quiet="No output has a gradient with respect to a later token.",
        fires=f"Output {gap.index[0]} has a gradient of norm {gap.observed:.4g} with respect to "
        f"later token {gap.index[1]}.",
        figure=heatmap("Norm of the gradient", jacobian, "output", "token"),
    )
