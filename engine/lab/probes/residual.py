"""The residual stream: what a block adds to it, and that it passes through untouched.

A sublayer is silenced by zeros for its last weight: what is left of the block is then known
exactly.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.lab.probes import references
from engine.lab.probes.backwards import gradients_of
from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves, heatmap
from engine.lab.probes.reading import Reading, Skip, compare, probe, reading, rounding, wide, worst
from engine.lab.subjects import Subject

LAST = {"attention": "attn.output_proj.weight", "feed-forward": "ffn.w2.weight"}
LOUD = 32.0
"""A mean square of 1024: an eps of 1e-5 more or less moves a norm by 5e-9, relatively."""


def _silenced(weights: dict[str, Tensor], *sublayers: str) -> dict[str, Tensor]:
    """``weights`` with zeros for the last weight of these sublayers."""
    return weights | {LAST[name]: torch.zeros_like(weights[LAST[name]]) for name in sublayers}


def _attention_part(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix("attn."): w for k, w in weights.items() if k.startswith("attn.")}


@probe("residual.identity", "Is a block whose sublayers are silent the identity?")
def identity(subject: Subject, context: Context) -> Reading:
    """Sets the output weights of attention and of the feed-forward network to zero: both add
    exactly 0, and x + 0 is x, so nothing is tolerated.
    """
    c = context.config
    x = context.normal(2, c.context_length, c.d_model)
    weights = _silenced(context.block_weights(), *LAST)
    output = subject.block(x, weights, c.num_heads, torch.arange(c.context_length))
    gap = compare(f"output of the silent block, of {tuple(x.shape)}", output, x, 0.0)
    return reading(
        gap,
        quiet="With both sublayers silent the block hands on what it was given.",
        fires=f"With both sublayers silent the block turns {gap.expected:.4g} into "
        f"{gap.observed:.4g}.",
    )


@probe("residual.attention_added", "With a silent feed-forward network, is attention added to x?")
def attention_added(subject: Subject, context: Context) -> Reading:
    """Compares the block with x + attention(norm(x)), put together from the subject's own attention
    and norm, so that a fault inside those stays out of it. The stream is as loud as 32, where no
    usual eps of the block's own norm shows. Tolerated: the rounding of that layer, doubled.
    """
    c = context.config
    positions = torch.arange(c.context_length)
    x = context.normal(2, c.context_length, c.d_model, scale=LOUD)
    weights = _silenced(context.block_weights(), "feed-forward")
    normed = subject.rms_norm(x, weights["ln1.weight"], 1e-5)
    part = _attention_part(weights)
    added = subject.multihead(normed, part, c.num_heads, positions)
    tolerance = 2 * references.multihead(normed, part, c.num_heads, positions).error
    output = subject.block(x, weights, c.num_heads, positions)
    return _sum(output, x, added, tolerance, "attention")


@probe(
    "residual.feed_forward_added", "With silent attention, is the feed-forward output added to x?"
)
def feed_forward_added(subject: Subject, context: Context) -> Reading:
    """Compares the block with x + ffn(norm(x)), put together from the subject's own network and
    norm, so that a fault inside those stays out of it. The stream is as loud as 32, where no usual
    eps of the block's own norm shows. Tolerated: the rounding of that network, doubled.
    """
    c = context.config
    x = context.normal(2, c.context_length, c.d_model, scale=LOUD)
    weights = _silenced(context.block_weights(), "attention")
    normed = subject.rms_norm(x, weights["ln2.weight"], 1e-5)
    w1, w2, w3 = (weights[f"ffn.w{i}.weight"] for i in (1, 2, 3))
    tolerance = 2 * references.swiglu(normed, w1, w2, w3).error
    output = subject.block(x, weights, c.num_heads, torch.arange(c.context_length))
    return _sum(output, x, subject.swiglu(normed, w1, w2, w3), tolerance, "feed-forward")


def _sum(output: Tensor, x: Tensor, added: Tensor, tolerance: Tensor, name: str) -> Reading:
    expected = wide(x) + wide(added)
    tolerance = tolerance + 4 * rounding(x.dtype) * expected.abs()
    gap = compare(f"output of the block, of {tuple(x.shape)}", output, expected, tolerance)
    (other,) = LAST.keys() - {name}
    share = float((wide(output) * wide(x)).sum() / wide(x).square().sum())
    due = float((expected * wide(x)).sum() / wide(x).square().sum())
    return reading(
        gap,
        quiet=f"The block is x plus the {name} sublayer of the normed x.",
        fires=f"With {other} silenced the block is not x plus its {name} sublayer: {gap}; it holds "
        f"{share:.3g} of x, where the sum holds {due:.3g}. Either of the two sums may have lost x.",
        figure=heatmap("Block minus sum", wide(output)[0] - expected[0], "token", "feature"),
    )


@probe("residual.gradient", "Does a silent block pass the gradient on unchanged?")
def gradient(subject: Subject, context: Context) -> Reading:
    """Sends a gradient backwards through a block with both sublayers silent: it must come out as it
    went in. A stream that is cut from the graph gives the right values and fails here. The zeros of
    the silent branches are exact: eps of the gradient is tolerated.
    """
    c = context.config
    x = context.normal(2, c.context_length, c.d_model).requires_grad_()
    weights = _silenced(context.block_weights(), *LAST)
    output = subject.block(x, weights, c.num_heads, torch.arange(c.context_length))
    sent = context.normal(*x.shape)
    (arrived,) = gradients_of(output, [x], sent)
    tolerance = rounding(context.dtype) * wide(sent).abs()
    gap = compare(f"gradient that arrives, of {tuple(x.shape)}", arrived, sent, tolerance)
    share = float(arrived.norm() / wide(sent).norm())
    return reading(
        gap,
        quiet="A silent block passes the gradient on unchanged.",
        fires=f"Of a gradient sent back through a silent block, {share:.4g} of its norm arrives.",
    )


@probe("residual.jacobian", "Is a block's Jacobian the identity plus that of its sublayer?")
def jacobian(subject: Subject, context: Context) -> Reading:
    """Takes the Jacobian of one token's output with respect to that token, one sublayer being
    silent, and beside it that of the subject's own other one behind its own norm. The first is the
    second plus the identity, whose share is what a gradient keeps on its way down; where a sublayer
    is cut from the graph, values are right and the Jacobian is not. Tolerated: 8·(d + d_ff)·eps of
    the largest entry.
    """
    c = context.config
    x, weights = context.normal(c.d_model), context.block_weights()
    w1, w2, w3 = (weights[f"ffn.w{i}.weight"] for i in (1, 2, 3))
    first = torch.arange(1)

    def attended(row: Tensor) -> Tensor:
        normed = subject.rms_norm(row[None, None], weights["ln1.weight"], 1e-5)
        return subject.multihead(normed, _attention_part(weights), c.num_heads, first)[0, 0]

    def fed(row: Tensor) -> Tensor:
        normed = subject.rms_norm(row[None, None], weights["ln2.weight"], 1e-5)
        return subject.swiglu(normed, w1, w2, w3)[0, 0]

    gaps, shares = [], []
    for name, silent, sublayer in (
        ("feed-forward", "attention", fed),
        ("attention", "feed-forward", attended),
    ):
        quieted = _silenced(weights, silent)

        def block(row: Tensor, quieted: dict[str, Tensor] = quieted) -> Tensor:
            return subject.block(row[None, None], quieted, c.num_heads, first)[0, 0]

        whole = wide(torch.autograd.functional.jacobian(block, x))
        expected = wide(torch.autograd.functional.jacobian(sublayer, x)) + torch.eye(c.d_model)
        unit = 8 * (c.d_model + c.d_ff) * rounding(context.dtype)
        tolerance = unit * max(1.0, float(expected.abs().max()))
        what = f"Jacobian of ({c.d_model}, {c.d_model}), {name} alone"
        gaps.append(compare(what, whole, expected, tolerance))
        shares.append((float(whole.diagonal().mean()), float(expected.diagonal().mean()), whole))
    at = gaps.index(worst(*gaps))
    share, due, whole = shares[at]
    return reading(
        *gaps,
        quiet="The Jacobian is the identity plus the sublayer's; its diagonal is "
        f"{shares[0][0]:.3g} on average.",
        fires=f"With {('attention', 'the feed-forward network')[at]} silent the Jacobian's entry "
        f"{gaps[at].index} is {gaps[at]}; its diagonal is {share:.3g} on average, where {due:.3g} "
        "is due.",
        figure=heatmap("Jacobian of the block", whole, "output feature", "input feature"),
    )


@probe("residual.pre_norm", "Is the stream normed on its way into a sublayer, not on its way on?")
def pre_norm(subject: Subject, context: Context) -> Reading:
    """Makes the input 1000 and 2000 times larger: a pre-norm sublayer sees the same normed x and
    adds the same amount, while a norm on the stream itself would take the scale away. What is added
    may differ by the rounding of the larger stream, and by eps / mean(x²) of the norm.
    """
    c = context.config
    x, weights = context.normal(2, c.context_length, c.d_model), context.block_weights()
    weights = _silenced(weights, "feed-forward")
    added = []
    for scale in (1000.0, 2000.0):
        louder = x * scale
        output = subject.block(louder, weights, c.num_heads, torch.arange(c.context_length))
        added.append(wide(output) - wide(louder))
    normed = F.rms_norm(wide(x), (c.d_model,), wide(weights["ln1.weight"])).to(context.dtype)
    positions = torch.arange(c.context_length)
    bound = references.multihead(normed, _attention_part(weights), c.num_heads, positions).error
    # eps is 1e-5 beside a mean square of 10^6 · mean(x²): far below rounding.
    tolerance = 4 * bound.amax() + 4 * 2000 * rounding(context.dtype) * wide(x).abs()
    gap = compare(
        "added to a stream of 2000 x, minus of 1000 x", added[1] - added[0], 0.0, tolerance
    )
    return reading(
        gap,
        quiet="A louder stream is passed on as loud, with the same amount added.",
        fires=f"What the block adds to its stream changes by {gap.observed:.4g} when the stream is "
        "twice as loud.",
    )


@probe("residual.stream", "Do the embeddings reach the head through any number of silent blocks?")
def stream(subject: Subject, context: Context) -> Reading:
    """Zeros the output weights of every block of a model: what enters the first must come out of
    the last, and the gradient likewise, whatever the depth. The zeros are exact, so eps of the
    largest element is tolerated.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(tuple(LAST.values())):
                parameter.zero_()
    streams, norms = _watch(subject, model, context)
    moved = [float((x - streams[0]).abs().max()) for x in streams[1:]]
    unit = rounding(context.dtype)
    gaps = (
        compare("change of the stream", moved, 0.0, unit * float(streams[0].abs().max())),
        compare("norm of the gradient", norms[:-1], norms[-1], 8 * len(norms) * unit * norms[-1]),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet=f"Embeddings and gradients pass {c.num_layers} silent blocks unchanged.",
        fires=f"From the first block's input to block {gap.index[0]}'s output, the {gap.what} is "
        f"{gap}."
        if gap is gaps[0]
        else f"At block {gap.index[0]}'s input the {gap.what} is {gap}, the last block's output "
        "being the measure.",
    )


@probe("residual.model", "Is the model its parts, one after the other?")
def model_of_parts(subject: Subject, context: Context) -> Reading:
    """Compares the model's logits with embedding, blocks, last norm and head put together from the
    subject's own parts, so that a fault inside those stays out of it, at a theta of 10 so that
    positions count. Tolerated: 64·layers·width·eps of the largest logit.
    """
    c = replace(context.config, rope_theta=10.0)
    model = subject.language_model(c, context.seed, context.dtype)
    tokens = context.tokens()[:2]
    weights = {name: p.detach() for name, p in model.named_parameters()}
    positions = torch.arange(c.context_length)
    with torch.no_grad():
        logits = subject.logits(model, tokens)
        x = subject.embedding(tokens, weights["token_embeddings.weight"])
        for i in range(c.num_layers):
            prefix = f"layers.{i}."
            own = {k.removeprefix(prefix): w for k, w in weights.items() if k.startswith(prefix)}
            x = subject.block(x, own, c.num_heads, positions, c.rope_theta, c.context_length)
        x = subject.rms_norm(x, weights["ln_final.weight"], 1e-5)
        expected = subject.linear(x, weights["lm_head.weight"])
    tolerance = references.depth_tolerance(c, expected, context.dtype)
    gap = compare(f"logits of {tuple(expected.shape)}", logits, expected, tolerance)
    return reading(
        gap,
        quiet="The model is embedding, blocks, norm and head, one after the other.",
        fires=f"At token {gap.index[1]} the model gives {gap}, by its own parts one after the "
        "other.",
        figure=heatmap(
            "Model minus its parts", wide(logits)[0] - wide(expected)[0], "token", "vocabulary"
        ),
    )


@probe("residual.depth", "How does the gradient's norm run along the depth?")
def depth(subject: Subject, context: Context) -> Reading:
    """Sends the loss's gradient back through a fresh model of eight blocks and draws its norm at
    each block's input. How it runs is for looking at: no identity ties it down. That it is finite
    and not zero everywhere is asked for.
    """
    c = context.config
    config = replace(c, num_layers=8)
    model = subject.language_model(config, context.seed, context.dtype)
    _, norms = _watch(subject, model, context)
    broken = sum(1 for norm in norms if not 0 < norm < float("inf"))
    gap = compare("blocks whose input gets no finite gradient", float(broken), 0.0, 0.0)
    return reading(
        gap,
        quiet="From the last block's output to the first's input the gradient's norm goes from "
        f"{norms[-1]:.3g} to {norms[0]:.3g}.",
        fires=f"At {broken} of {len(norms)} places of the stream the gradient is zero or not "
        "finite.",
        figure=curves(
            "Norm of the gradient in the stream, block by block",
            [float(i) for i in range(len(norms))],
            {"observed": norms},
            "blocks below",
            "norm",
        ),
    )


def _stream(value: object) -> Tensor:
    if not isinstance(value, Tensor):
        raise Skip("The blocks take or hand on more than the stream.")
    return value


def _watch(
    subject: Subject, model: nn.Module, context: Context
) -> tuple[list[Tensor], list[float]]:
    """The stream into the first block and out of each, and the loss's gradient norm there."""
    streams: list[Tensor] = []

    def enter(module: nn.Module, inputs: tuple[object, ...]) -> None:
        del module
        if not streams:
            streams.append(_stream(inputs[0] if inputs else None))

    def leave(module: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        del module, inputs
        streams.append(_stream(output))

    for block in subject.blocks(model):
        block.register_forward_pre_hook(enter)
        block.register_forward_hook(leave)
    tokens = context.tokens()
    logits = subject.logits(model, tokens)
    targets = context.integers(logits.shape[-1], *tokens.shape)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    norms = [float(gradient.norm()) for gradient in gradients_of(loss, streams)]
    return [wide(x) for x in streams], norms
