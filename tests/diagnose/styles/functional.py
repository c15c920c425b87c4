"""A correct transformer without modules: torch's fused functions, one product for q, k and v,
rotation by complex numbers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


def rotate(x: Tensor, positions: Tensor, theta: float) -> Tensor:
    d_k = x.shape[-1]
    frequencies = theta ** -(torch.arange(0, d_k, 2, dtype=torch.float64) / d_k)
    angles = positions.double()[..., None] * frequencies
    turns = torch.polar(torch.ones_like(angles), angles)
    pairs = torch.view_as_complex(x.double().reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * turns).flatten(-2).to(x.dtype)


def attend(Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None, causal: bool = False) -> Tensor:
    return F.scaled_dot_product_attention(Q, K, V, attn_mask=mask, is_causal=causal)


def attention_layer(
    x: Tensor,
    qkv: Tensor,
    out: Tensor,
    num_heads: int,
    positions: Tensor | None = None,
    theta: float = 10_000.0,
) -> Tensor:
    projected = F.linear(x, qkv).unflatten(-1, (3, num_heads, -1))
    q, k, v = projected.movedim(-3, 0).transpose(-2, -3)
    if positions is not None:
        q, k = rotate(q, positions, theta), rotate(k, positions, theta)
    heads = attend(q, k, v, None, causal=True)
    return F.linear(heads.transpose(-2, -3).flatten(-2), out)


def norm(x: Tensor, gain: Tensor, eps: float = 1e-5) -> Tensor:
    return F.rms_norm(x, gain.shape, gain.to(x.dtype), eps)


def feed_forward(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
    up, gate = F.linear(x, torch.cat([w3, w1])).chunk(2, dim=-1)
    return F.linear(F.silu(gate) * up, w2)


def block(x: Tensor, w: Mapping[str, Tensor], prefix: str, num_heads: int, theta: float) -> Tensor:
    qkv = torch.cat([w[f"{prefix}attn.{name}_proj.weight"] for name in "qkv"])
    positions = torch.arange(x.shape[-2])
    normed = norm(x, w[f"{prefix}ln1.weight"])
    out = w[f"{prefix}attn.output_proj.weight"]
    x = x + attention_layer(normed, qkv, out, num_heads, positions, theta)
    w1, w2, w3 = (w[f"{prefix}ffn.w{i}.weight"] for i in (1, 2, 3))
    return x + feed_forward(norm(x, w[f"{prefix}ln2.weight"]), w1, w2, w3)


class AdamW(torch.optim.AdamW):
    def __init__(self, params: Any, **options: Any) -> None:
        super().__init__(params, **options, foreach=True)


# The course's functions


def run_linear(d_in: int, d_out: int, weights: Tensor, in_features: Tensor) -> Tensor:
    return F.linear(in_features, weights)


def run_embedding(vocab_size: int, d_model: int, weights: Tensor, token_ids: Tensor) -> Tensor:
    return F.embedding(token_ids, weights)


def run_swiglu(
    d_model: int,
    d_ff: int,
    w1_weight: Tensor,
    w2_weight: Tensor,
    w3_weight: Tensor,
    in_features: Tensor,
) -> Tensor:
    return feed_forward(in_features, w1_weight, w2_weight, w3_weight)


def run_scaled_dot_product_attention(
    Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None
) -> Tensor:
    return attend(Q, K, V, mask)


def run_multihead_self_attention(
    d_model: int,
    num_heads: int,
    q_proj_weight: Tensor,
    k_proj_weight: Tensor,
    v_proj_weight: Tensor,
    o_proj_weight: Tensor,
    in_features: Tensor,
) -> Tensor:
    qkv = torch.cat([q_proj_weight, k_proj_weight, v_proj_weight])
    return attention_layer(in_features, qkv, o_proj_weight, num_heads)


def run_multihead_self_attention_with_rope(
    d_model: int,
    num_heads: int,
    max_seq_len: int,
    theta: float,
    q_proj_weight: Tensor,
    k_proj_weight: Tensor,
    v_proj_weight: Tensor,
    o_proj_weight: Tensor,
    in_features: Tensor,
    token_positions: Tensor | None = None,
) -> Tensor:
    qkv = torch.cat([q_proj_weight, k_proj_weight, v_proj_weight])
    if token_positions is None:
        token_positions = torch.arange(in_features.shape[-2])
    positions = token_positions.unsqueeze(-2)  # the same for every head
    return attention_layer(in_features, qkv, o_proj_weight, num_heads, positions, theta)


def run_rope(
    d_k: int, theta: float, max_seq_len: int, in_query_or_key: Tensor, token_positions: Tensor
) -> Tensor:
    return rotate(in_query_or_key, token_positions, theta)


def run_transformer_block(
    d_model: int,
    num_heads: int,
    d_ff: int,
    max_seq_len: int,
    theta: float,
    weights: dict[str, Tensor],
    in_features: Tensor,
) -> Tensor:
    return block(in_features, weights, "", num_heads, theta)


def run_transformer_lm(
    vocab_size: int,
    context_length: int,
    d_model: int,
    num_layers: int,
    num_heads: int,
    d_ff: int,
    rope_theta: float,
    weights: dict[str, Tensor],
    in_indices: Tensor,
) -> Tensor:
    x = F.embedding(in_indices, weights["token_embeddings.weight"])
    for i in range(num_layers):
        x = block(x, weights, f"layers.{i}.", num_heads, rope_theta)
    return F.linear(norm(x, weights["ln_final.weight"]), weights["lm_head.weight"])


def run_rmsnorm(d_model: int, eps: float, weights: Tensor, in_features: Tensor) -> Tensor:
    return norm(in_features, weights, eps)


def run_silu(in_features: Tensor) -> Tensor:
    return F.silu(in_features)


def run_get_batch(
    dataset: Any, batch_size: int, context_length: int, device: str
) -> tuple[Tensor, Tensor]:
    starts = torch.randint(len(dataset) - context_length, (batch_size,))
    rows = [dataset[i : i + context_length + 1].astype(np.int64) for i in starts.tolist()]
    text = torch.from_numpy(np.stack(rows)).to(device)
    return text[:, :-1], text[:, 1:]


def run_softmax(in_features: Tensor, dim: int) -> Tensor:
    return torch.softmax(in_features, dim)


def run_cross_entropy(inputs: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(inputs, targets)


def run_gradient_clipping(parameters: Iterable[nn.Parameter], max_l2_norm: float) -> None:
    nn.utils.clip_grad_norm_(parameters, max_l2_norm)


def get_adamw_cls() -> type[torch.optim.Optimizer]:
    return AdamW


def run_get_lr_cosine_schedule(
    it: int,
    max_learning_rate: float,
    min_learning_rate: float,
    warmup_iters: int,
    cosine_cycle_iters: int,
) -> float:
    if it < warmup_iters:
        return max_learning_rate * it / warmup_iters
    progress = min(1.0, (it - warmup_iters) / (cosine_cycle_iters - warmup_iters))
    swing = (1 + np.cos(np.pi * progress)) / 2
    return float(min_learning_rate + swing * (max_learning_rate - min_learning_rate))


def run_save_checkpoint(
    model: nn.Module, optimizer: torch.optim.Optimizer, iteration: int, out: str | os.PathLike[str]
) -> None:
    torch.save((model.state_dict(), optimizer.state_dict(), iteration), out)


def run_load_checkpoint(
    src: str | os.PathLike[str], model: nn.Module, optimizer: torch.optim.Optimizer
) -> int:
    weights, moments, iteration = torch.load(src, weights_only=True)
    model.load_state_dict(weights)
    optimizer.load_state_dict(moments)
    return iteration
