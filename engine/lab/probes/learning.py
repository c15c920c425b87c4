"""Training to look at: one batch learnt by heart, a text of known entropy, gradients as they go.

No loss at a fixed step decides anything here. What decides are bounds that no model can pass.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.evidence import Measurement, number
from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves
from engine.lab.probes.heads import attention_weights, map_reading
from engine.lab.probes.reading import Gap, Reading, compare, probe, reading, rounding, wide
from engine.lab.subjects import Subject

SUCCESSORS = 4
"""Of each token, all equally likely: the text's entropy is ln 4 a token, to the last digit."""


def _text(context: Context, successors: Tensor, n: int) -> Tensor:
    """A batch (n, context_length + 1) of walks in which every step is one of four, by chance."""
    walk = [context.integers(len(successors), n)]
    for _ in range(context.config.context_length):
        walk.append(successors[walk[-1], context.integers(SUCCESSORS, n)])
    return torch.stack(walk, dim=1)


def _successors(context: Context) -> Tensor:
    vocab = context.config.vocab_size
    return torch.stack([context.permutation(vocab)[:SUCCESSORS] for _ in range(vocab)])


@probe("training.overfit", "Can the model learn one batch by heart?", slow=True)
def overfit(subject: Subject, context: Context) -> Reading:
    """Trains 120 steps on one batch of random tokens and draws the loss, beside the entropy of the
    batch's own tokens, which is as far as one gets without looking at the context. A loss that is
    not finite, or below zero by more than (V + n + 16)·eps of the largest logit, or that ends above
    where it began, is a finding; how fast it falls is not.
    """
    c, steps = context.config, 120
    model = subject.language_model(c, context.seed, context.dtype)
    optimizer = subject.adamw(model.parameters(), lr=0.01, betas=(0.9, 0.95), weight_decay=0.1)
    text = context.integers(c.vocab_size, context.size.batch, c.context_length + 1)
    inputs, targets = text[:, :-1], text[:, 1:]
    reported, true = [], []
    for step in range(steps):
        with torch.no_grad():
            logits = wide(subject.logits(model, inputs)).flatten(0, 1)
            true.append(float(F.cross_entropy(logits, targets.flatten())))
        reported.append(subject.train_step(model, optimizer, inputs, targets, 1.0))
        context.progress(step + 1, steps, reported[-1])
    shares = torch.bincount(targets.flatten()).double() / targets.numel()
    entropy = float(torch.special.entr(shares).sum())
    finite = [x for x in reported if math.isfinite(x)]
    steepest = 1 + float(logits.nan_to_num().abs().max())
    gaps = (
        _not_finite(reported),
        compare(
            "the lowest loss reported, below zero",
            min([0.0, *finite]),
            0.0,
            (c.vocab_size + targets.numel() + 16) * rounding(context.dtype) * steepest,
            "nat",
        ),
        compare("runs that end above where they began", float(not true[-1] < true[0]), 0.0, 0.0),
    )
    return reading(
        *gaps,
        quiet=f"In {steps} steps the loss went from {true[0]:.3g} to {true[-1]:.3g} nats.",
        fires=f"In {steps} steps the loss reported went from {reported[0]:.3g} to "
        f"{reported[-1]:.3g}, torch's cross-entropy from {true[0]:.3g} to {true[-1]:.3g} nats.",
        figure=curves(
            "One batch, over and over",
            [float(i) for i in range(steps)],
            {"reported": reported, "cross-entropy": true, "without context": [entropy] * steps},
            "step",
            "nats",
        ),
        context=(Measurement("cross-entropy at the end", number(true[-1]), unit="nat"),),
    )


def _not_finite(values: list[float]) -> Gap:
    count = sum(not math.isfinite(value) for value in values)
    return compare(f"losses of {len(values)} that are not finite", float(count), 0.0, 0.0)


@probe("training.entropy_bound", "Does training stay above the entropy of its text?", slow=True)
def entropy_bound(subject: Subject, context: Context) -> Reading:
    """Trains 300 steps on fresh text in which every token is followed by one of four, by chance: ln
    4 nats a token, which nobody beats who has not seen the token. For such a model exp(deficit) is
    a fair bet at best, so that a total of 30 nats below ln 4 has a chance of e^-30 (Markov's
    inequality), whatever the learning rate.
    """
    c, steps = context.config, 300
    model = subject.language_model(c, context.seed, context.dtype)
    optimizer = subject.adamw(model.parameters(), lr=0.01, betas=(0.9, 0.95), weight_decay=0.1)
    successors = _successors(context)
    losses = []
    for step in range(steps):
        text = _text(context, successors, 2 * context.size.batch)
        inputs, targets = text[:, :-1], text[:, 1:]
        losses.append(subject.train_step(model, optimizer, inputs, targets, 1.0))
        context.progress(step + 1, steps, losses[-1])
    floor, tokens = math.log(SUCCESSORS), 2 * context.size.batch * c.context_length
    last = losses[2 * steps // 3 :]
    deficit = sum(floor - loss for loss in last) * tokens
    gaps = (
        _not_finite(losses),
        compare(
            f"nats below ln 4 in all, over the last {len(last)} steps",
            deficit if math.isnan(deficit) else max(0.0, deficit),
            0.0,
            30.0,
            "nat",
        ),
    )
    end = sum(last) / len(last)
    broken = next((step for step, loss in enumerate(losses) if not math.isfinite(loss)), None)
    return reading(
        *gaps,
        quiet=f"The loss came down to {end:.3g} nats; nobody gets below ln 4 = {floor:.3g}.",
        fires=f"The last {len(last)} steps cost {end:.3g} nats a token, where nothing that "
        "predicts "
        f"can cost less than ln 4 = {floor:.3g}."
        if broken is None
        else f"At step {broken} the loss is {losses[broken]}.",
        figure=curves(
            "Loss on fresh text",
            [float(i) for i in range(steps)],
            {
                "observed": losses,
                "ln 4, the entropy": [floor] * steps,
                "ln V": [math.log(c.vocab_size)] * steps,
            },
            "step",
            "nats",
        ),
    )


@probe(
    "training.gradient_norms",
    "How do the gradients of the layers compare as training goes?",
    slow=True,
)
def gradient_norms(subject: Subject, context: Context) -> Reading:
    """Trains 40 steps on fresh text and draws the norm of each block's gradient. How they compare
    is for looking at; that each is finite and not zero at every step is asked for.
    """
    c, steps = context.config, 40
    model = subject.language_model(c, context.seed, context.dtype)
    optimizer = subject.adamw(model.parameters(), lr=0.003, betas=(0.9, 0.95), weight_decay=0.1)
    successors = _successors(context)
    blocks = subject.blocks(model)
    squares = torch.zeros(len(blocks), dtype=torch.float64)

    def watch(parameter: Tensor, i: int) -> None:
        def add(gradient: Tensor) -> None:
            squares[i] += wide(gradient).square().sum()

        # As it flows, for the step may clear what it leaves behind.
        parameter.register_hook(add)

    for i, block in enumerate(blocks):
        for parameter in block.parameters():
            watch(parameter, i)
    norms = []
    for step in range(steps):
        squares.zero_()
        text = _text(context, successors, context.size.batch)
        loss = subject.train_step(model, optimizer, text[:, :-1], text[:, 1:], 1e9)
        norms.append(squares.sqrt())
        context.progress(step + 1, steps, loss)
    series = {f"block {i}": [float(norm[i]) for norm in norms] for i in range(len(blocks))}
    broken = sum(not 0 < norm < math.inf for line in series.values() for norm in line)
    gap = compare("norms that are zero or not finite", float(broken), 0.0, 0.0)
    first, last = next(iter(series.values())), list(series.values())[-1]
    return reading(
        gap,
        quiet=f"At the last step the first block's gradient is {first[-1] / last[-1]:.3g} times "
        "the last's."
        if last[-1]
        else "",
        fires=f"{broken} of {steps * len(blocks)} gradient norms of blocks are zero or not finite.",
        figure=curves(
            "Norm of each block's gradient",
            [float(i) for i in range(steps)],
            series,
            "step",
            "norm",
        ),
    )


@probe(
    "training.attention_map", "What does the first layer attend to after some training?", slow=True
)
def attention_map(subject: Subject, context: Context) -> Reading:
    """Trains 60 steps on fresh text, then reads the first layer's attention: a value projection is
    solved for that turns each token into a unit vector, and every head hands out its weights, for
    d_head tokens at most. Rows sum to 1 and nothing lies on later tokens, up to the rounding of
    layer and solution. What else is done to the values on their way shows here too.
    """
    c, steps = context.config, 60
    model = subject.language_model(c, context.seed, context.dtype)
    optimizer = subject.adamw(model.parameters(), lr=0.01, betas=(0.9, 0.95), weight_decay=0.1)
    successors = _successors(context)
    for step in range(steps):
        text = _text(context, successors, context.size.batch)
        loss = subject.train_step(model, optimizer, text[:, :-1], text[:, 1:], 1.0)
        context.progress(step + 1, steps, loss)
    n = min(c.d_head, c.context_length)
    state = {name: p.detach() for name, p in model.named_parameters()}
    # Distinct tokens, so that each can be told from the others.
    tokens = context.permutation(c.vocab_size)[:n]
    table = state["token_embeddings.weight"]
    x = subject.rms_norm(table[tokens][None], state["layers.0.ln1.weight"], 1e-5)
    weights = {
        f"{name}.weight": state[f"layers.0.attn.{name}.weight"]
        for name in ("q_proj", "k_proj", "v_proj", "output_proj")
    }
    broken = sum(int((~torch.isfinite(t)).sum()) for t in (x, *weights.values()))
    if broken:
        shown = Measurement("numbers that are not finite", broken, 0, 0.0)
        finding = (
            f"After {steps} steps {broken} numbers that the first layer works on are not finite."
        )
        return Reading(True, finding, (shown,))
    seen, error = attention_weights(subject, x, weights, c.num_heads, torch.arange(n))
    return map_reading(seen, error)
