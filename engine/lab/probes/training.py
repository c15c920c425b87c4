"""One training step, taken apart: its loss, its direction, its size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.evidence import Measurement, number, within
from engine.lab.probes.backwards import gradients_of
from engine.lab.probes.context import Context
from engine.lab.probes.figures import table
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide
from engine.lab.probes.references import depth_tolerance
from engine.lab.subjects import Subject


@dataclass(frozen=True)
class Step:
    """One step of plain gradient descent at a rate of 1, which shows the gradient as it is."""

    moved: Tensor
    """What was taken off the weights, all joined, in float64."""
    true: Tensor
    """The gradient of torch's cross-entropy, likewise."""
    weight: float
    """The largest of the weights that the move is read off."""


def _step(subject: Subject, context: Context, limit: float, stale: float = 0.0) -> Step:
    """A fresh model's first step; ``stale`` is left behind in every gradient before it."""
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    generator = torch.Generator().manual_seed(context.seed)
    shape = (context.size.batch, c.context_length)
    inputs, targets = torch.randint(c.vocab_size, (2, *shape), generator=generator)
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss = F.cross_entropy(subject.logits(model, inputs).flatten(0, 1), targets.flatten())
    true = torch.cat([g.flatten() for g in gradients_of(loss, parameters)])
    before = torch.cat([wide(p).flatten() for p in parameters])
    if stale:
        for p in parameters:
            p.grad = torch.full_like(p, stale)
    optimizer = torch.optim.SGD(parameters, lr=1.0)
    subject.train_step(model, optimizer, inputs, targets, limit)
    after = torch.cat([wide(p).flatten() for p in parameters])
    return Step(before - after, true, float(before.abs().max()))


def _tolerance(step: Step, context: Context) -> float:
    """How far rounding can part an element of two gradients read off the weights: 64·layers·width
    eps of the largest for another order of summation, 2·eps of a weight for the reading."""
    c = context.config
    depth = 64 * c.num_layers * (c.d_model + c.d_ff) * float(step.true.abs().max())
    return (depth + 2 * step.weight) * rounding(context.dtype)


@probe("training.first_nonfinite", "Which module is the first to hand on a NaN or an infinity?")
def first_nonfinite(subject: Subject, context: Context) -> Reading:
    """Gives token 0 an embedding of zeros, as a padding token may have, runs a batch that holds it,
    and looks at what each module hands on, in order, and at the gradients. All of it is finite in a
    sound model, so nothing is tolerated.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    with torch.no_grad():
        subject.table(model)[0] = 0
    rows: list[tuple[str, str, int]] = []

    def note(module: nn.Module, output: object, name: str) -> None:
        if isinstance(output, Tensor):
            bad = int((~torch.isfinite(output.detach())).sum())
            rows.append((name or "logits", type(module).__name__, bad))

    for name, module in model.named_modules():
        module.register_forward_hook(lambda m, _i, out, name=name: note(m, out, name))
    inputs = context.tokens()
    inputs[:, 0] = 0
    logits = subject.logits(model, inputs)
    targets = context.integers(logits.shape[-1], *inputs.shape)
    F.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
    broken = [
        name
        for name, p in model.named_parameters()
        if p.grad is not None and not bool(torch.isfinite(p.grad).all())
    ]
    first = next((row for row in rows if row[2]), None)
    gaps = (
        compare(
            "numbers that are not finite, in the outputs", float(sum(r[2] for r in rows)), 0.0, 0.0
        ),
        compare("parameters with a gradient that is not finite", float(len(broken)), 0.0, 0.0),
    )
    return reading(
        *gaps,
        quiet="With a token of zeros every module hands on finite numbers.",
        fires=f"{first[0]} ({first[1]}) is the first module to hand on numbers that are not "
        f"finite: {first[2]} of them."
        if first
        else f"The gradient of {broken[0] if broken else 'nothing'} is not finite.",
        figure=table("Numbers that are not finite", ("module", "kind", "count"), rows),
    )


@probe("training.start_loss", "Is the first loss what the initialisation implies?")
def start_loss(subject: Subject, context: Context) -> Reading:
    """Takes the loss of a fresh model on random targets. The head sees normed vectors of length √d,
    so its logits have variance s² = d·mean(W²), and V such logits cost about ln V + s²/2: here ln V
    + d/(d + V), not ln V. Tolerated: six standard deviations of that mean over V rows and n
    targets, and the curvature s⁴/4.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    head = wide(subject.head(model))
    inputs = context.integers(c.vocab_size, 32, c.context_length)
    targets = context.integers(c.vocab_size, *inputs.shape)
    with torch.no_grad():
        loss = float(subject.cross_entropy(subject.logits(model, inputs), targets))
    vocab, width = head.shape
    s2 = width * float(head.square().mean())
    expected = math.log(vocab) + s2 / 2
    spread = math.sqrt(math.expm1(s2) / vocab + s2 / targets.numel())
    gap = compare("loss of a fresh model", loss, expected, 6 * spread + s2 * s2 / 4, "nat")
    flat = math.log(vocab)
    return reading(
        gap,
        quiet=f"A fresh model costs {loss:.4g} nats, where about {expected:.4g} is due (ln V is "
        f"{flat:.4g}).",
        fires=f"A fresh model costs {loss:.4g} nats, where {expected:.4g} is due "
        f"({within(gap.tolerance)}); ln V is {flat:.4g}.",
        context=(
            Measurement("ln V", number(flat), unit="nat"),
            Measurement("variance of the logits that the head implies", number(s2)),
        ),
    )


@probe("training.reported_loss", "Is the loss that a step reports the cross-entropy before it?")
def reported_loss(subject: Subject, context: Context) -> Reading:
    """Compares what ``train_step`` returns with torch's cross-entropy of the model before the step.
    Tolerated: 64·layers·width·eps of the largest logit.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    inputs = context.tokens()
    targets = context.integers(c.vocab_size, *inputs.shape)
    with torch.no_grad():
        logits = subject.logits(model, inputs)
    expected = F.cross_entropy(wide(logits).flatten(0, 1), targets.flatten())
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    observed = subject.train_step(model, optimizer, inputs, targets, 1e9)
    tolerance = depth_tolerance(c, logits, context.dtype)
    gap = compare("loss reported", observed, expected, tolerance, "nat")
    return reading(
        gap,
        quiet="A step reports the cross-entropy before it.",
        fires=f"The {gap.what} is {gap}, by torch's cross-entropy.",
    )


@probe("training.descent", "Does a step walk down the cross-entropy?")
def descent(subject: Subject, context: Context) -> Reading:
    """Takes one step of plain gradient descent, at a rate of 1 and without a limit to the norm, and
    compares what the weights moved by with the gradient of torch's cross-entropy. A cosine of 1 is
    straight down, of -1 straight up. Tolerated per element: 64·layers·width·eps of the largest,
    2·eps of a weight.
    """
    step = _step(subject, context, 1e9)
    moved, true = step.moved, step.true
    gap = compare(f"move at a rate of 1, of ({len(true)},)", moved, true, _tolerance(step, context))
    cosine = float((moved @ true) / (moved.norm() * true.norm()))
    return reading(
        gap,
        quiet="A step walks straight down the cross-entropy.",
        fires=f"A step moves the weights at a cosine of {cosine:.4g} to the way down, and "
        f"{float(moved.norm() / true.norm()):.4g} times as far as the gradient is long.",
        context=(Measurement("cosine to the way down", number(cosine), 1.0),),
    )


@probe("training.clipped", "Is the step no longer than the limit on the gradient's norm?")
def clipped(subject: Subject, context: Context) -> Reading:
    """Takes one step of plain gradient descent, at a rate of 1, with a limit far below the
    gradient's norm: the move must have the limit for its norm. Tolerated: 2·eps of a weight for
    each of the n readings, so √n of that, and a thousandth of the limit for the 10⁻⁶ that may be
    added to a norm.
    """
    limit = 1 / 64
    step = _step(subject, context, limit)
    # Readings of n weights, each off by 2·eps of it, lengthen a vector by √n of that at most.
    read = 2 * step.weight * rounding(context.dtype) * math.sqrt(len(step.moved))
    gap = compare("norm of the move at a rate of 1", step.moved.norm(), limit, read + 1e-3 * limit)
    return reading(
        gap,
        quiet="A step is as long as the limit on the gradient's norm.",
        fires=f"With a limit of {limit:.4g}, and a gradient of norm {float(step.true.norm()):.4g}, "
        f"the {gap.what} is {gap.observed:.4g}.",
    )


@probe("training.fresh_gradients", "Does a step forget the gradients of the step before?")
def fresh_gradients(subject: Subject, context: Context) -> Reading:
    """Leaves a gradient of 1000 in every parameter, then takes a step of plain gradient descent: it
    must be the step taken without. Tolerated per element: 64·layers·width·eps of the largest, and
    the weights' rounding.
    """
    plain, stale = _step(subject, context, 1e9), _step(subject, context, 1e9, stale=1000.0)
    tolerance = 2 * _tolerance(plain, context)
    gap = compare(f"move of ({len(plain.moved)},)", stale.moved, plain.moved, tolerance)
    return reading(
        gap,
        quiet="A step uses the gradient of its own batch alone.",
        fires=f"With gradients of 1000 left behind, an element moves by {gap.observed:.4g} at a "
        f"rate of 1, where it moves by {gap.expected:.4g} without.",
    )


@probe("training.update_ratio", "How large is the first update beside the weights?")
def update_ratio(subject: Subject, context: Context) -> Reading:
    """Takes one step with the subject's AdamW and lists the size of each parameter's update over
    that of the parameter. Bias-corrected, an element moves by lr at most, and by lr·decay of
    itself; that bound, and the weights' rounding, are asked for. How the ratios compare is for
    looking at: around 1/1000 is usual.
    """
    context = context.at_least_float32()
    c = context.config
    lr, weight_decay = 1e-3, 0.01
    model = subject.language_model(c, context.seed, context.dtype)
    inputs = context.tokens()
    targets = context.integers(c.vocab_size, *inputs.shape)
    before = {name: wide(p).clone() for name, p in model.named_parameters()}
    optimizer = subject.adamw(model.parameters(), lr=lr, weight_decay=weight_decay)
    subject.train_step(model, optimizer, inputs, targets, 1.0)
    unit, beyond, slack = rounding(context.dtype), [], []
    rows: list[tuple[str, float, float, float]] = []
    for name, p in model.named_parameters():
        weight, update = before[name], wide(p) - before[name]
        largest = float(weight.abs().max())
        size, beside = (float(t.square().mean().sqrt()) for t in (update, weight))
        rows.append((name, size, beside, size / beside if beside else math.inf))
        beyond.append(update.abs().max() - lr * (1 + weight_decay * largest))
        # A correction taken in the weights' dtype loses eps / (1 - beta2) = 1000·eps of lr.
        slack.append(2000 * unit * lr + 2 * unit * largest)
    idle = [row[0] for row in rows if row[1] == 0]
    gaps = (
        compare("largest update beyond lr", torch.stack(beyond).clamp(min=0), 0.0, slack),
        compare(f"parameters of {len(rows)} that did not move", float(len(idle)), 0.0, 0.0),
    )
    ratios = [row[3] for row in rows]
    return reading(
        *gaps,
        quiet=f"Updates are between {min(ratios):.1g} and {max(ratios):.1g} of their weights.",
        fires=f"The first step does not move {', '.join(idle[:3])}."
        if idle
        else f"The first step moves {rows[gaps[0].index[0]][0]} by {gaps[0].observed:.4g} more "
        f"than the learning rate {lr:g} and decay allow.",
        figure=table("First update", ("parameter", "update", "weight", "ratio"), rows),
    )
