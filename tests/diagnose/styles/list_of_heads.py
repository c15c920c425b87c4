"""A correct transformer with a list of heads, loops where others vectorise, and logsumexp."""

from __future__ import annotations

from math import cos, pi, sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


class Head(nn.Module):
    """One head, with projections of its own."""

    def __init__(self, q: Tensor, k: Tensor, v: Tensor, theta: float | None) -> None:
        super().__init__()
        d_head, d_model = q.shape
        self.query = nn.Linear(d_model, d_head, bias=False)
        self.key = nn.Linear(d_model, d_head, bias=False)
        self.value = nn.Linear(d_model, d_head, bias=False)
        for layer, weight in ((self.query, q), (self.key, k), (self.value, v)):
            layer.weight.data.copy_(weight)
        self.theta = theta

    def forward(self, x: Tensor, positions: Tensor | None) -> Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        if self.theta is not None and positions is not None:
            q, k = turn(q, positions, self.theta), turn(k, positions, self.theta)
        seq = x.shape[1]
        seen = torch.arange(seq)[:, None] >= torch.arange(seq)[None, :]
        return run_scaled_dot_product_attention(q, k, v, seen.expand(len(x), seq, seq))


class Attention(nn.Module):
    def __init__(
        self, q: Tensor, k: Tensor, v: Tensor, o: Tensor, heads: int, theta: float | None = None
    ) -> None:
        super().__init__()
        rows = zip(q.chunk(heads), k.chunk(heads), v.chunk(heads), strict=True)
        self.heads = nn.ModuleList([Head(*own, theta) for own in rows])
        self.out = nn.Linear(len(o), len(o), bias=False)
        self.out.weight.data.copy_(o)

    def forward(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        return self.out(torch.cat([head(x, positions) for head in self.heads], dim=-1))


def turn(x: Tensor, positions: Tensor, theta: float) -> Tensor:
    """Multiplies by a block-diagonal matrix, one for each position."""
    d = x.shape[-1]
    rows = []
    for i in range(d // 2):
        angle = positions.to(torch.float64) * theta ** (-2 * i / d)
        c, s = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        a, b = x[..., 2 * i], x[..., 2 * i + 1]
        rows += [c * a - s * b, s * a + c * b]
    return torch.stack(rows, dim=-1)


class Block(nn.Module):
    def __init__(self, w: dict[str, Tensor], heads: int, theta: float) -> None:
        super().__init__()
        names = ("q_proj", "k_proj", "v_proj", "output_proj")
        self.attention = Attention(*(w[f"attn.{n}.weight"] for n in names), heads, theta)
        self.w = {k: v.detach().clone() for k, v in w.items()}

    def forward(self, x: Tensor) -> Tensor:
        d = x.shape[-1]
        y = run_rmsnorm(d, 1e-5, self.w["ln1.weight"], x)
        x = torch.add(x, self.attention(y, torch.arange(x.shape[1])))
        y = run_rmsnorm(d, 1e-5, self.w["ln2.weight"], x)
        w1, w2, w3 = (self.w[f"ffn.w{i}.weight"] for i in (1, 2, 3))
        return torch.add(run_swiglu(d, len(w1), w1, w2, w3, y), x)


# The course's functions


def run_linear(d_in: int, d_out: int, weights: Tensor, in_features: Tensor) -> Tensor:
    return torch.stack([(in_features * row).sum(-1) for row in weights], dim=-1)


def run_embedding(vocab_size: int, d_model: int, weights: Tensor, token_ids: Tensor) -> Tensor:
    table = nn.Embedding(vocab_size, d_model)
    table.weight = nn.Parameter(weights)
    return table(token_ids)


def run_swiglu(
    d_model: int,
    d_ff: int,
    w1_weight: Tensor,
    w2_weight: Tensor,
    w3_weight: Tensor,
    in_features: Tensor,
) -> Tensor:
    gate = run_silu(in_features @ w1_weight.T)
    return (gate * (in_features @ w3_weight.T)) @ w2_weight.T


def run_scaled_dot_product_attention(
    Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None
) -> Tensor:
    scores = (Q.unsqueeze(-2) * K.unsqueeze(-3)).sum(-1) / sqrt(Q.shape[-1])
    if mask is not None:
        scores[~mask] = -float("inf")
    return run_softmax(scores, -1) @ V


def run_multihead_self_attention(
    d_model: int,
    num_heads: int,
    q_proj_weight: Tensor,
    k_proj_weight: Tensor,
    v_proj_weight: Tensor,
    o_proj_weight: Tensor,
    in_features: Tensor,
) -> Tensor:
    layer = Attention(q_proj_weight, k_proj_weight, v_proj_weight, o_proj_weight, num_heads)
    return layer(in_features)


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
    layer = Attention(q_proj_weight, k_proj_weight, v_proj_weight, o_proj_weight, num_heads, theta)
    return layer(in_features, token_positions)


def run_rope(
    d_k: int, theta: float, max_seq_len: int, in_query_or_key: Tensor, token_positions: Tensor
) -> Tensor:
    return turn(in_query_or_key, token_positions, theta)


def run_transformer_block(
    d_model: int,
    num_heads: int,
    d_ff: int,
    max_seq_len: int,
    theta: float,
    weights: dict[str, Tensor],
    in_features: Tensor,
) -> Tensor:
    return Block(weights, num_heads, theta)(in_features)


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
    if in_indices.shape[-1] > context_length:
        raise ValueError("too long")
    x = run_embedding(vocab_size, d_model, weights["token_embeddings.weight"], in_indices)
    for i in range(num_layers):
        head = f"layers.{i}."
        own = {name[len(head) :]: w for name, w in weights.items() if name.startswith(head)}
        x = Block(own, num_heads, rope_theta)(x)
    x = run_rmsnorm(d_model, 1e-5, weights["ln_final.weight"], x)
    return run_linear(d_model, vocab_size, weights["lm_head.weight"], x)


def run_rmsnorm(d_model: int, eps: float, weights: Tensor, in_features: Tensor) -> Tensor:
    size = torch.linalg.vector_norm(in_features.float(), dim=-1, keepdim=True)
    # Each squared: the norm's own square root would lose the smallest rows.
    divisor = (size / sqrt(d_model)).pow(2).add(eps).sqrt()
    return in_features / divisor * weights


def run_silu(in_features: Tensor) -> Tensor:
    return in_features / (1 + torch.exp(-in_features))


def run_get_batch(
    dataset: Any, batch_size: int, context_length: int, device: str
) -> tuple[Tensor, Tensor]:
    generator = np.random.default_rng()
    starts = generator.integers(0, len(dataset) - context_length, batch_size)
    places = starts[:, None] + np.arange(context_length)[None, :]
    inputs = torch.as_tensor(dataset[places].astype("int64"), device=device)
    targets = torch.as_tensor(dataset[places + 1].astype("int64"), device=device)
    return inputs, targets


def run_softmax(in_features: Tensor, dim: int) -> Tensor:
    top = torch.amax(in_features, dim, keepdim=True)
    exponentials = (in_features - top).exp()
    return torch.div(exponentials, exponentials.sum(dim, keepdim=True))


def run_cross_entropy(inputs: Tensor, targets: Tensor) -> Tensor:
    rows = torch.arange(inputs.shape[0])
    return torch.mean(torch.logsumexp(inputs, dim=1) - inputs[rows, targets])


def run_gradient_clipping(parameters: Any, max_l2_norm: float) -> None:
    parameters = list(parameters)
    total = 0.0
    for p in parameters:
        if p.grad is not None:
            total += p.grad.data.norm(2).item() ** 2
    total = total**0.5
    if total > max_l2_norm:
        for p in parameters:
            if p.grad is not None:
                p.grad.data = p.grad.data * max_l2_norm / (total + 1e-6)


def get_adamw_cls() -> Any:
    class AdamW(torch.optim.Optimizer):
        def __init__(
            self, params: Any, lr: float, betas: Any, eps: float, weight_decay: float
        ) -> None:
            defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
            super().__init__(params, defaults)

        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    state = self.state[p]
                    if "t" not in state:
                        state["t"] = torch.zeros(())
                        state["exp_avg"], state["exp_avg_sq"] = p.data * 0, p.data * 0
                    state["t"] += 1
                    t = int(state["t"])
                    b1, b2 = group["betas"]
                    state["exp_avg"].mul_(b1).add_(p.grad.data, alpha=1 - b1)
                    state["exp_avg_sq"].mul_(b2).addcmul_(p.grad.data, p.grad.data, value=1 - b2)
                    denominator = state["exp_avg_sq"].sqrt() / sqrt(1 - b2**t) + group["eps"]
                    p.data.mul_(1 - group["lr"] * group["weight_decay"])
                    p.data.addcdiv_(state["exp_avg"], denominator, value=-group["lr"] / (1 - b1**t))

    return AdamW


def run_get_lr_cosine_schedule(
    it: int,
    max_learning_rate: float,
    min_learning_rate: float,
    warmup_iters: int,
    cosine_cycle_iters: int,
) -> float:
    if it < warmup_iters:
        return max_learning_rate / warmup_iters * it
    if it >= cosine_cycle_iters:
        return min_learning_rate
    share = 0.5 + 0.5 * cos(pi * (it - warmup_iters) / (cosine_cycle_iters - warmup_iters))
    return share * max_learning_rate + (1 - share) * min_learning_rate


def run_save_checkpoint(model: Any, optimizer: Any, iteration: int, out: Any) -> None:
    obj = {"iteration": iteration}
    obj["model_state_dict"] = model.state_dict()
    obj["optimizer_state_dict"] = optimizer.state_dict()
    torch.save(obj, out)


def run_load_checkpoint(src: Any, model: Any, optimizer: Any) -> int:
    obj = torch.load(src, weights_only=False)
    model.load_state_dict(obj["model_state_dict"])
    optimizer.load_state_dict(obj["optimizer_state_dict"])
    return obj["iteration"]
