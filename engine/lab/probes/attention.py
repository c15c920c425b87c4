"""Scaled dot-product attention, Vaswani et al. 2017, eq. 1: what its weights are, and what moves
them.

The weights are seen from outside: with the identity for V, attention returns its weights.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.evidence import Measurement, number
from engine.lab.probes.context import Context
from engine.lab.probes.figures import heatmap
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.probes.references import Estimate, exact
from engine.lab.probes.references import attention as reference_attention
from engine.lab.subjects import Subject


def _causal(n: int) -> Tensor:
    return torch.ones(n, n, dtype=torch.bool).tril()


def weights_of(subject: Subject, Q: Tensor, K: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention weights (..., n, m): what attention returns when V is the identity."""
    m = K.shape[-2]
    identity = torch.eye(m, dtype=Q.dtype).expand(*K.shape[:-2], m, m)
    return subject.attention(Q, K, identity, mask)


def _reference(Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> Estimate:
    """What torch's attention gives in float64, and what rounding may make of it."""
    return reference_attention(exact(Q), exact(K), exact(V), mask, Q.dtype)


@probe("attention.row_sums", "Do a query's attention weights sum to 1?")
def row_sums(subject: Subject, context: Context) -> Reading:
    """Sums the weights of each query over its keys, without a mask and with the causal one. A
    softmax over n keys sums to 1 up to 2·n·eps.
    """
    n, d_k = context.config.context_length, context.config.d_head
    Q, K = context.normal(2, n, d_k), context.normal(2, n, d_k)
    masked = weights_of(subject, Q, K, _causal(n))
    tolerance = 2 * (n + 4) * rounding(context.dtype)
    gaps = (
        compare("sum over the keys, causal", wide(masked).sum(-1), 1.0, tolerance),
        compare(
            "sum over the keys, no mask", wide(weights_of(subject, Q, K)).sum(-1), 1.0, tolerance
        ),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Every query's weights sum to 1 over the keys.",
        fires=f"The weights of query {gap.index[-1]} sum to {gap.observed:.4g} over its keys, not "
        "1.",
        figure=heatmap("Attention weights under a causal mask", masked[0], "query", "key"),
    )


@probe("attention.column_sums", "Do a key's weights sum to 1 over the queries, as they should not?")
def column_sums(subject: Subject, context: Context) -> Reading:
    """Sums the weights of each key over all queries, without a mask. They are free to be anything;
    that random ones all sum to 1 within 2·n·eps has no chance unless something makes them.
    """
    n, d_k = context.config.context_length, context.config.d_head
    Q, K = context.normal(n, d_k), context.normal(n, d_k)
    weights = wide(weights_of(subject, Q, K))
    sums, tolerance = weights.sum(0), 2 * (n + 4) * rounding(context.dtype)
    away = float((sums - 1).abs().max())
    shown = Measurement(f"furthest sum over the queries from 1, of ({n},)", number(away))
    if away <= tolerance:
        finding = f"The weights of every key sum to 1 over the queries, within {tolerance:.1g}."
    else:
        finding = f"Sums over the queries range from {sums.min():.4g} to {sums.max():.4g}."
    return Reading(
        away <= tolerance, finding, (shown,), heatmap("Attention weights", weights, "query", "key")
    )


@probe("attention.masked", "Are masked weights exactly zero, and the others not?")
def masked(subject: Subject, context: Context) -> Reading:
    """Draws a random mask in which every query may attend to something. A masked score is -inf, or
    so low that its exponential is zero in any dtype: nothing is tolerated. An allowed one has a
    weight.
    """
    n, d_k = context.config.context_length, context.config.d_head
    Q, K = context.normal(n, d_k), context.normal(n, d_k)
    mask = context.normal(n, n) > 0.3
    mask |= torch.eye(n, dtype=torch.bool)
    weights = wide(weights_of(subject, Q, K, mask))
    lost = (weights == 0) & mask
    gaps = (
        compare("weight of a masked key", weights.masked_fill(mask, 0.0), 0.0, 0.0),
        compare("allowed keys without a weight", lost.double().sum(), 0.0, 0.0),
    )
    gap = worst(*gaps)
    if gap.index:
        fires = f"Query {gap.index[0]} gives {gap.observed:.4g} to masked key {gap.index[1]}."
    else:
        fires = f"{gap.observed:g} keys that may be attended to get no weight at all."
    return reading(
        *gaps,
        quiet="Masked keys get exactly nothing, allowed keys something.",
        fires=fires,
        figure=heatmap("Weights under a random mask", weights, "query", "key"),
    )


@probe("attention.reference", "Does attention agree with torch's, whatever the shapes?")
def reference(subject: Subject, context: Context) -> Reading:
    """Compares with ``F.scaled_dot_product_attention`` in float64 for d_v != d_k, more keys than
    queries, zero to two leading dimensions, with and without a mask. Scores are off by (d_k +
    2)·eps·‖q‖‖k‖/√d_k, which the softmax turns into a relative error of the weights.
    """
    n, d_k = context.config.context_length, context.config.d_head
    gaps = []
    for lead, m, d_v in (((), n, d_k + 3), ((2,), n + 2, d_k), ((2, 3), n, 2 * d_k + 1)):
        Q, K = context.normal(*lead, n, d_k), context.normal(*lead, m, d_k)
        V = context.normal(*lead, m, d_v)
        mask = torch.ones(n, m, dtype=torch.bool).tril() if m == n else None
        what = f"output of {(*lead, n, d_v)}, {'no mask' if mask is None else 'causal'}"
        expected = _reference(Q, K, V, mask)
        gaps.append(compare(what, subject.attention(Q, K, V, mask), expected.value, expected.error))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Attention agrees with torch's for every shape tried.",
        fires=f"The {gap.what} is {gap}.",
    )


@probe("attention.uniform", "Do queries of zero take the plain mean of the values?")
def uniform(subject: Subject, context: Context) -> Reading:
    """A query of zeros scores every key alike, so the output is the mean of the values it may see:
    under the causal mask a running mean. A mean of n values is good to (n + 4)·eps of the largest.
    """
    n, d_k = context.config.context_length, context.config.d_head
    K, V = context.normal(n, d_k), context.normal(n, d_k + 1)
    observed = subject.attention(torch.zeros(n, d_k, dtype=context.dtype), K, V, _causal(n))
    expected = wide(V).cumsum(0) / torch.arange(1, n + 1, dtype=torch.float64)[:, None]
    tolerance = (n + 8) * rounding(context.dtype) * float(wide(V).abs().max())
    gap = compare(f"running mean of the values, of ({n}, {d_k + 1})", observed, expected, tolerance)
    return reading(
        gap,
        quiet="Queries of zero take the running mean of the values.",
        fires=f"A query of zeros at position {gap.index[0]}, which sees {gap.index[0] + 1} keys, "
        f"takes {gap}.",
    )


@probe("attention.lookup", "Does a query that matches one key fetch its value?")
def lookup(subject: Subject, context: Context) -> Reading:
    """Orthogonal keys so long that a matching query scores 60 more than any other: the output is
    that key's value, as from a dictionary. The rest weighs n·e^-60, nothing; (n + 40)·eps of the
    largest value is tolerated.
    """
    n = context.config.context_length
    d_k = n + 2
    basis, _ = torch.linalg.qr(wide(context.normal(d_k, d_k)))
    K = (basis[:n] * (60 * d_k**0.5) ** 0.5).to(context.dtype)
    V = context.normal(n, 5)
    order = context.permutation(n)
    observed = subject.attention(K[order], K, V)
    tolerance = (n + 40) * rounding(context.dtype) * float(wide(V).abs().max())
    gap = compare("value fetched", observed, V[order], tolerance)
    return reading(
        gap,
        quiet="Each query fetches the value of the key it matches.",
        fires=f"A query that matches key {int(order[gap.index[0]])} fetches {gap}.",
    )


@probe("attention.keys_permuted", "Does the order of the keys make no difference?")
def keys_permuted(subject: Subject, context: Context) -> Reading:
    """Shuffles keys and values together, without a mask: attention is a sum over a set. Then
    shuffles the queries: the outputs must follow. Only the order of summation changes, tolerated as
    a weight's rounding times the largest value.
    """
    n, d_k = context.config.context_length, context.config.d_head
    Q, K, V = context.normal(n, d_k), context.normal(n, d_k), context.normal(n, d_k)
    order = context.permutation(n)
    plain, tolerance = subject.attention(Q, K, V), 2 * _reference(Q, K, V).error
    shuffled = subject.attention(Q, K[order], V[order])
    followed = subject.attention(Q[order], K, V)
    gaps = (
        compare("output with keys and values shuffled", shuffled, plain, tolerance),
        compare("output with queries shuffled", followed, wide(plain)[order], tolerance[order]),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The order of the keys makes no difference, and outputs follow their queries.",
        fires=f"The {gap.what} is {gap}.",
    )


@probe("attention.keys_shifted", "Does a constant added to every key make no difference?")
def keys_shifted(subject: Subject, context: Context) -> Reading:
    """Adds one vector to all keys: each query's scores rise by one constant, which a softmax over
    the keys does not see. Tolerated: the rounding of the weights before and after, times the
    largest value.
    """
    n, d_k = context.config.context_length, context.config.d_head
    Q, K, V = context.normal(n, d_k), context.normal(n, d_k), context.normal(n, d_k)
    moved = K + context.normal(d_k)
    # Adding rounds each key once more; the second bound, doubled, has room for that.
    tolerance = _reference(Q, K, V).error + 2 * _reference(Q, moved, V).error
    before = subject.attention(Q, K, V)
    gap = compare("output", subject.attention(Q, moved, V), before, tolerance)
    return reading(
        gap,
        quiet="A constant added to every key makes no difference.",
        fires=f"With one vector added to every key, query {gap.index[0]} gets {gap.observed:.4g} "
        f"instead of {gap.expected:.4g}.",
    )


@probe("attention.queries_apart", "Does a query's output depend on no other query?")
def queries_apart(subject: Subject, context: Context) -> Reading:
    """Replaces every query but one by new ones; that one's output must stay. Each query has a
    softmax of its own; only another order of summation may show, a weight's rounding times the
    largest value.
    """
    n, d_k = context.config.context_length, context.config.d_head
    Q, K, V = context.normal(n, d_k), context.normal(n, d_k), context.normal(n, d_k)
    others = context.normal(n, d_k)
    kept = n // 2
    others[kept] = Q[kept]
    before = wide(subject.attention(Q, K, V))[kept]
    after = wide(subject.attention(others, K, V))[kept]
    tolerance = 2 * _reference(Q, K, V).error[kept]
    gap = compare(f"output of query {kept} of {n}", after, before, tolerance)
    return reading(
        gap,
        quiet="A query's output does not depend on the other queries.",
        fires=f"With other queries beside it, the {gap.what} goes from {gap.expected:.4g} to "
        f"{gap.observed:.4g}.",
    )


@probe("attention.huge_scores", "Does attention stay finite when scores are huge?")
def huge_scores(subject: Subject, context: Context) -> Reading:
    """Queries and keys a hundred times their usual size, scores in the tens of thousands: each
    query picks one key, or shares between ties. Weights must be finite, from 0 to 1, and sum to 1
    up to 2·n·eps.
    """
    n, d_k = context.config.context_length, context.config.d_head
    Q, K = context.normal(n, d_k, scale=100.0), context.normal(n, d_k, scale=100.0)
    weights = wide(weights_of(subject, Q, K, _causal(n)))
    tolerance = 2 * (n + 4) * rounding(context.dtype)
    outside = (weights < 0) | ~(weights <= 1 + tolerance)
    gap = compare("weights that are negative, above 1 or NaN", outside.double().sum(), 0.0, 0.0)
    return reading(
        gap,
        quiet="Scores in the tens of thousands give weights from 0 to 1.",
        fires=f"With huge scores {gap.observed:g} of {n * n} weights are negative, above 1 or NaN.",
    )
