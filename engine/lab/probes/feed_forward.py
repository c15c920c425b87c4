"""The feed-forward network: SwiGLU, W2(silu(W1 x) · W3 x), Shazeer 2020, and what its gate does."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.lab.probes import references
from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.subjects import Subject


def _inputs(context: Context) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    c = context.config
    x = context.normal(2, c.context_length, c.d_model)
    weights = (context.weight(c.d_ff, c.d_model), context.weight(c.d_model, c.d_ff))
    return x, *weights, context.weight(c.d_ff, c.d_model)


@probe("feed_forward.silu", "Is silu x times the logistic function of x?")
def silu(subject: Subject, context: Context) -> Reading:
    """Compares with ``F.silu`` in float64 from -20 to 20, and asks for 0 at -10 000 and 10 000 at
    10 000, where an exponential overflows. An exponential, a sum and a product: 8·eps relative, and
    what e^-x inherits from the rounding of its argument, eps·|x|.
    """
    x = torch.linspace(-20, 20, 161, dtype=torch.float64).to(context.dtype)
    x = torch.cat([x, torch.tensor([-1e4, 1e4], dtype=context.dtype)])
    observed, expected = subject.silu(x), F.silu(wide(x))
    tolerance = (8 + wide(x).abs().clamp(max=32)) * rounding(context.dtype) * expected.abs()
    gap = compare("silu", observed, expected, tolerance + 1e-30)
    return reading(
        gap,
        quiet="silu agrees with torch's from -10000 to 10000.",
        fires=f"silu of {float(x[gap.index]):g} is {gap}.",
        figure=curves(
            "silu",
            wide(x)[40:121],
            {"observed": observed[40:121], "torch": expected[40:121]},
            "x",
            "silu(x)",
        ),
    )


@probe("feed_forward.formula", "Is the network W2(silu(W1 x) · W3 x)?")
def formula(subject: Subject, context: Context) -> Reading:
    """Compares with that formula put together from torch's functions in float64. Tolerated: the
    bounds of two products of d terms, the gate, and one of d_ff terms, in turn.
    """
    x, w1, w2, w3 = _inputs(context)
    observed = subject.swiglu(x, w1, w2, w3)
    expected = references.swiglu(x, w1, w2, w3)
    gap = compare(f"output of {tuple(x.shape)}", observed, expected.value, expected.error)
    return reading(
        gap,
        quiet="The network agrees with its formula.",
        fires=f"At token {gap.index[1]}, feature {gap.index[2]}, the network gives {gap}.",
    )


@probe("feed_forward.gate", "Which of the two input weights goes through the gate?")
def gate(subject: Subject, context: Context) -> Reading:
    """Doubles W3: the output doubles, exactly, because W3 enters linearly. Turns W1 round: silu(-a)
    = silu(a) - a, so the outputs before and after differ by W2(W1 x · W3 x). Zeros for either give
    exact zeros.
    """
    x, w1, w2, w3 = _inputs(context)
    plain, doubled = subject.swiglu(x, w1, w2, w3), subject.swiglu(x, w1, w2, 2 * w3)
    turned = subject.swiglu(x, -w1, w2, w3)
    product = F.linear(wide(x), wide(w1)) * F.linear(wide(x), wide(w3))
    # Both sides of W1 count: silu(a) and silu(-a) are as large as |a| together.
    once, back = (references.swiglu(x, w, w2, w3).error for w in (w1, -w1))
    tolerance = 2 * (once + back)
    zero = torch.zeros_like(w1)
    gaps = (
        compare("output with W3 doubled", doubled, 2 * wide(plain), tolerance),
        compare(
            "output minus output with W1 turned round",
            wide(plain) - wide(turned),
            F.linear(product, wide(w2)),
            tolerance,
        ),
        compare("output with W1 zero", subject.swiglu(x, zero, w2, w3), 0.0, 0.0),
        compare("output with W3 zero", subject.swiglu(x, w1, w2, zero), 0.0, 0.0),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="W1 goes through the gate, W3 enters linearly.",
        fires=f"The {gap.what} is {gap}.",
    )


@probe("feed_forward.tokens_apart", "Is each token worked on by itself?")
def tokens_apart(subject: Subject, context: Context) -> Reading:
    """Replaces every token but one; that one's output must stay. The network sees one vector at a
    time; only another order of summation is tolerated.
    """
    x, w1, w2, w3 = _inputs(context)
    other = context.normal(*x.shape)
    kept = x.shape[1] // 2
    other[:, kept] = x[:, kept]
    before, after = (wide(subject.swiglu(y, w1, w2, w3))[:, kept] for y in (x, other))
    tolerance = 2 * references.swiglu(x, w1, w2, w3).error[:, kept]
    gap = compare(f"output of token {kept}", after, before, tolerance)
    return reading(
        gap,
        quiet="A token's output does not depend on its neighbours.",
        fires=f"With other tokens beside it, the {gap.what} goes from {gap.expected:.4g} to "
        f"{gap.observed:.4g}.",
    )
