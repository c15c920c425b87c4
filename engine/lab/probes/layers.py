"""The smallest parts: linear maps, embeddings and softmax, each against PyTorch's own."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from engine.lab.probes.context import Context
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.subjects import Subject


@probe("layers.linear", "Is a linear layer the product with its weight transposed?")
def linear(subject: Subject, context: Context) -> Reading:
    """Compares y = x Wᵀ with ``torch.nn.functional.linear`` in float64, for a weight that is not
    square. A sum of n rounded products is off by at most (n + 2)·eps·Σ|x||w|.
    """
    d_in, d_out = context.config.d_model, context.config.d_model + 3
    x, weight = context.normal(2, 4, d_in), context.weight(d_out, d_in)
    expected = F.linear(wide(x), wide(weight))
    magnitude = F.linear(wide(x).abs(), wide(weight).abs())
    tolerance = (d_in + 2) * rounding(context.dtype) * magnitude
    gap = compare("y = x Wᵀ", subject.linear(x, weight), expected, tolerance)
    return reading(
        gap,
        quiet=f"A ({d_out}, {d_in}) weight maps its input as torch's linear does.",
        fires=f"A ({d_out}, {d_in}) weight gives {gap} for output {gap.index[-1]}.",
    )


@probe("layers.embedding", "Does each token id fetch its own row?")
def embedding(subject: Subject, context: Context) -> Reading:
    """Looks up random token ids, the first and the last row among them, in a random table. A
    look-up copies: it has no rounding, and no tolerance.
    """
    vocab = context.config.vocab_size
    weight = context.normal(vocab, context.config.d_model)
    tokens = context.integers(vocab, 3, 5)
    tokens[0, 0], tokens[-1, -1] = 0, vocab - 1
    gap = compare("embedding", subject.embedding(tokens, weight), weight[tokens], 0.0)
    return reading(
        gap,
        quiet=f"Each of {tokens.numel()} token ids fetched its own row.",
        fires=f"Token {int(tokens[gap.index[:2]])} fetched {gap} in feature {gap.index[-1]}.",
    )


@probe("layers.softmax", "Does softmax normalise along the dimension it is told?")
def softmax(subject: Subject, context: Context) -> Reading:
    """Compares with ``torch.softmax`` in float64 along each of three dimensions, counted from the
    front and from the back. exp, sum and quotient of n terms are off by (n + 8)·eps relative, and
    eps·|x| comes in through the exponent.
    """
    x = context.normal(3, 4, 5, scale=2.0)
    tolerance = (5 + 8 + 2 * float(x.abs().max())) * rounding(context.dtype)
    gaps = [
        compare(
            f"softmax along dimension {dim} of (3, 4, 5)",
            subject.softmax(x, dim),
            torch.softmax(wide(x), dim),
            tolerance,
        )
        for dim in (0, 1, 2, -1, -2, -3)
    ]
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Softmax agrees with torch's along every dimension.",
        fires=f"The {gap.what} gives {gap}.",
    )


@probe("layers.softmax_shift", "Is softmax blind to a constant added to its inputs?")
def softmax_shift(subject: Subject, context: Context) -> Reading:
    """Adds constants from 1 to 1000 to whole rows; the outcome must not move. Adding c rounds each
    input by eps·c/2, which the exponential hands on as a relative error: 2·(n + c)·eps in all.
    """
    x = context.normal(4, context.config.vocab_size)
    before = subject.softmax(x, -1)
    gaps = []
    for shift in (1.0, 30.0, 1000.0):
        tolerance = 2 * (x.shape[-1] + shift + 8) * rounding(context.dtype)
        after = subject.softmax(x + shift, -1)
        gaps.append(compare(f"change when {shift:g} is added", after - before, 0.0, tolerance))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Adding up to 1000 to all inputs leaves the softmax where it was.",
        fires=f"The {gap.what} is {gap.observed:.4g}, where none is due.",
    )


@probe("layers.softmax_huge", "Does softmax stay finite for huge inputs?")
def softmax_huge(subject: Subject, context: Context) -> Reading:
    """Inputs of ±10 000, beyond what the exponential of any dtype can hold, next to ordinary ones.
    The largest takes all: 1 and exact zeros, because e^-10000 is far below the smallest number.
    """
    x = torch.tensor([[1e4, 0.0, -1e4], [-1e4, -2e4, -3e4], [3.0, 1e4, 2.0]], dtype=context.dtype)
    expected = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    gap = compare("softmax of ±10000", subject.softmax(x, -1), expected, 0.0)
    return reading(
        gap,
        quiet="Inputs of ±10000 give exact ones and zeros.",
        fires=f"An input of {float(x[gap.index]):g} gives {gap.observed:.4g}, where "
        f"{gap.expected:g} is due.",
    )
