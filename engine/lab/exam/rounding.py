"""How far a correct answer may lie from the reference: rounding arithmetic, counted not tuned.

An answer is right when, number by number,

    |observed - expected| <= roundings * u * scale

u is the unit roundoff of the arithmetic: 2^-8 for bfloat16 and 2^-24 for float32. float64 is given
float32's, because a correct layer may well work in float32 inside, as many RMSNorms and rotary
embeddings do. ``scale`` is the largest expected number, of the whole answer or of its row.

``roundings`` counts the roundings that lie between input and answer. A sum of k products errs by at
most k * u * sum|terms| (Higham, Accuracy and Stability of Numerical Algorithms, eq. 3.5), and for
normal draws sum|terms| is about 0.64 k against a largest result of at least sqrt(k): below 4 for
every k asked here. So ``dot`` grants 4 k, and a few for what is done to the result. The counts of
composed layers add up, each multiplied by how much the next layer can magnify an error. They are
upper bounds: real errors grow like sqrt(k), and stay about a tenth of what is granted. What the
exam must tell apart differs by a hundred times the bound or more.
"""

from __future__ import annotations

import torch

UNITS = {torch.float64: 2.0**-24, torch.float32: 2.0**-24, torch.bfloat16: 2.0**-8}
"""Unit roundoff granted to answers of a dtype."""

ELEMENTWISE = 16.0
"""A formula of a few operations on each number, gradients included."""


def dot(length: int) -> float:
    """A sum of ``length`` products."""
    return 4.0 * length + 4


def norm(d_model: int) -> float:
    """A root mean square over ``d_model`` squares, none of which cancel, and a gain."""
    return d_model + ELEMENTWISE


def softmax(length: int, largest: float = 4.0) -> float:
    """Exponentials of scores up to ``largest``, whose rounding they magnify, over their sum."""
    return 2 * largest + length + ELEMENTWISE


def rotation(last_position: int) -> float:
    """A rotary embedding up to ``last_position``.

    The first pair turns by one radian per position. Worked out in float32 the angle errs by up to
    8 u of itself: frequency (a power, 4), product, range reduction and the cosine's own.
    """
    return 8.0 * last_position + ELEMENTWISE


def attention(d_k: int, keys: int) -> float:
    """Scores, whose error the softmax magnifies up to eightfold, and the mean of the values."""
    return 8 * dot(d_k) + softmax(keys) + dot(keys)


def multihead(d_model: int, d_head: int, seq: int, last_position: int = 0) -> float:
    """Projections and rotations, magnified by the scores; attention; the output projection."""
    return (
        8 * (2 * dot(d_model) + 2 * rotation(last_position))
        + attention(d_head, seq)
        + (2 * dot(d_model))
    )


def swiglu(d_model: int, d_ff: int) -> float:
    """Two projections, a gate, and a projection back."""
    return 2 * dot(d_model) + ELEMENTWISE + dot(d_ff)


def block(d_model: int, d_head: int, d_ff: int, seq: int, last_position: int = 0) -> float:
    """Two sublayers, each behind a norm."""
    return (
        2 * norm(d_model) + multihead(d_model, d_head, seq, last_position) + swiglu(d_model, d_ff)
    )


def model(layers: int, d_model: int, d_head: int, d_ff: int, seq: int) -> float:
    """Blocks, each of which may double the errors it is handed, a norm and a head."""
    return 2.0**layers * block(d_model, d_head, d_ff, seq, seq) + norm(d_model) + dot(d_model)


def backward(forward: float) -> float:
    """Gradients: each operation is undone by one or two more, on values that err already."""
    return 4 * forward
