"""Attention's scores: their scale and spread, how peaked their softmax is, and what flows back."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from engine.lab.probes.attention import weights_of
from engine.lab.probes.backwards import gradients_of
from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.probes.references import weight_tolerance
from engine.lab.subjects import Subject

HEAD_SIZES = (4, 16, 64, 256)


@probe("attention.score_scale", "By how much does a query-key product move the score?")
def score_scale(subject: Subject, context: Context) -> Reading:
    """One query and two keys, of products 1 and 0: the logarithm of the ratio of the two weights is
    what a product of 1 adds to the score, 1/√d_k (Vaswani et al. 2017, section 3.2.1). A product of
    d_k terms and a ratio of weights of 0.38 or more are good to (d_k + 32)·eps.
    """
    gaps, slopes = [], []
    for d_k in HEAD_SIZES:
        q = context.normal(1, d_k)
        q = (wide(q) / wide(q).norm()).to(context.dtype)
        weights = wide(weights_of(subject, q, torch.cat([q, torch.zeros_like(q)])))[0]
        slopes.append(float((weights[0] / weights[1]).log()))
        tolerance = (d_k + 32) * rounding(context.dtype)
        gaps.append(
            compare(f"score of a product of 1, d_k {d_k}", slopes[-1], d_k**-0.5, tolerance)
        )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="A product of 1 moves the score by 1/√d_k at every head size.",
        fires=f"The {gap.what}, is {gap}.",
        figure=curves(
            "What a query-key product of 1 adds to the score",
            [math.log2(d) for d in HEAD_SIZES],
            {"observed": slopes, "1/√d_k": [d**-0.5 for d in HEAD_SIZES]},
            "log2 of d_k",
            "score",
        ),
    )


@probe("attention.score_spread", "Do the scores keep their spread as heads grow wider?")
def score_spread(subject: Subject, context: Context) -> Reading:
    """Reads the scores of random queries and keys off the logarithms of the weights, and takes
    their standard deviation over the keys. Products of d_k unit-variance terms spread by √d_k,
    divided by √d_k by 1; the exact figure comes from the vectors. Tolerated: twice a weight's
    relative rounding.
    """
    n = 32
    gaps, seen, due, vanished = [], [], [], []
    for d_k in HEAD_SIZES:
        Q, K = context.normal(n, d_k), context.normal(n, d_k)
        weights = wide(weights_of(subject, Q, K))
        if (weights == 0).any():
            vanished.append(d_k)
        spread = weights.log().std(-1).mean()
        expected = (wide(Q) @ wide(K).T / d_k**0.5).std(-1).mean()
        tolerance = 2 * weight_tolerance(Q, K, context.dtype)
        gaps.append(compare(f"spread of the scores, d_k {d_k}", spread, expected, tolerance))
        seen.append(float(spread))
        due.append(float(expected))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The scores spread by about 1 at every head size.",
        fires=(
            f"At d_k {vanished[0]} some weights are 0: their scores lie too far apart to be read."
            if vanished
            else f"The {gap.what}, is {gap}."
        ),
        figure=curves(
            "Standard deviation of the scores over the keys",
            [math.log2(d) for d in HEAD_SIZES],
            {"observed": seen, "by arithmetic": due},
            "log2 of d_k",
            "standard deviation",
        ),
    )


@probe("attention.entropy", "How far from uniform are the weights of random queries?")
def entropy(subject: Subject, context: Context) -> Reading:
    """Takes the mean entropy of the weights over 32 keys: ln 32 = 3.47 nats when they are uniform,
    0 when one key takes all. Scores of unit spread give about half a nat less than uniform at every
    head size; torch's softmax in float64 gives the exact figure. Tolerated: a weight's rounding
    times 1 + ln n.
    """
    n = 32
    gaps, seen, due = [], [], []
    for d_k in HEAD_SIZES:
        Q, K = context.normal(n, d_k), context.normal(n, d_k)
        weights = wide(weights_of(subject, Q, K))
        observed = -torch.special.xlogy(weights, weights).sum(-1).mean()
        exact = torch.softmax(wide(Q) @ wide(K).T / d_k**0.5, -1)
        expected = torch.special.entr(exact).sum(-1).mean()
        tolerance = (1 + math.log(n)) * weight_tolerance(Q, K, context.dtype)
        gaps.append(
            compare(f"entropy over {n} keys, d_k {d_k}", observed, expected, tolerance, "nat")
        )
        seen.append(float(observed))
        due.append(float(expected))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet=f"The weights have about {gap.observed:.2f} nats of entropy; uniform is "
        f"{math.log(n):.2f}.",
        fires=f"The {gap.what}, is {gap.observed:.4g} nats, where {gap.expected:.4g} is due; "
        f"uniform weights have {math.log(n):.2f}.",
        figure=curves(
            "Entropy of the attention weights",
            [math.log2(d) for d in HEAD_SIZES],
            {
                "observed": seen,
                "by arithmetic": due,
                "uniform": [math.log(n)] * len(HEAD_SIZES),
            },
            "log2 of d_k",
            "nats",
        ),
    )


@probe("attention.gradient", "Do queries, keys and values get the gradients that torch gives them?")
def gradient(subject: Subject, context: Context) -> Reading:
    """Compares the gradients of Σ c·output with those of ``F.scaled_dot_product_attention`` in
    float64, and draws the size of the query's gradient against d_k. Products of a weight's rounding
    with ‖c‖‖v‖ and ‖k‖/√d_k, summed over the sequence, are tolerated, with d_v·eps for the sums.
    """
    n = context.config.context_length
    gaps, seen, due = [], [], []
    for d_k in HEAD_SIZES:
        Q, K, V, c = (context.normal(n, d_k) for _ in range(4))
        parts = [t.clone().requires_grad_() for t in (Q, K, V)]
        q, k, v = (wide(t).requires_grad_() for t in (Q, K, V))
        observed = gradients_of((subject.attention(*parts) * c).sum(), parts)
        total = (F.scaled_dot_product_attention(q, k, v) * wide(c)).sum()
        expected = gradients_of(total, [q, k, v])
        relative = 2 * weight_tolerance(Q, K, context.dtype) + (d_k + n) * rounding(context.dtype)
        longest = max(float(wide(t).norm(dim=-1).max()) for t in (Q, K))
        pull = float(wide(c).norm(dim=-1).max() * wide(V).norm(dim=-1).max())
        reach = 2 * pull * longest / d_k**0.5
        bounds = (reach, n * reach, n * float(wide(c).abs().max()))
        names = ("queries", "keys", "values")
        for name, seen_, due_, bound in zip(names, observed, expected, bounds, strict=True):
            what = f"gradient of the {name}, d_k {d_k}"
            gaps.append(compare(what, seen_, due_, relative * bound))
        seen.append(float(wide(observed[0]).norm()))
        due.append(float(expected[0].norm()))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Queries, keys and values get the gradients that torch gives them.",
        fires=f"The {gap.what}, is {gap}.",
        figure=curves(
            "Norm of the gradient that reaches the queries",
            [math.log2(d) for d in HEAD_SIZES],
            {"observed": seen, "by arithmetic": due},
            "log2 of d_k",
            "norm",
        ),
    )
