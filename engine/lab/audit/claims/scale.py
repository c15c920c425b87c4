"""Bug 1, scores multiplied by √d_k: what the key says of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from engine.lab.audit.claim import LOSS, ROUNDING, Pair, Reading, Sign, Within, claim
from engine.lab.audit.watching import attention_of, climb, gradient
from engine.lab.audit.workbench import STANDARD, Bench, Plan

HEADS = {str(plan.head): plan for plan in (Plan(heads=16), STANDARD, Plan(heads=1))}
"""Head sizes of untrained models."""
TRAINED = {
    "d_k 4": Plan(width=16, heads=4),
    "d_k 16": STANDARD,
    "d_k 16, at a learning rate of 0.001": Plan(lr=1e-3),
    "d_k 64": Plan(heads=1),
}
QUERIES = ("layers.0.attn.q_proj.weight", "layers.0.attn.k_proj.weight")
GRADIENT = Within(share=0.05)
PLATEAU = Within(absolute=0.2)
"""With wide heads the loss stands still for a while; rounding decides when it goes on."""


def _largest_weight(bench: Bench, number: int, seed: int, plan: Plan) -> float:
    """Mean over the later half of the first layer's queries, before training."""
    model = bench.model(number, seed, plan)
    with attention_of(bench.code(number)) as layers, torch.no_grad():
        model(bench.batch(seed)[0])
    return layers[0].weights[..., 32:, :].amax(-1).mean().item()


@claim(
    1,
    "note 1, explanation",
    "Attention weights become nearly one-hot, the softmax very peaky",
    asks="the largest weight of a query, mean over queries 32 to 63 of an untrained first layer",
    seen="it is above 0.8 where correct code is below 0.4",
    when="d_k is",
    settings=HEADS,
)
def one_hot(bench: Bench, seed: int, plan: Plan) -> Reading:
    """How undecided the heads start out."""
    clean, buggy = (_largest_weight(bench, number, seed, plan) for number in (0, 1))
    pair = Pair("largest weight", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0.8 and clean < 0.4), (pair,))


class _At(NamedTuple):
    """Where a gradient is taken."""

    plan: Plan
    trained: bool = False


def _query_gradient(bench: Bench, number: int, seed: int, at: _At) -> float:
    run = bench.trained(number, seed, at.plan).model if at.trained else None
    model = run or bench.model(number, seed, at.plan)
    bench.backward(model, seed)
    return gradient(model, *QUERIES)


@claim(
    1,
    "note 2",
    "Gradients through attention become very small",
    asks="the norm of the gradient of the first layer's query and key weights, together",
    seen="correct code's is more than 1.5 times as large",
    opposite="it is more than 1.5 times correct code's",
    settings={f"d_k {name}, before training": _At(plan) for name, plan in HEADS.items()}
    | {"d_k 16, after training": _At(STANDARD, trained=True)},
    trains=True,
)
def small_gradients(bench: Bench, seed: int, at: _At) -> Reading:
    """What reaches the weights, through the softmax and the multiplication."""
    clean, buggy = (_query_gradient(bench, number, seed, at) for number in (0, 1))
    within = Within(share=0.5) if at.trained else GRADIENT
    pair = Pair("gradient norm", clean, buggy, within)
    return Reading(Sign.of(clean > 1.5 * buggy, buggy > 1.5 * clean), (pair,))


@claim(
    1,
    "note 3",
    "Loss doesn't decrease or becomes NaN",
    asks="the mean loss of the last ten of 100 steps, in nats per character",
    seen="it is not finite, or less than 0.1 below the entropy of the letters' frequencies",
    opposite="it is more than 0.1 below correct code's",
    when="it has",
    settings=TRAINED,
    trains=True,
)
def stuck(bench: Bench, seed: int, plan: Plan) -> Reading:
    """Whether training gets anywhere."""
    clean, buggy = (bench.trained(number, seed, plan).late for number in (0, 1))
    learnt = math.isfinite(buggy) and buggy < bench.text.letter_entropy - 0.1
    pair = Pair("loss", clean, buggy, LOSS if plan.head < 64 else PLATEAU)
    return Reading(Sign.of(not learnt, buggy < clean - 0.1), (pair,))


def _spread(bench: Bench, number: int, seed: int, plan: Plan) -> float:
    model = bench.model(number, seed, plan)
    with attention_of(bench.code(number)) as layers, torch.no_grad():
        model(bench.batch(seed)[0])
    scores = layers[0].scores
    return scores[torch.isfinite(scores)].std().item()


@claim(
    1,
    "explanation",
    "The dot products grow too large as the dimension increases",
    asks="the standard deviation of what goes into an untrained first layer's softmax",
    seen="it is above d_k / 2 where correct code is below 2",
    when="d_k is",
    settings=HEADS,
)
def spread(bench: Bench, seed: int, plan: Plan) -> Reading:
    """The scale of the scores against the size of a head."""
    clean, buggy = (_spread(bench, number, seed, plan) for number in (0, 1))
    pair = Pair("standard deviation", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > plan.head / 2 and clean < 2), (pair,))


class _Place(NamedTuple):
    """A gradient on its way back through a layer, in a model with heads of one size."""

    where: str
    plan: Plan


MEDIAN, SCORES, WEIGHTS = "scores of the median query", "scores of all queries", "weights"


def _gradient_at(bench: Bench, number: int, seed: int, place: _Place) -> float:
    model = bench.model(number, seed, place.plan)
    with attention_of(bench.code(number)) as layers:
        bench.backward(model, seed)
    scores = layers[0].scores.grad
    if place.where == WEIGHTS or scores is None:
        return gradient(model, *QUERIES)
    if place.where == SCORES:
        return float(scores.norm())
    return float(scores[..., 16:, :].norm(dim=-1).median())


@claim(
    1,
    "explanation",
    "The peaky softmax makes gradients vanish",
    asks="the norm of an untrained first layer's gradient: where it leaves the softmax, for the "
    "median of the queries 16 to 63 and for all together, and where it arrives, at the weights "
    "that make queries and keys",
    seen="correct code's is more than 1.5 times as large",
    opposite="it is more than 1.5 times correct code's",
    when="it is taken at the",
    settings={
        f"{where}, with d_k {name}": _Place(where, plan)
        for where in (MEDIAN, SCORES, WEIGHTS)
        for name, plan in HEADS.items()
        if plan.head > 4
    },
)
def vanishing(bench: Bench, seed: int, place: _Place) -> Reading:
    """A decided softmax passes nothing back; the few undecided queries make up for the others."""
    clean, buggy = (_gradient_at(bench, number, seed, place) for number in (0, 1))
    within = Within(absolute=2e-5) if place.where == MEDIAN else GRADIENT
    pair = Pair("gradient norm", clean, buggy, within)
    return Reading(Sign.of(clean > 1.5 * buggy, buggy > 1.5 * clean), (pair,))


@claim(
    1,
    "explanation",
    "Training becomes unstable",
    asks="how far the loss climbs back above the lowest it has been in 100 steps, in nats",
    seen="it climbs 0.5 further than with correct code, or is NaN",
    opposite="it climbs 0.5 less",
    when="it has",
    settings=TRAINED,
    trains=True,
)
def unstable(bench: Bench, seed: int, plan: Plan) -> Reading:
    """Whether anything that was learnt is lost again."""
    clean, buggy = (climb(bench.trained(number, seed, plan).losses) for number in (0, 1))
    pair = Pair("climb", clean, buggy, Within(absolute=0.1))
    return Reading(Sign.of(buggy > clean + 0.5, buggy < clean - 0.5), (pair,))


@claim(
    1,
    "severity",
    "It will cause poor training",
    asks="cross-entropy on the validation text after 100 steps, in nats per character",
    seen="it is more than 0.1 above correct code's",
    opposite="it is more than 0.1 below correct code's",
    when="it has",
    settings=TRAINED,
    trains=True,
)
def poor(bench: Bench, seed: int, plan: Plan) -> Reading:
    """How much less is learnt in the same number of steps."""
    clean, buggy = (bench.scored(bench.trained(n, seed, plan).model) for n in (0, 1))
    pair = Pair("validation loss", clean, buggy, LOSS if plan.head < 64 else PLATEAU)
    return Reading(Sign.of(buggy > clean + 0.1, buggy < clean - 0.1), (pair,))


class _Precision(NamedTuple):
    """A model computed in a lower precision."""

    plan: Plan
    dtype: torch.dtype


def _rounding_error(bench: Bench, number: int, seed: int, low: _Precision) -> float:
    """RMS error of the logits against float64, as a share of their own RMS."""
    inputs, _ = bench.batch(seed)
    model = bench.model(number, seed, low.plan)
    with torch.no_grad():
        coarse = model.to(low.dtype)(inputs).double()
        # The rounded weights, computed with exactly: what is left is the arithmetic's own error.
        exact = model.double()(inputs)
    return float((coarse - exact).norm() / exact.norm())


@claim(
    1,
    "severity",
    "It will cause numerical instability",
    asks="the rounding error of an untrained model's logits, as a share of their size",
    seen="it is more than three times correct code's and above 0.01, or not finite",
    opposite="it is less than a third of correct code's, which is above 0.01",
    when="the model computes in",
    settings={
        f"{name}, with d_k {plan.head}": _Precision(plan, dtype)
        for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16))
        for plan in (STANDARD, Plan(heads=1))
    },
)
def fragile(bench: Bench, seed: int, low: _Precision) -> Reading:
    """How much of the rounding of its inputs a layer passes on."""
    clean, buggy = (_rounding_error(bench, number, seed, low) for number in (0, 1))
    seen = not math.isfinite(buggy) or buggy > max(3 * clean, 0.01)
    pair = Pair("relative error", clean, buggy, Within(absolute=1e-3, share=0.3))
    return Reading(Sign.of(seen, clean > max(3 * buggy, 0.01)), (pair,))


CLAIMS = (one_hot, small_gradients, stuck, spread, vanishing, unstable, poor, fragile)
