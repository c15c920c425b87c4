"""Bug 5, a reflection where RoPE rotates: what the key says of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.lab.audit.claim import LOSS, ROUNDING, Pair, Reading, Sign, Within, claim
from engine.lab.audit.claims.values import complex_rope
from engine.lab.audit.workbench import CONTEXT, STANDARD, Bench, Plan

THETA, LENGTH = 10_000.0, 128


def _vectors(seed: int, d_k: int) -> Tensor:
    """(16, d_k)."""
    return torch.randn(16, d_k, generator=torch.Generator().manual_seed(seed))


def _rotated(bench: Bench, number: int, x: Tensor, position: int) -> Tensor:
    positions = torch.full(x.shape[:1], position)
    return bench.subject(number).rope(x, positions, THETA, LENGTH)


@claim(
    5,
    "note 1",
    "Compare RoPE output with a reference implementation",
    asks="the difference from complex multiplication, as a share of the vector's length",
    seen="it is above 0.01 where correct code is below 0.001",
    when="the vector stands at",
    settings={f"position {p}": p for p in (0, 1, 63)},
)
def reference(bench: Bench, seed: int, position: int) -> Reading:
    """Against exp(i · angle)."""
    x = _vectors(seed, 16)
    right = complex_rope(x, torch.full((len(x),), position))
    clean, buggy = (
        float((_rotated(bench, n, x, position) - right).norm() / right.norm()) for n in (0, 5)
    )
    pair = Pair("relative difference", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0.01 and clean < 1e-3), (pair,))


def _there_and_back(bench: Bench, number: int, x: Tensor, position: int, back: float) -> float:
    """Distance from x, relative, after the angle θ and then ``back`` times θ (1 or -1)."""
    module: Any = bench.code(number).module("transformer.core")
    rope = module.RotaryPositionalEmbedding(x.shape[-1], THETA, LENGTH)
    positions = torch.full(x.shape[:1], position)
    turned = rope(x, token_positions=positions)
    rope.sin *= back
    returned = rope(turned, token_positions=positions)
    return float((returned - x).norm() / x.norm())


@claim(
    5,
    "note 2",
    "Check that rotating by angle θ, then −θ, returns to the original",
    asks="the distance from the original after θ and then −θ, as a share of its length; and after "
    "θ twice",
    seen="it does not return (more than 0.01 away) where correct code does (less than 0.001)",
    when="the vector stands at",
    settings={f"position {p}": p for p in (1, 7, 63)},
)
def there_and_back(bench: Bench, seed: int, position: int) -> Reading:
    """A reflection is its own inverse, and no other's."""
    x = _vectors(seed, 16)
    clean, buggy = (_there_and_back(bench, n, x, position, -1.0) for n in (0, 5))
    turned, undone = (_there_and_back(bench, n, x, position, 1.0) for n in (0, 5))
    pairs = (
        Pair("distance after θ, −θ", clean, buggy, ROUNDING),
        Pair("distance after θ, θ", turned, undone, ROUNDING),
    )
    return Reading(Sign.of(buggy > 0.01 and clean < 1e-3), pairs)


@claim(
    5,
    "note 3",
    "Model will fail to learn positional relationships properly",
    asks="cross-entropy on the validation text after 100 steps, in nats per character; and once "
    "all positions are set to 0, which shows how much the model relies on them",
    seen="it is more than 0.06 above correct code's",
    opposite="it is more than 0.06 below correct code's",
    settings={f"learning rate {plan.lr}": plan for plan in (STANDARD, Plan(lr=1e-3))},
    trains=True,
)
def unlearnt(bench: Bench, seed: int, plan: Plan) -> Reading:
    """It learns them as well as ever."""
    nowhere = torch.zeros(CONTEXT, dtype=torch.long)
    models = [bench.trained(number, seed, plan).model for number in (0, 5)]
    clean, buggy = (bench.scored(model) for model in models)
    lost, lost_too = (bench.scored(model, nowhere) for model in models)
    pairs = (
        Pair("validation loss", clean, buggy, LOSS),
        Pair("without positions", lost, lost_too, Within(absolute=0.3)),
    )
    return Reading(Sign.of(buggy > clean + 0.06, buggy < clean - 0.06), pairs)


def _matrix(bench: Bench, number: int, position: int) -> Tensor:
    """R as a matrix (d_k, d_k): its columns are the images of the unit vectors."""
    return _rotated(bench, number, torch.eye(16), position).T


def _unequal(bench: Bench, number: int, seed: int) -> float:
    """The largest entry of R(m)ᵀ R(n) − R(n − m), for one draw of m ≤ n."""
    draws = torch.Generator().manual_seed(seed)
    m, n = sorted(torch.randint(1, 64, (2,), generator=draws).tolist())
    R_m, R_n, R_distance = (_matrix(bench, number, p) for p in (m, n, n - m))
    return float((R_m.T @ R_n - R_distance).abs().max())


def _unsteady(bench: Bench, number: int, seed: int) -> float:
    """The largest change of a score, over its size, when query and key move along together."""
    q, k = _vectors(seed, 16), _vectors(seed + 100, 16)
    scores = torch.stack(
        [
            (_rotated(bench, number, q, p) * _rotated(bench, number, k, p + 5)).sum(-1)
            for p in (0, 1, 30, 100)
        ]
    )
    return float((scores - scores[0]).abs().max() / scores.abs().max())


READINGS = {
    "an equation of matrices": _unequal,
    "scores that depend on the distance alone": _unsteady,
}


@claim(
    5,
    "explanation",
    "The relative property R(m)ᵀ R(n) = R(n−m) will not hold",
    asks="the largest entry of the difference of the two sides; and how far a score moves, as a "
    "share of its size, when query and key move along the sequence together",
    seen="it is above 0.01 where correct code's is below 0.001",
    when="it is read as",
    settings={name: name for name in READINGS},
)
def relative(bench: Bench, seed: int, read: str) -> Reading:
    """Two reflections make a rotation, by minus the distance."""
    clean, buggy = (READINGS[read](bench, number, seed) for number in (0, 5))
    pair = Pair("difference", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0.01 and clean < 1e-3), (pair,))


class _Home(NamedTuple):
    """Where the weights come from."""

    crossed: bool
    plan: Plan = STANDARD


@claim(
    5,
    "severity, explanation",
    "It breaks positional encoding: the rotation doesn't properly encode positions",
    asks="cross-entropy on the validation text of weights trained for 100 steps, in nats per "
    "character",
    seen="it is more than 0.06 above correct code's with weights of its own",
    opposite="it is more than 0.06 below",
    when="the weights come from",
    settings={"its own training": _Home(crossed=False), "correct code": _Home(crossed=True)},
    trains=True,
)
def broken(bench: Bench, seed: int, home: _Home) -> Reading:
    """An encoding of its own, and nobody else's."""
    model = bench.trained(0, seed, home.plan).model
    clean = bench.scored(model)
    if home.crossed:
        buggy = bench.scored(bench.crossed(model, 5, home.plan))
    else:
        buggy = bench.scored(bench.trained(5, seed, home.plan).model)
    within = Within(absolute=0.5) if home.crossed else LOSS
    pair = Pair("validation loss", clean, buggy, within)
    return Reading(Sign.of(buggy > clean + 0.06, buggy < clean - 0.06), (pair,))


CLAIMS = (reference, there_and_back, unlearnt, relative, broken)
