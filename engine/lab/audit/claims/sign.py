"""Bug 7, the loss without its minus sign: what the key says of it."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch.nn import functional as F

from engine.lab.audit.claim import ROUNDING, Pair, Reading, Sign, Within, claim
from engine.lab.audit.workbench import STANDARD, Bench, Plan

PLANS = {"learning rate 0.003": STANDARD}
DEEP = Within(share=0.1)
"""For losses far from anything a model is meant to reach."""


@claim(
    7,
    "note 1",
    "Loss is negative",
    asks="the share of 100 training steps whose loss is below zero",
    seen="it is 1 where correct code's is 0",
    settings=PLANS,
    trains=True,
)
def negative(bench: Bench, seed: int, plan: Plan) -> Reading:
    """From the first step on."""

    def share(number: int) -> float:
        losses = bench.trained(number, seed, plan).losses
        return sum(loss < 0 for loss in losses) / len(losses)

    clean, buggy = share(0), share(7)
    return Reading(Sign.of(buggy == 1 and clean == 0), (Pair("share", clean, buggy, ROUNDING),))


@claim(
    7,
    "note 2",
    "Loss decreases toward negative infinity",
    asks="the loss at steps 1, 30, 60 and 100, as the learning rate falls to a tenth",
    seen="each is more than 0.5 below the one before, the first is negative, and correct code's "
    "never is",
    settings=PLANS,
    trains=True,
)
def bottomless(bench: Bench, seed: int, plan: Plan) -> Reading:
    """No floor is met."""
    right, wrong = (bench.trained(number, seed, plan).losses for number in (0, 7))
    steps = (0, 29, 59, 99)
    falls = wrong[0] < 0 and all(wrong[b] < wrong[a] - 0.5 for a, b in pairwise(steps))
    pairs = tuple(
        Pair(f"step {i + 1}", right[i], wrong[i], Within(absolute=0.25, share=0.1)) for i in steps
    )
    return Reading(Sign.of(falls and min(right) > 0), pairs)


@claim(
    7,
    "note 3",
    "Model predictions become random or adversarially wrong",
    asks="how often a trained model ranks the right character first, on the validation text; and "
    "its cross-entropy there, in nats (a blind guess costs ln 23 = 3.1)",
    seen="it is right less often than a blind guess, or as often, where correct code is right more "
    "than twice as often",
    settings=PLANS,
    trains=True,
)
def adversarial(bench: Bench, seed: int, plan: Plan) -> Reading:
    """Worse than knowing nothing."""
    chance = 1 / len(bench.text.characters)
    models = [bench.trained(number, seed, plan).model for number in (0, 7)]
    clean, buggy = (bench.accuracy(model) for model in models)
    low, high = (bench.scored(model) for model in models)
    pairs = (
        Pair("accuracy", clean, buggy, Within(absolute=0.03)),
        Pair("cross-entropy", low, high, Within(absolute=0.06, share=0.1)),
    )
    return Reading(Sign.of(buggy <= chance and clean > 2 * chance), pairs)


@claim(
    7,
    "explanation",
    "Log probabilities are always ≤ 0, so the loss will be negative",
    asks="the loss of random logits, scaled from nothing to huge, with random targets",
    seen="it is at most 0 where correct code's is at least 0",
    when="the logits have size",
    settings={f"{scale:g}": scale for scale in (0.0, 1.0, 100.0)},
)
def never_positive(bench: Bench, seed: int, scale: float) -> Reading:
    """Whatever the logits are."""
    draws = torch.Generator().manual_seed(seed)
    logits = torch.randn(64, 50, generator=draws) * scale
    targets = torch.randint(50, (64,), generator=draws)
    clean, buggy = (float(bench.subject(n).cross_entropy(logits, targets)) for n in (0, 7))
    return Reading(Sign.of(buggy <= 0 <= clean), (Pair("loss", clean, buggy, ROUNDING),))


@claim(
    7,
    "explanation",
    "The optimizer maximizes the log probability of wrong classes",
    asks="the probability that a model gives to all wrong characters together, on a training batch "
    "before and after 100 steps",
    seen="it rises by more than 0.01 where with correct code it falls",
    settings=PLANS,
    trains=True,
)
def wrong_classes(bench: Bench, seed: int, plan: Plan) -> Reading:
    """Where the probability goes."""
    inputs, targets = bench.batch(seed)

    def wrong(model: torch.nn.Module) -> float:
        with torch.no_grad():
            right = F.softmax(model(inputs), -1).gather(-1, targets[..., None])
        return 1 - float(right.double().mean())

    before = wrong(bench.model(0, seed, plan))
    clean, buggy = (wrong(bench.trained(number, seed, plan).model) for number in (0, 7))
    pairs = (
        Pair("before", before, before, ROUNDING),
        Pair("after", clean, buggy, Within(absolute=0.03)),
    )
    return Reading(Sign.of(buggy > before + 0.01 and clean < before), pairs)


@claim(
    7,
    "severity",
    "The optimizer will maximize the loss instead of minimizing it",
    asks="how far the true cross-entropy on the validation text moves in 100 steps, in nats",
    seen="it rises by more than 1 where with correct code it falls by more than 1",
    settings=PLANS,
    trains=True,
)
def maximized(bench: Bench, seed: int, plan: Plan) -> Reading:
    """Measured with torch's own cross-entropy."""
    start = bench.scored(bench.model(0, seed, plan))
    clean, buggy = (bench.scored(bench.trained(n, seed, plan).model) - start for n in (0, 7))
    finite = math.isfinite(buggy)
    pair = Pair("change", clean, buggy, Within(absolute=0.06, share=0.1))
    return Reading(Sign.of(finite and buggy > 1 and clean < -1), (pair,))


CLAIMS = (negative, bottomless, adversarial, never_positive, wrong_classes, maximized)
