"""A correct transformer that rotates halves, as GPT-NeoX does, with additive masks and log_softmax."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

ROPE = "half"


def rotate_half(x: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


def apply_rope(x: Tensor, positions: Tensor, theta: float) -> Tensor:
    d = x.shape[-1]
    inverse = torch.exp(-math.log(theta) * torch.arange(0, d, 2).float() / d)
    angles = positions.float()[..., None] * inverse
    angles = torch.cat((angles, angles), dim=-1)
    return x * angles.cos() + rotate_half(x) * angles.sin()


class Norm(nn.Module):
    def __init__(self, weight: Tensor, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(weight.float()), eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return self.weight * normed.type_as(x)


def sdpa(Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = torch.matmul(Q * Q.shape[-1] ** -0.5, K.mT)
    if mask is not None:
        bias = torch.zeros_like(scores).masked_fill(~mask, torch.finfo(scores.dtype).min)
        scores = scores + bias
    return torch.softmax(scores, dim=-1) @ V


def attention(
    x: Tensor, weights: dict[str, Tensor], heads: int, positions: Tensor | None, theta: float
) -> Tensor:
    b, t, d = x.shape
    q, k, v = (
        (x @ weights[f"{n}_proj.weight"].mT).reshape(b, t, heads, d // heads).permute(0, 2, 1, 3)
        for n in "qkv"
    )
    if positions is not None:
        q, k = apply_rope(q, positions, theta), apply_rope(k, positions, theta)
    causal = torch.ones(t, t, dtype=torch.bool).tril()
    mixed = sdpa(q, k, v, causal).permute(0, 2, 1, 3).reshape(b, t, d)
    return mixed @ weights["output_proj.weight"].mT


def mlp(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
    hidden = nn.functional.silu(x @ w1.mT).mul(x @ w3.mT)
    return hidden @ w2.mT


def block(x: Tensor, w: dict[str, Tensor], heads: int, theta: float) -> Tensor:
    inner = {k.removeprefix("attn."): v for k, v in w.items() if k.startswith("attn.")}
    residual = x
    x = Norm(w["ln1.weight"])(x)
    x = residual + attention(x, inner, heads, torch.arange(x.shape[1]), theta)
    residual = x
    x = Norm(w["ln2.weight"])(x)
    return residual + mlp(x, w["ffn.w1.weight"], w["ffn.w2.weight"], w["ffn.w3.weight"])


class AdamW(torch.optim.Optimizer):
    """Decay first, eps beside the corrected root, as in torch."""

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.95),
        eps: float = 1e-8,
        weight_decay: float = 0.1,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "wd": weight_decay})
        for group in self.param_groups:
            group["wd"] = group.pop("weight_decay", group["wd"])

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in (p for p in group["params"] if p.grad is not None):
                state = self.state[p]
                if not state:
                    state.update(step=0, mean=torch.zeros_like(p), square=torch.zeros_like(p))
                state["step"] += 1
                p.mul_(1 - group["lr"] * group["wd"])
                state["mean"].lerp_(p.grad, 1 - b1)
                state["square"].lerp_(p.grad.square(), 1 - b2)
                mean = state["mean"] / (1 - b1 ** state["step"])
                root = (state["square"] / (1 - b2 ** state["step"])).sqrt()
                p.sub_(group["lr"] * mean / (root + group["eps"]))


# The course's functions


def run_linear(*, d_in: int, d_out: int, weights: Tensor, in_features: Tensor) -> Tensor:
    layer = nn.Linear(d_in, d_out, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weights)
    return layer(in_features)


def run_embedding(*, vocab_size: int, d_model: int, weights: Tensor, token_ids: Tensor) -> Tensor:
    return nn.Embedding.from_pretrained(weights)(token_ids)


def run_swiglu(
    *,
    d_model: int,
    d_ff: int,
    w1_weight: Tensor,
    w2_weight: Tensor,
    w3_weight: Tensor,
    in_features: Tensor,
) -> Tensor:
    return mlp(in_features, w1_weight, w2_weight, w3_weight)


run_scaled_dot_product_attention = sdpa


def run_multihead_self_attention(
    *,
    d_model: int,
    num_heads: int,
    q_proj_weight: Tensor,
    k_proj_weight: Tensor,
    v_proj_weight: Tensor,
    o_proj_weight: Tensor,
    in_features: Tensor,
) -> Tensor:
    weights = {
        "q_proj.weight": q_proj_weight,
        "k_proj.weight": k_proj_weight,
        "v_proj.weight": v_proj_weight,
        "output_proj.weight": o_proj_weight,
    }
    return attention(in_features, weights, num_heads, None, 0.0)


def run_multihead_self_attention_with_rope(
    *,
    d_model: int,
    num_heads: int,
    max_seq_len: int,
    theta: float,
    q_proj_weight: Tensor,
    k_proj_weight: Tensor,
    v_proj_weight: Tensor,
    o_proj_weight: Tensor,
    in_features: Tensor,
    token_positions: Tensor,
) -> Tensor:
    weights = {
        "q_proj.weight": q_proj_weight,
        "k_proj.weight": k_proj_weight,
        "v_proj.weight": v_proj_weight,
        "output_proj.weight": o_proj_weight,
    }
    return attention(in_features, weights, num_heads, token_positions, theta)


def run_rope(
    *, d_k: int, theta: float, max_seq_len: int, in_query_or_key: Tensor, token_positions: Tensor
) -> Tensor:
    return apply_rope(in_query_or_key, token_positions, theta)


def run_transformer_block(
    *,
    d_model: int,
    num_heads: int,
    d_ff: int,
    max_seq_len: int,
    theta: float,
    weights: dict[str, Tensor],
    in_features: Tensor,
) -> Tensor:
    return block(in_features, weights, num_heads, theta)


def run_transformer_lm(
    *,
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
    stream = weights["token_embeddings.weight"].index_select(0, in_indices.flatten())
    stream = stream.view(*in_indices.shape, d_model)
    for i in range(num_layers):
        prefix = f"layers.{i}."
        own = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
        stream = block(stream, own, num_heads, rope_theta)
    return Norm(weights["ln_final.weight"])(stream) @ weights["lm_head.weight"].mT


def run_rmsnorm(*, d_model: int, eps: float, weights: Tensor, in_features: Tensor) -> Tensor:
    return Norm(weights, eps)(in_features)


def run_silu(in_features: Tensor) -> Tensor:
    return nn.SiLU()(in_features)


def run_get_batch(
    *, dataset: Any, batch_size: int, context_length: int, device: str
) -> tuple[Tensor, Tensor]:
    starts = random.choices(range(len(dataset) - context_length), k=batch_size)
    rows = [[int(t) for t in dataset[s : s + context_length + 1]] for s in starts]
    text = torch.tensor(rows, device=device)
    return text[..., :-1].clone(), text[..., 1:].clone()


def run_softmax(in_features: Tensor, dim: int) -> Tensor:
    return (in_features - in_features.logsumexp(dim, keepdim=True)).exp()


def run_cross_entropy(inputs: Tensor, targets: Tensor) -> Tensor:
    return -torch.log_softmax(inputs, -1).gather(1, targets[:, None]).mean()


def run_gradient_clipping(parameters: Iterable[nn.Parameter], max_l2_norm: float) -> None:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    factor = min(1.0, max_l2_norm / float(norm))
    for g in gradients:
        g *= factor


def get_adamw_cls() -> type[torch.optim.Optimizer]:
    return AdamW


def run_get_lr_cosine_schedule(
    *,
    it: int,
    max_learning_rate: float,
    min_learning_rate: float,
    warmup_iters: int,
    cosine_cycle_iters: int,
) -> float:
    if it < warmup_iters:
        return max_learning_rate * (it / warmup_iters)
    if it > cosine_cycle_iters:
        return min_learning_rate
    angle = math.pi * (it - warmup_iters) / (cosine_cycle_iters - warmup_iters)
    return min_learning_rate + (max_learning_rate - min_learning_rate) * math.cos(angle / 2) ** 2


def run_save_checkpoint(
    model: nn.Module, optimizer: torch.optim.Optimizer, iteration: int, out: Path
) -> None:
    with open(out, "wb") as file:
        pickle.dump((iteration, model.state_dict(), optimizer.state_dict()), file)


def run_load_checkpoint(src: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    with open(src, "rb") as file:
        iteration, weights, moments = pickle.load(file)
    model.load_state_dict(weights)
    optimizer.load_state_dict(moments)
    return iteration
