"""One training step, taken apart: its loss, its direction, its size."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.evidence import Measurement, number
from engine.lab.probes.context import Context
from engine.lab.probes.figures import table
from engine.lab.probes.reading import Gap, Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.probes.references import depth_tolerance
from engine.lab.subject import Subject

RATE = 0.125
"""Of plain gradient descent: a power of two, so that dividing by it is exact."""


def _gradient(subject: Subject, model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The gradient of torch's cross-entropy, all parameters joined, in float64."""
    logits = subject.logits(model, inputs)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    parameters = [p for p in model.parameters() if p.requires_grad]
    found = torch.autograd.grad(loss, parameters, allow_unused=True)
    pairs = zip(parameters, found, strict=True)
    return torch.cat([wide(torch.zeros_like(p) if g is None else g).flatten() for p, g in pairs])


def _joined(model: nn.Module) -> Tensor:
    return torch.cat([wide(p).flatten() for p in model.parameters() if p.requires_grad])


def _step(
    subject: Subject, context: Context, limit: float, stale: float = 0.0
) -> tuple[Tensor, Tensor, float, float]:
    """One train_step with plain gradient descent on a fresh model.

    Returns the gradient that the move amounts to, the true one, how far rounding can part an
    element of the two, and the loss reported.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    inputs = context.tokens()
    targets = context.integers(c.vocab_size, *inputs.shape)
    true, before = _gradient(subject, model, inputs, targets), _joined(model)
    if stale:
        for p in model.parameters():
            p.grad = torch.full_like(p, stale)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    reported = subject.train_step(model, optimizer, inputs, targets, limit)
    moved = (before - _joined(model)) / RATE
    unit = rounding(context.dtype)
    depth = 64 * c.num_layers * (c.d_model + c.d_ff) * unit * float(true.abs().max())
    # The move is read off the weights, which are rounded to eps of their size.
    return moved, true, depth + 2 * unit * float(before.abs().max()) / RATE, reported


@probe("training.first_nonfinite", "Which module is the first to hand on a NaN or an infinity?")
def first_nonfinite(subject: Subject, context: Context) -> Reading:
    """Gives token 0 an embedding of zeros, as a padding token may have, runs a batch that holds it,
    and looks at what each module hands on, in order, and at the gradients. All of it is finite in a
    sound model, so nothing is tolerated.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    with torch.no_grad():
        model.get_submodule("token_embeddings").get_parameter("weight")[0] = 0
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
        "finite: "
        f"{first[2]} of them."
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
    head = wide(model.get_submodule("lm_head").get_parameter("weight"))
    inputs = context.integers(c.vocab_size, 32, c.context_length)
    targets = context.integers(c.vocab_size, *inputs.shape)
    with torch.no_grad():
        loss = float(subject.cross_entropy(subject.logits(model, inputs), targets))
    s2 = c.d_model * float(head.square().mean())
    expected = math.log(c.vocab_size) + s2 / 2
    spread = math.sqrt(math.expm1(s2) / c.vocab_size + s2 / targets.numel())
    gap = compare("loss of a fresh model", loss, expected, 6 * spread + s2 * s2 / 4, "nat")
    flat = math.log(c.vocab_size)
    return reading(
        gap,
        quiet=f"A fresh model costs {loss:.4g} nats, where about {expected:.4g} is due (ln V is "
        f"{flat:.4g}).",
        fires=f"A fresh model costs {loss:.4g} nats, where {expected:.4g} is due "
        f"(± {gap.tolerance:.2g}); ln V is {flat:.4g}.",
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
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
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
    """Takes one step of plain gradient descent, without a limit to the norm, and compares what the
    weights moved by with the gradient of torch's cross-entropy. A cosine of 1 is straight down, of
    -1 straight up. Tolerated per element: 64·layers·width·eps of the largest, and the rounding of
    the weights.
    """
    moved, true, tolerance, _ = _step(subject, context, 1e9)
    gap = compare(f"move over learning rate, of ({len(true)},)", moved, true, tolerance)
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
    """Takes one step of plain gradient descent with a limit far below the gradient's norm: the
    move, over the learning rate, must have the limit for its norm. Tolerated: the rounding of the
    weights it is read off, and of the norm.
    """
    limit = 1 / 64
    moved, true, tolerance, _ = _step(subject, context, limit)
    # Of n rounding errors of that size at random, the norm is off by √n of them at most.
    allowed = 2 * rounding(context.dtype) * 4 / RATE * math.sqrt(len(moved)) + 1e-3 * limit
    gap = compare("norm of the move over the learning rate", moved.norm(), limit, allowed)
    del tolerance
    return reading(
        gap,
        quiet="A step is as long as the limit on the gradient's norm.",
        fires=f"With a limit of {limit:.4g}, and a gradient of norm {float(true.norm()):.4g}, the "
        f"{gap.what} is {gap.observed:.4g}.",
    )


@probe("training.fresh_gradients", "Does a step forget the gradients of the step before?")
def fresh_gradients(subject: Subject, context: Context) -> Reading:
    """Leaves a gradient of 1000 in every parameter, then takes a step of plain gradient descent: it
    must be that of this batch alone. Tolerated per element: 64·layers·width·eps of the largest, and
    the weights' rounding.
    """
    moved, true, tolerance, _ = _step(subject, context, 1e9, stale=1000.0)
    gap = compare(f"move over learning rate, of ({len(true)},)", moved, true, tolerance)
    return reading(
        gap,
        quiet="A step uses the gradient of its own batch alone.",
        fires=f"With old gradients of 1000 left behind, an element moves as for a gradient of "
        f"{gap.observed:.4g}, where {gap.expected:.4g} is due.",
    )


@probe("training.update_ratio", "How large is the first update beside the weights?")
def update_ratio(subject: Subject, context: Context) -> Reading:
    """Takes one step with the subject's AdamW and lists the size of each parameter's update over
    that of the parameter. Bias-corrected, an element moves by lr at most, and by lr·decay of
    itself; that bound, and the weights' rounding, are asked for. How the ratios compare is for
    looking at: around 1/1000 is usual.
    """
    c = context.config
    lr, weight_decay = 1e-3, 0.01
    model = subject.language_model(c, context.seed, context.dtype)
    inputs = context.tokens()
    targets = context.integers(c.vocab_size, *inputs.shape)
    before = {name: wide(p).clone() for name, p in model.named_parameters()}
    optimizer = subject.adamw(model.parameters(), lr=lr, weight_decay=weight_decay)
    subject.train_step(model, optimizer, inputs, targets, 1.0)
    rows, gaps = [], []
    for name, p in model.named_parameters():
        update = wide(p) - before[name]
        largest = float(update.abs().max())
        size, weight = (float(t.square().mean().sqrt()) for t in (update, before[name]))
        rows.append((name, size, weight, size / weight if weight else float("inf")))
        most = lr * (1 + weight_decay * float(before[name].abs().max()))
        # A correction taken in the weights' dtype loses eps / (1 - beta2) = 1000·eps of lr.
        slack = lr * 2000 * rounding(context.dtype)
        slack += 2 * rounding(context.dtype) * float(before[name].abs().max())
        gaps.append(
            compare(f"largest update of {name}, beyond lr", max(0.0, largest - most), 0.0, slack)
        )
        if not math.isfinite(largest) or largest == 0:
            gaps[-1] = compare(f"largest update of {name}", largest, lr, lr)
            if largest == 0:
                gaps[-1] = Gap(f"parameters that moved ({name})", 0.0, 1.0, 0.0, ())
    gap = worst(*gaps)
    ratios = [row[3] for row in rows]
    return reading(
        gap,
        quiet=f"Updates are between {min(ratios):.1g} and {max(ratios):.1g} of their weights.",
        fires=f"Of the first update, the {gap.what} is {gap.observed:.4g}.",
        figure=table("First update", ("parameter", "update", "weight", "ratio"), rows),
    )
