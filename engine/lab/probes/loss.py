"""Cross-entropy: the mean of log Σ exp(logits) - logit of the target, in nats."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.lab.probes.backwards import gradients_of
from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.subjects import Subject


def _tolerance(logits: Tensor, dtype: torch.dtype) -> float:
    """A sum of V exponentials, its logarithm, and a mean of n: (V + n + 16)·eps, and eps of the
    largest logit for the subtraction.
    """
    vocab, n = logits.shape[-1], logits[..., 0].numel()
    return (vocab + n + 16) * rounding(dtype) * (1 + float(wide(logits).abs().max()))


@probe("loss.uniform", "Is the loss ln V when all tokens are equally likely?")
def uniform(subject: Subject, context: Context) -> Reading:
    """Gives equal logits, of whatever height: the loss is the logarithm of the vocabulary's size,
    for every target. A sum of V ones and its logarithm are good to (V + n + 16)·eps.
    """
    gaps = []
    for vocab in (2, context.config.vocab_size, 1000):
        logits = torch.full((5, vocab), 1.5, dtype=context.dtype)
        loss = subject.cross_entropy(logits, context.integers(vocab, 5))
        tolerance = _tolerance(logits, context.dtype)
        gaps.append(
            compare(f"loss at equal logits, V = {vocab}", loss, math.log(vocab), tolerance, "nat")
        )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Equal logits cost ln V.",
        fires=f"The {gap.what}, is {gap.observed:.4g} nats, where ln V = {gap.expected:.4g} is "
        "due.",
    )


@probe("loss.non_negative", "Is the loss never below zero?")
def non_negative(subject: Subject, context: Context) -> Reading:
    """Tries logits from flat to steep, with targets right and wrong. No probability is above 1, so
    no loss is below 0; for a mean of logarithms rounded, (V + n + 16)·eps of the largest logit is
    tolerated.
    """
    vocab = context.config.vocab_size
    steepness, losses, tolerances = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0), [], []
    base = context.normal(8, vocab)
    targets = context.integers(vocab, 8)
    for steep in steepness:
        logits = steep * base
        losses.append(float(subject.cross_entropy(logits, targets).detach()))
        tolerances.append(_tolerance(logits, context.dtype))
    low = torch.tensor(losses, dtype=torch.float64)
    gap = compare("what a loss is below zero", low.clamp(max=0.0), 0.0, torch.tensor(tolerances))
    return reading(
        gap,
        quiet=f"Losses run from {low.min():.4g} to {low.max():.4g} nats, none below zero.",
        fires=f"With logits {steepness[gap.index[0]]:g} times a standard normal the loss is "
        f"{losses[gap.index[0]]:.4g} nats.",
        figure=curves(
            "Loss of random logits", steepness, {"observed": losses}, "scale of the logits", "nats"
        ),
    )


@probe("loss.shift", "Is the loss blind to a constant added to all logits?")
def shift(subject: Subject, context: Context) -> Reading:
    """Adds a constant of up to 1000 to each row: log Σ exp and the target's logit rise alike.
    Adding c rounds each logit by eps·c: (V + n + 16)·eps·(1 + c).
    """
    logits = context.normal(6, context.config.vocab_size)
    targets = context.integers(logits.shape[-1], 6)
    before = subject.cross_entropy(logits, targets)
    gaps = []
    for constant in (10.0, -100.0, 1000.0):
        moved = logits + constant
        after = subject.cross_entropy(moved, targets)
        tolerance = _tolerance(moved, context.dtype)
        gaps.append(compare(f"loss with {constant:g} added", after, before, tolerance, "nat"))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="A constant added to all logits does not move the loss.",
        fires=f"The {gap.what} to all logits is {gap}.",
    )


@probe("loss.huge_logits", "Does the loss stay finite and right for huge logits?")
def huge_logits(subject: Subject, context: Context) -> Reading:
    """Logits of ±10 000, where exp overflows and softmax underflows: the loss is the gap between
    the largest logit and the target's, 0 or 20 000, exactly in any dtype but for eps of 20 000.
    """
    logits = torch.tensor([[1e4, -1e4, 0.0]], dtype=context.dtype)
    gaps = []
    for target, expected in ((0, 0.0), (2, 1e4), (1, 2e4)):
        loss = subject.cross_entropy(logits, torch.tensor([target]))
        tolerance = 4 * rounding(context.dtype) * 2e4
        gaps.append(compare(f"loss of target {target} of (1, 3)", loss, expected, tolerance, "nat"))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Logits of ±10000 cost 0, 10000 and 20000 nats.",
        fires=f"With logits 10000, -10000 and 0 the {gap.what} is {gap}.",
    )


@probe("loss.reference", "Does the loss agree with torch's?")
def reference(subject: Subject, context: Context) -> Reading:
    """Compares with ``F.cross_entropy`` in float64 on random logits of one to three dimensions.
    Tolerated: (V + n + 16)·eps of the largest logit.
    """
    vocab = context.config.vocab_size
    gaps = []
    for lead in ((1,), (7,), (3, 4), (2, 3, 2)):
        logits, targets = context.normal(*lead, vocab, scale=3.0), context.integers(vocab, *lead)
        expected = F.cross_entropy(wide(logits).reshape(-1, vocab), targets.flatten())
        gaps.append(
            compare(
                f"loss of logits {(*lead, vocab)}",
                subject.cross_entropy(logits, targets),
                expected,
                _tolerance(logits, context.dtype),
                "nat",
            )
        )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The loss agrees with torch's.",
        fires=f"The {gap.what} is {gap}, by torch's cross-entropy.",
    )


@probe("loss.gradient", "Is the gradient softmax minus one-hot, over the number of targets?")
def gradient(subject: Subject, context: Context) -> Reading:
    """Differentiates the loss by the logits: (softmax(logits) - onehot(target)) / n. It pulls the
    target up and all others down. Tolerated: (V + 16)·eps / n, and eps·|logit| through the
    exponential.
    """
    vocab, n = context.config.vocab_size, 6
    logits, targets = context.normal(n, vocab), context.integers(vocab, n)
    logits.requires_grad_()
    (observed,) = gradients_of(subject.cross_entropy(logits, targets), [logits])
    expected = (torch.softmax(wide(logits), -1) - F.one_hot(targets, vocab)) / n
    tolerance = (vocab + 16 + 2 * float(wide(logits).abs().max())) * rounding(context.dtype) / n
    gap = compare(f"gradient of ({n}, {vocab})", observed, expected, tolerance)
    at_target = float(wide(observed)[torch.arange(n), targets].mean())
    return reading(
        gap,
        quiet="The gradient is softmax minus one-hot: targets are pulled up.",
        fires=f"The gradient of a logit is {gap}; at the targets it is {at_target:.4g} on average, "
        "where a negative number pulls the target up.",
    )


@probe("loss.mean", "Is the loss a mean over all targets?")
def mean(subject: Subject, context: Context) -> Reading:
    """Compares the loss of two sequences with the mean of the two alone, and with the same batch
    twice over. A mean does not grow with the batch. Tolerated: (V + n + 16)·eps of the largest
    logit.
    """
    vocab = context.config.vocab_size
    logits, targets = context.normal(2, 5, vocab), context.integers(vocab, 2, 5)
    whole = subject.cross_entropy(logits, targets)
    halves = [subject.cross_entropy(logits[i], targets[i]) for i in (0, 1)]
    twice = subject.cross_entropy(torch.cat([logits, logits]), torch.cat([targets, targets]))
    tolerance = 2 * _tolerance(logits, context.dtype)
    gaps = (
        compare("loss of two sequences", whole, (halves[0] + halves[1]) / 2, tolerance, "nat"),
        compare("loss of the batch twice over", twice, whole, 2 * tolerance, "nat"),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The loss is a mean: twice the batch, the same loss.",
        fires=f"The {gap.what} is {gap}.",
    )
