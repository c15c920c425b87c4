"""Bug 3, values rotated along with queries and keys: what the key says of it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.lab.audit.claim import LOSS, ROUNDING, Pair, Reading, Sign, claim
from engine.lab.audit.workbench import STANDARD, Bench, Plan

D_MODEL, HEADS, SEQ, THETA = 64, 4, 32, 10_000.0


def complex_rope(x: Tensor, positions: Tensor) -> Tensor:
    """RoPE by complex multiplication (Su et al. 2021, eq. 34): x (..., seq, d_k), interleaved."""
    d_k = x.shape[-1]
    frequencies = THETA ** (-torch.arange(0, d_k, 2, dtype=torch.float64) / d_k)
    angles = positions.double()[:, None] * frequencies
    points = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(points * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


def _layer(seed: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Inputs (2, seq, d) and weights of one attention layer."""
    draws = torch.Generator().manual_seed(seed)
    names = ("q_proj", "k_proj", "v_proj", "output_proj")
    weights = {
        f"{name}.weight": torch.randn(D_MODEL, D_MODEL, generator=draws) / D_MODEL**0.5
        for name in names
    }
    return torch.randn(2, SEQ, D_MODEL, generator=draws), weights


def _reference(x: Tensor, weights: dict[str, Tensor], positions: Tensor | None) -> Tensor:
    """The same layer out of torch's own attention, in float64."""
    heads = []
    for name in ("q_proj", "k_proj", "v_proj"):
        projected = x.double() @ weights[f"{name}.weight"].double().T
        heads.append(projected.unflatten(-1, (HEADS, -1)).transpose(-2, -3))
    q, k, v = heads
    if positions is not None:
        q, k = complex_rope(q, positions), complex_rope(k, positions)
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return mixed.transpose(-2, -3).flatten(-2) @ weights["output_proj.weight"].double().T


@claim(
    3,
    "note 1",
    "Compare with a known-correct implementation",
    asks="the difference of an attention layer from one made of torch's own attention and complex "
    "multiplication, as a share of the output's size",
    seen="it is above 0.01 where correct code is below 0.001",
    when="the layer is called with",
    settings={
        "no positions": None,
        "position 0 for every token": torch.zeros(SEQ, dtype=torch.long),
        "positions 0 to 31": torch.arange(SEQ),
    },
)
def reference(bench: Bench, seed: int, positions: Tensor | None) -> Reading:
    """Where a comparison finds it, and where it does not."""
    x, weights = _layer(seed)
    right = _reference(x, weights, positions)
    clean, buggy = (
        float((bench.subject(n).multihead(x, weights, HEADS, positions) - right).norm())
        / float(right.norm())
        for n in (0, 3)
    )
    pair = Pair("relative difference", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0.01 and clean < 1e-3), (pair,))


@claim(
    3,
    "note 2",
    "Values should remain content-based, not position-dependent",
    asks="how far the output for a text of one token moves when it moves from position 0, as a "
    "share of the output's size",
    seen="it moves by more than 0.01 where correct code stays within 0.001",
    settings={f"moved to position {p}": p for p in (1, 7, 40)},
)
def lone(bench: Bench, seed: int, position: int) -> Reading:
    """A lone token's output is its value and nothing else."""
    x, weights = _layer(seed)

    def moved(number: int) -> float:
        here, there = (
            bench.subject(number).multihead(
                x[:, :1], weights, HEADS, torch.tensor([p]), max_seq_len=64
            )
            for p in (0, position)
        )
        return float((there - here).norm() / here.norm())

    clean, buggy = moved(0), moved(3)
    pair = Pair("relative move", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0.01 and clean < 1e-3), (pair,))


@claim(
    3,
    "note 3",
    "Model may still train but will have degraded performance",
    asks="cross-entropy on the validation text after 100 steps, in nats per character",
    seen="it is more than 0.06 above correct code's, and at least 0.1 below the entropy of the "
    "letters' frequencies",
    opposite="it is more than 0.06 below correct code's",
    settings={f"learning rate {plan.lr}": plan for plan in (STANDARD, Plan(lr=1e-3))},
    trains=True,
)
def degraded(bench: Bench, seed: int, plan: Plan) -> Reading:
    """It trains, and is worse."""
    clean, buggy = (bench.scored(bench.trained(n, seed, plan).model) for n in (0, 3))
    trains = buggy < bench.text.letter_entropy - 0.1
    pair = Pair("validation loss", clean, buggy, LOSS)
    return Reading(Sign.of(trains and buggy > clean + 0.06, buggy < clean - 0.06), (pair,))


def _values(bench: Bench, number: int, x: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """The values that attention is given, (batch, seq, d_model)."""
    module: Any = bench.code(number).module("transformer.attention")
    attend = module.scaled_dot_product_attention
    seen: list[Tensor] = []

    def watched(Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> Tensor:
        seen.append(V)
        mixed: Tensor = attend(Q, K, V, mask)
        return mixed

    module.scaled_dot_product_attention = watched
    try:
        bench.subject(number).multihead(x, weights, HEADS, torch.arange(SEQ))
    finally:
        module.scaled_dot_product_attention = attend
    return seen[0].transpose(-2, -3).flatten(-2)


@claim(
    3,
    "severity",
    "It corrupts the value representations",
    asks="the cosine between the values that attention is given and the values as projected, and "
    "the ratio of their lengths",
    seen="the cosine is below 0.99 where correct code's is above 0.999",
    when="the token stands at",
    settings={f"position {p}": p for p in (0, 1, 31)},
)
def corrupted(bench: Bench, seed: int, position: int) -> Reading:
    """What is turned is not lost: the lengths stay."""
    x, weights = _layer(seed)
    projected = (x @ weights["v_proj.weight"].T)[:, position]
    clean, buggy = (_values(bench, number, x, weights)[:, position] for number in (0, 3))
    right, turned = (
        F.cosine_similarity(v, projected, dim=-1).mean().item() for v in (clean, buggy)
    )
    kept, length = (float(v.norm() / projected.norm()) for v in (clean, buggy))
    pairs = (
        Pair("cosine", right, turned, ROUNDING),
        Pair("ratio of lengths", kept, length, ROUNDING),
    )
    return Reading(Sign.of(turned < 0.99 and right > 0.999), pairs)


CLAIMS = (reference, lone, degraded, corrupted)
