"""What the parts of a transformer should compute, from PyTorch's own functions in float64, and how
far rounding can take correct code from it, element by element.

The bounds are a running error analysis (Higham 2002, section 3.3): a sum of n rounded products is
off by at most (n + 2)·eps·Σ|a||b|, and what a step is given already off goes through its slope. Eps
is twice the error of one rounding, which leaves as much again for another order of operations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.lab.probes.reading import rounding, wide
from engine.lab.subjects import ModelConfig

SINGLE = torch.finfo(torch.float32).eps


@dataclass(frozen=True)
class Estimate:
    """A value and how far rounding can take it, both float64 and of one shape."""

    value: Tensor
    error: Tensor


def exact(x: Tensor) -> Estimate:
    """An input: off by nothing."""
    return Estimate(wide(x), torch.zeros_like(wide(x)))


def depth_tolerance(config: ModelConfig, logits: Tensor, dtype: torch.dtype) -> float:
    """How far two runs of one model can part that only sum in another order: 64·layers·width·eps
    of the largest logit, width being d_model + d_ff, the terms that a layer sums."""
    width = config.d_model + config.d_ff
    magnitude = float(wide(logits).abs().max())
    return 64 * config.num_layers * width * rounding(dtype) * max(1.0, magnitude)


def frequencies(d_k: int, theta: float) -> Tensor:
    """theta^(-2i/d_k) for each pair i: radians per position (d_k/2)."""
    return theta ** (-2 * torch.arange(d_k // 2, dtype=torch.float64) / d_k)


def linear(x: Estimate, weight: Tensor, dtype: torch.dtype) -> Estimate:
    """x Wᵀ."""
    w, terms = wide(weight), weight.shape[-1] + 2
    rounded = terms * rounding(dtype) * F.linear(x.value.abs(), w.abs())
    return Estimate(F.linear(x.value, w), F.linear(x.error, w.abs()) + rounded)


def rotate(x: Estimate, positions: Tensor, theta: float, dtype: torch.dtype) -> Estimate:
    """RoPE by complex multiplication: pair (2i, 2i + 1) as x + iy, times e^(i·position·frequency).

    x (..., seq, d_k), positions (seq); Su et al. 2021, eq. 13. A frequency may be off by 16·eps in
    float32 (a power, or the exponential of a logarithm), its angle by as much times itself, and a
    pair by the angle's error times its length, plus 4·eps for the products.
    """
    pairs = torch.view_as_complex(x.value.unflatten(-1, (-1, 2)).contiguous())
    angles = positions.double()[:, None] * frequencies(x.value.shape[-1], theta)
    turned = torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)
    inherited = x.error.unflatten(-1, (-1, 2)).sum(-1)
    bound = inherited + (16 * SINGLE * angles.abs() + 4 * rounding(dtype)) * pairs.abs()
    return Estimate(turned, bound.repeat_interleave(2, dim=-1))


def attention(
    Q: Estimate, K: Estimate, V: Estimate, mask: Tensor | None, dtype: torch.dtype
) -> Estimate:
    """Scaled dot-product attention. The error of a score is a relative error of its weight, twice:
    once for itself, once for the sum; 40·eps more allow for an approximate exponential."""
    value = F.scaled_dot_product_attention(Q.value, K.value, V.value, attn_mask=mask)
    d_k, keys = Q.value.shape[-1], K.value.shape[-2]
    # The queries of every batch and head, beside its keys.
    q, k = Q.value.abs(), K.value.abs().transpose(-1, -2)
    off = (d_k + 2) * rounding(dtype) * (q @ k) + Q.error @ k + q @ K.error.transpose(-1, -2)
    off = off / d_k**0.5
    scores = Q.value @ K.value.transpose(-1, -2) / d_k**0.5
    if mask is not None:
        scores, off = scores.masked_fill(~mask, -torch.inf), off.masked_fill(~mask, 0.0)
    relative = off + off.amax(-1, keepdim=True) + (2 * keys + 40) * rounding(dtype)
    weights = scores.softmax(-1)
    return Estimate(value, (weights * relative) @ V.value.abs() + weights @ V.error)


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    """(..., seq, d_model) -> (..., heads, seq, d_head); head h has features h·d_head onwards."""
    split: Tensor = x.unflatten(-1, (num_heads, -1)).transpose(-3, -2)
    return split


def multihead(
    x: Tensor,
    weights: Mapping[str, Tensor],
    num_heads: int,
    positions: Tensor | None = None,
    theta: float = 10_000.0,
) -> Estimate:
    """Causal multi-head attention with rotated queries and keys: x (batch, seq, d), same out."""
    dtype, n = x.dtype, x.shape[-2]
    projected = []
    for name in ("q_proj", "k_proj", "v_proj"):
        y = linear(exact(x), weights[f"{name}.weight"], dtype)
        heads = Estimate(split_heads(y.value, num_heads), split_heads(y.error, num_heads))
        if positions is not None and name != "v_proj":
            heads = rotate(heads, positions, theta, dtype)
        projected.append(heads)
    q, k, v = projected
    mixed = attention(q, k, v, torch.ones(n, n, dtype=torch.bool).tril(), dtype)
    merged = Estimate(*(t.transpose(-3, -2).flatten(-2) for t in (mixed.value, mixed.error)))
    return linear(merged, weights["output_proj.weight"], dtype)


def swiglu(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Estimate:
    """W2(silu(W1 x) · W3 x), Shazeer 2020, eq. 6; the slope of silu is at most 1.1."""
    a, b = linear(exact(x), w1, x.dtype), linear(exact(x), w3, x.dtype)
    hidden = F.silu(a.value) * b.value
    # silu costs 8·eps and what its exponential inherits; |silu(a)| is at most |a|.
    own = (8 + a.value.abs()) * rounding(x.dtype) * hidden.abs()
    error = 1.1 * a.error * b.value.abs() + a.value.abs() * b.error + own
    return linear(Estimate(hidden, error), w2, x.dtype)


def weight_tolerance(Q: Tensor, K: Tensor, dtype: torch.dtype) -> float:
    """The relative rounding of an attention weight, at most: that of the scores, twice, and of a
    sum of exponentials over the keys."""
    longest = float(wide(Q).norm(dim=-1).max()) * float(wide(K).norm(dim=-1).max())
    size = longest / math.sqrt(Q.shape[-1])
    return (2 * (Q.shape[-1] + 2) * size + 2 * K.shape[-2] + 40) * rounding(dtype)
