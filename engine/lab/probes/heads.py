"""Causal multi-head self-attention: who sees whom, through which head, and what position does."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.evidence import Measurement, number
from engine.lab.probes import references
from engine.lab.probes.context import Context
from engine.lab.probes.figures import heatmap
from engine.lab.probes.reading import Reading, compare, probe, reading, wide, worst
from engine.lab.probes.references import Estimate
from engine.lab.subjects import Subject


@probe("heads.single_token", "Does a lone token come back as W_O W_V x?")
def single_token(subject: Subject, context: Context) -> Reading:
    """A sequence of one token has one weight, which is 1 whatever the scores are: the layer is the
    product of its value and output projections. Two products of d terms each, (2d + 4)·eps of their
    size.
    """
    c = context.config
    x, weights = context.normal(4, 1, c.d_model), context.attention_weights()
    observed = subject.multihead(x, weights, c.num_heads)
    inner = F.linear(wide(x), wide(weights["v_proj.weight"]))
    expected = F.linear(inner, wide(weights["output_proj.weight"]))
    tolerance = references.multihead(x, weights, c.num_heads).error
    gap = compare(f"output for one token, of (4, 1, {c.d_model})", observed, expected, tolerance)
    return reading(
        gap,
        quiet="A lone token comes back as W_O W_V x.",
        fires=f"For a lone token feature {gap.index[-1]} is {gap}.",
    )


@probe("heads.lone_position", "Is a lone token's output the same at every position?")
def lone_position(subject: Subject, context: Context) -> Reading:
    """Moves a sequence of one token to other positions. Its one weight is 1 wherever it stands, so
    the output shows the value alone, and a value carries no position. Only the rounding of the
    layer is tolerated: no angle enters.
    """
    c = context.config
    x, weights = context.normal(3, 1, c.d_model), context.attention_weights()
    tolerance = 2 * references.multihead(x, weights, c.num_heads).error
    start = subject.multihead(x, weights, c.num_heads, torch.tensor([0]), max_seq_len=64)
    gaps = []
    for position in (1, 2, 7, 50):
        moved = subject.multihead(x, weights, c.num_heads, torch.tensor([position]), max_seq_len=64)
        gaps.append(
            compare(f"output at position {position}, minus at 0", moved - start, 0.0, tolerance)
        )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="A lone token gives one output, wherever it stands.",
        fires=f"A lone token's {gap.what}, is {gap.observed:.4g}; with one key the weight is 1 at "
        "every position.",
    )


@probe("heads.shift", "Does moving a whole sequence along leave its output alone?")
def shift(subject: Subject, context: Context) -> Reading:
    """Adds 1, 5 and 40 to all positions. Scores depend on distances, and values carry no position,
    so nothing may change. Tolerated: the layer's rounding with angles off by 16·eps of the
    position.
    """
    c = context.config
    n = c.context_length
    x, weights = context.normal(2, n, c.d_model), context.attention_weights()
    positions = torch.arange(n)
    start = subject.multihead(x, weights, c.num_heads, positions, max_seq_len=64)
    gaps = []
    for by in (1, 5, 40):
        moved = subject.multihead(x, weights, c.num_heads, positions + by, max_seq_len=64)
        tolerance = 2 * references.multihead(x, weights, c.num_heads, positions + by).error
        gaps.append(
            compare(f"change of the output when all move by {by}", moved - start, 0.0, tolerance)
        )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Moving the sequence along leaves its output alone.",
        fires=f"At token {gap.index[1]} the {gap.what} is {gap.observed:.4g}.",
    )


@probe("heads.order", "Does a later token notice the order of the earlier ones?")
def order(subject: Subject, context: Context) -> Reading:
    """Shuffles all tokens but the last and looks at the last one's output. Without positions it
    must stay: the last token attends to a set. With positions it must change, by more than rounding
    explains.
    """
    context = context.at_least_float32()
    c = context.config
    n = c.context_length
    x, weights = context.normal(1, n, c.d_model), context.attention_weights()
    shuffled = torch.cat([x[:, context.permutation(n - 1)], x[:, -1:]], dim=1)
    # Far apart and at a small theta, so that every pair of features turns.
    spread = 3 * torch.arange(n)
    outputs, tolerances = {}, {}
    for name, positions in (("without", None), ("with", spread)):
        tolerances[name] = 2 * references.multihead(x, weights, c.num_heads, positions, 10.0).error
        outputs[name] = [
            wide(subject.multihead(y, weights, c.num_heads, positions, 10.0, 3 * n))[0, -1]
            for y in (x, shuffled)
        ]
    tolerance = tolerances["without"][0, -1]
    what = "last output, shuffled, no positions"
    without = compare(what, outputs["without"][1], outputs["without"][0], tolerance)
    moved = float((outputs["with"][1] - outputs["with"][0]).abs().max())
    rounded = float(tolerances["with"][0, -1].max())
    if without.exceeds:
        finding = f"Without positions the order of earlier tokens changes the last: {without}."
    elif not moved > rounded:
        finding = f"With positions, shuffling the earlier tokens moves the last by {moved:.1g}."
    else:
        finding = f"Order is noticed with positions (by {moved:.4g}), and not without."
    seen = Measurement("largest change with positions", number(moved))
    due = Measurement("change that rounding explains", rounded)
    fires = without.exceeds or not moved > rounded
    return Reading(fires, finding, (without.measurement, seen, due))


@probe("heads.independent", "Does each head own its own slice of queries, keys and values?")
def independent(subject: Subject, context: Context) -> Reading:
    """With the identity as output projection, redraws the projections' rows of one head and looks
    which output features change: those of that head, d_head in a row, and no others. The others are
    computed from the same numbers; the layer's rounding is tolerated.
    """
    context = context.at_least_float32()
    c = context.config
    x, weights = context.normal(1, c.context_length, c.d_model), context.attention_weights()
    weights["output_proj.weight"] = torch.eye(c.d_model, dtype=context.dtype)
    before = subject.multihead(x, weights, c.num_heads)
    tolerance = 2 * references.multihead(x, weights, c.num_heads).error[0].amax(0)
    gaps, changes = [], []
    for name in ("q_proj", "k_proj", "v_proj"):
        for head in range(c.num_heads):
            rows = slice(head * c.d_head, (head + 1) * c.d_head)
            other = weights[f"{name}.weight"].clone()
            other[rows] = context.weight(c.d_head, c.d_model)
            changed = subject.multihead(x, weights | {f"{name}.weight": other}, c.num_heads)
            change = (wide(changed) - wide(before))[0].abs().amax(0)
            changes.append(change)
            inside = change[rows].clone()
            change = change.clone()
            change[rows] = 0
            what = f"change of other heads' features by head {head} of {name}"
            gaps.append(compare(what, change, 0.0, tolerance))
            unmoved = (inside <= tolerance[rows]).double().sum()
            gaps.append(
                compare(f"features of head {head} that {name} leaves still", unmoved, 0.0, 0.0)
            )
    gap = worst(*gaps)
    if gap.index:
        fires = f"The {gap.what} is {gap.observed:.4g}, at feature {gap.index[0]}."
    else:
        fires = f"{gap.observed:g} {gap.what} of its own rows."
    return reading(
        *gaps,
        quiet="Each head has its own rows of the projections and its own features.",
        fires=fires,
        figure=heatmap(
            "Which features move (rows: heads of q_proj, then k_proj, then v_proj)",
            torch.stack(changes),
            "projection and head",
            "feature",
        ),
    )


@probe("heads.reference", "Does it agree with torch's multi-head attention?")
def reference(subject: Subject, context: Context) -> Reading:
    """Compares with ``nn.MultiheadAttention`` in float64, given the same four projections and a
    causal mask, without positions. Tolerated: the bounds of projections, scores, softmax and sums
    in turn.
    """
    c = context.config
    n = c.context_length
    x, weights = context.normal(2, n, c.d_model), context.attention_weights()
    theirs = torch.nn.MultiheadAttention(
        c.d_model, c.num_heads, bias=False, batch_first=True, dtype=torch.float64
    )
    stacked = torch.cat([weights[f"{name}_proj.weight"] for name in "qkv"])
    with torch.no_grad():
        theirs.in_proj_weight.copy_(stacked)
        theirs.out_proj.weight.copy_(weights["output_proj.weight"])
        hidden = torch.ones(n, n, dtype=torch.bool).triu(1)
        expected, _ = theirs(wide(x), wide(x), wide(x), attn_mask=hidden, need_weights=False)
    observed = subject.multihead(x, weights, c.num_heads)
    tolerance = references.multihead(x, weights, c.num_heads).error
    due = Estimate(expected, tolerance)
    return _agreement(observed, due, "torch's multi-head attention")


@probe("heads.reference_rope", "Does it agree with torch's attention on rotated queries and keys?")
def reference_rope(subject: Subject, context: Context) -> Reading:
    """Projects, splits into heads, rotates queries and keys by complex multiplication, and calls
    ``F.scaled_dot_product_attention``, all in float64. Tolerated: the bounds of each step in turn,
    with angles off by 16·eps of the position.
    """
    c = context.config
    n = c.context_length
    x, weights = context.normal(2, n, c.d_model), context.attention_weights()
    positions = torch.arange(3, n + 3)
    observed = subject.multihead(x, weights, c.num_heads, positions, 100.0, n + 3)
    expected = references.multihead(x, weights, c.num_heads, positions, 100.0)
    return _agreement(observed, expected, "attention on rotated queries and keys")


def _agreement(observed: Tensor, due: Estimate, what: str) -> Reading:
    gap = compare(f"output of {tuple(observed.shape)}", observed, due.value, due.error)
    return reading(
        gap,
        quiet=f"The layer agrees with {what}.",
        fires=f"Beside {what}, token {gap.index[1]} has {gap}.",
        figure=heatmap("Difference", wide(observed)[0] - due.value[0], "token", "feature"),
    )


@probe("heads.maps", "What do the attention weights look like inside the layer?")
def maps(subject: Subject, context: Context) -> Reading:
    """Solves for a value projection that turns each token into a unit vector, so that every head
    hands out its weights; d_head tokens at most, no positions. Rows sum to 1 and nothing lies above
    the diagonal, up to the rounding of the layer with that projection.
    """
    c = context.config
    n = min(c.d_head, c.context_length)
    x, weights = context.normal(1, n, c.d_model), context.attention_weights()
    seen, error = attention_weights(subject, x, weights, c.num_heads, None)
    return map_reading(seen, error)


def attention_weights(
    subject: Subject,
    x: Tensor,
    weights: Mapping[str, Tensor],
    num_heads: int,
    positions: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """The weights (heads, seq, seq) of the layer on x (1, seq, d), and their rounding.

    The sequence must be no longer than d_head, and its tokens linearly independent.
    """
    n, d_model = x.shape[-2:]
    # Row i of the slots is the value wanted of token i: one unit vector in every head.
    slots = torch.eye(n, d_model // num_heads, dtype=torch.float64).repeat(1, num_heads)
    solved = (torch.linalg.pinv(wide(x[0])) @ slots).T.to(x.dtype)
    identity = torch.eye(d_model, dtype=x.dtype)
    handed = {**weights, "v_proj.weight": solved, "output_proj.weight": identity}
    output = wide(subject.multihead(x, handed, num_heads, positions))
    error = references.multihead(x, handed, num_heads, positions).error
    seen, bound = (references.split_heads(t[0], num_heads)[..., :n] for t in (output, error))
    return seen, bound


def map_reading(seen: Tensor, error: Tensor) -> Reading:
    """What can be said of a causal layer's weights (heads, seq, seq)."""
    gaps = (
        compare("sum of a query's weights", seen.sum(-1), 1.0, error.sum(-1)),
        compare("weight on a later token", seen.triu(1), 0.0, error),
    )
    gap = worst(*gaps)
    head, query, *later = gap.index
    # Read off the values, so that it need not be the weights that are wrong.
    fires = (
        f"In head {head} query {query} takes {gap.observed:.4g} of the values in all; "
        "shares sum to 1."
    )
    if later:
        fires = f"In head {head} query {query} gives {gap.observed:.4g} to later token {later[0]}."
    return reading(
        *gaps,
        quiet="In every head a query's weights sum to 1 and none lies on a later token.",
        fires=fires,
        figure=heatmap(
            "Attention weights, one head under the other", seen.flatten(0, 1), "query", "key"
        ),
    )
