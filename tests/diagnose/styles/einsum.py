"""A correct transformer in einsum and einops, with torch._foreach in clipping and AdamW."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from einops import einsum, rearrange, reduce, repeat
from torch import Tensor, nn


def rms_norm(x: Tensor, g: Tensor, eps: float = 1e-5) -> Tensor:
    mean_square = reduce(x.float() ** 2, "... d -> ... 1", "mean")
    return (x.float() * (mean_square + eps) ** -0.5 * g.float()).to(x.dtype)


def rope(x: Tensor, positions: Tensor, theta: float) -> Tensor:
    pairs = rearrange(x, "... (i two) -> ... i two", two=2)
    i = torch.arange(pairs.shape[-2], dtype=x.dtype)
    angles = einsum(positions.to(x.dtype), theta ** (-2 * i / x.shape[-1]), "... s, i -> ... s i")
    c, s = torch.cos(angles), torch.sin(angles)
    matrices = torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)
    turned = torch.einsum("...ab,...b->...a", matrices, pairs)
    return rearrange(turned, "... i two -> ... (i two)")


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = einsum(q, k, "... n d, ... m d -> ... n m") * (1 / math.sqrt(q.size(-1)))
    if mask is not None:
        scores = torch.where(mask, scores, torch.tensor(-torch.inf))
    weights = torch.nn.functional.softmax(scores, -1)
    return einsum(weights, v, "... n m, ... m d -> ... n d")


def multihead(
    x: Tensor,
    wq: Tensor,
    wk: Tensor,
    wv: Tensor,
    wo: Tensor,
    h: int,
    positions: Tensor | None = None,
    theta: float = 0.0,
) -> Tensor:
    stacked = torch.stack([wq, wk, wv])
    heads = rearrange(stacked, "three (h d) m -> three h d m", h=h)
    q, k, v = einsum(x, heads, "b t m, three h d m -> three b h t d")
    if positions is not None:
        places = repeat(positions, "t -> 1 1 t") if positions.ndim == 1 else positions[:, None]
        q, k = rope(q, places, theta), rope(k, places, theta)
    future = torch.triu(torch.ones(x.shape[1], x.shape[1]), diagonal=1).bool()
    mixed = attention(q, k, v, ~future)
    return einsum(mixed, rearrange(wo, "o (h d) -> o h d", h=h), "b h t d, o h d -> b t o")


def swiglu(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
    a, b = einsum(x, w1, "... m, f m -> ... f"), einsum(x, w3, "... m, f m -> ... f")
    return einsum(a * a.sigmoid() * b, w2, "... f, m f -> ... m")


def block(x: Tensor, w: dict[str, Tensor], at: str, h: int, theta: float) -> Tensor:
    proj = [w[f"{at}attn.{n}_proj.weight"] for n in ("q", "k", "v", "output")]
    normed = rms_norm(x, w[f"{at}ln1.weight"])
    after = x + multihead(normed, *proj, h, torch.arange(x.shape[1]), theta)
    ffn = [w[f"{at}ffn.w{i}.weight"] for i in (1, 2, 3)]
    return after + swiglu(rms_norm(after, w[f"{at}ln2.weight"]), *ffn)


class AdamW(torch.optim.Optimizer):
    """All parameters of a group at once."""

    def __init__(self, params: Any, **options: Any) -> None:
        super().__init__(params, options)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if not params:
                continue
            grads = [p.grad for p in params]
            for p in params:
                if p not in self.state:
                    self.state[p] = {"n": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
                self.state[p]["n"] += 1
            (b1, b2), lr = group["betas"], group["lr"]
            m, v = ([self.state[p][name] for p in params] for name in "mv")
            torch._foreach_lerp_(m, grads, 1 - b1)
            torch._foreach_mul_(v, b2)
            torch._foreach_addcmul_(v, grads, grads, 1 - b2)
            torch._foreach_mul_(params, 1 - lr * group["weight_decay"])
            roots = torch._foreach_sqrt(v)
            counts = [self.state[p]["n"] for p in params]
            torch._foreach_div_(roots, [math.sqrt(1 - b2**n) for n in counts])
            torch._foreach_add_(roots, group["eps"])
            steps = torch._foreach_div(m, roots)
            torch._foreach_mul_(steps, [-lr / (1 - b1**n) for n in counts])
            torch._foreach_add_(params, steps)


# The course's functions


def run_linear(d_in: int, d_out: int, weights: Tensor, in_features: Tensor) -> Tensor:
    return einsum(weights, in_features, "o i, ... i -> ... o")


def run_embedding(vocab_size: int, d_model: int, weights: Tensor, token_ids: Tensor) -> Tensor:
    onehot = torch.nn.functional.one_hot(token_ids, vocab_size).to(weights.dtype)
    return onehot @ weights


def run_swiglu(
    d_model: int,
    d_ff: int,
    w1_weight: Tensor,
    w2_weight: Tensor,
    w3_weight: Tensor,
    in_features: Tensor,
) -> Tensor:
    return swiglu(in_features, w1_weight, w2_weight, w3_weight)


def run_scaled_dot_product_attention(
    Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None
) -> Tensor:
    return attention(Q, K, V, mask)


def run_multihead_self_attention(
    d_model: int,
    num_heads: int,
    q_proj_weight: Tensor,
    k_proj_weight: Tensor,
    v_proj_weight: Tensor,
    o_proj_weight: Tensor,
    in_features: Tensor,
) -> Tensor:
    return multihead(
        in_features, q_proj_weight, k_proj_weight, v_proj_weight, o_proj_weight, num_heads
    )


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
    token_positions: Tensor,
) -> Tensor:
    return multihead(
        in_features,
        q_proj_weight,
        k_proj_weight,
        v_proj_weight,
        o_proj_weight,
        num_heads,
        token_positions,
        theta,
    )


def run_rope(
    d_k: int, theta: float, max_seq_len: int, in_query_or_key: Tensor, token_positions: Tensor
) -> Tensor:
    return rope(in_query_or_key, token_positions, theta)


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
    x = weights["token_embeddings.weight"][in_indices]
    for i in range(num_layers):
        x = block(x, weights, f"layers.{i}.", num_heads, rope_theta)
    x = rms_norm(x, weights["ln_final.weight"])
    return einsum(x, weights["lm_head.weight"], "b t m, v m -> b t v")


def run_rmsnorm(d_model: int, eps: float, weights: Tensor, in_features: Tensor) -> Tensor:
    return rms_norm(in_features, weights, eps)


def run_silu(in_features: Tensor) -> Tensor:
    return in_features * in_features.sigmoid()


def run_get_batch(
    dataset: Any, batch_size: int, context_length: int, device: str
) -> tuple[Tensor, Tensor]:
    windows = np.lib.stride_tricks.sliding_window_view(dataset, context_length + 1)
    drawn = windows[np.random.randint(len(windows), size=batch_size)].astype(np.int64)
    x, y = torch.tensor(drawn[:, :-1]), torch.tensor(drawn[:, 1:])
    return x.to(device), y.to(device)


def run_softmax(in_features: Tensor, dim: int) -> Tensor:
    return torch.log_softmax(in_features, dim).exp()


def run_cross_entropy(inputs: Tensor, targets: Tensor) -> Tensor:
    target_logits = torch.take_along_dim(inputs, targets[..., None], -1).squeeze(-1)
    return (inputs.logsumexp(-1) - target_logits).sum() / targets.numel()


def run_gradient_clipping(parameters: Any, max_l2_norm: float) -> None:
    grads = [p.grad for p in parameters if p.grad is not None]
    total = torch.stack(torch._foreach_norm(grads)).norm()
    torch._foreach_mul_(grads, torch.clamp(max_l2_norm / (total + 1e-6), max=1.0))


def get_adamw_cls() -> Any:
    return AdamW


def run_get_lr_cosine_schedule(
    it: int,
    max_learning_rate: float,
    min_learning_rate: float,
    warmup_iters: int,
    cosine_cycle_iters: int,
) -> Any:
    if it < warmup_iters:
        return it * max_learning_rate / warmup_iters
    t = np.clip((it - warmup_iters) / (cosine_cycle_iters - warmup_iters), 0, 1)
    return min_learning_rate + (max_learning_rate - min_learning_rate) * (1 + np.cos(t * np.pi)) / 2


def run_save_checkpoint(model: nn.Module, optimizer: Any, iteration: int, out: Any) -> None:
    torch.save({"step": torch.tensor(iteration), "nets": [model, optimizer.state_dict()]}, out)


def run_load_checkpoint(src: Any, model: nn.Module, optimizer: Any) -> int:
    saved = torch.load(src, weights_only=False)
    model.load_state_dict(saved["nets"][0].state_dict())
    optimizer.load_state_dict(saved["nets"][1])
    return int(saved["step"])
