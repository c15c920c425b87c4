"""The clean codebase written differently, and as correct: every probe must stay quiet."""

from __future__ import annotations

from engine.level import Edit
from tests.lab.probes.edits import (
    ADAM,
    CLIP,
    FIRST_SUBLAYER,
    FREQUENCIES,
    MASKED,
    MERGE,
    NORM,
    SCALED,
    SECOND_SUBLAYER,
    SPLIT,
    TABLE,
    UPDATE,
    attention,
    clipping,
    core,
    loss,
    model,
    optimizer,
    trainer,
)

ALIKE: dict[str, tuple[Edit, ...]] = {
    "fused attention": (
        attention(
            "    d_k = Q.shape[-1]\n",
            "    if Q is not None:\n"
            "        from torch.nn.functional import scaled_dot_product_attention as fused\n\n"
            "        return fused(Q, K, V, attn_mask=mask)\n"
            "    d_k = Q.shape[-1]\n",
        ),
    ),
    "queries scaled before the product": (
        attention("    d_k = Q.shape[-1]\n", "    Q = Q * Q.shape[-1] ** -0.5\n"),
        attention(SCALED, "scaled_qk_dot_product = qk_dot_product\n"),
    ),
    "a mask of very low scores": (
        attention(
            MASKED,
            "low = torch.finfo(Q.dtype).min\n"
            "        scaled_qk_dot_product = scaled_qk_dot_product.masked_fill(~mask, low)\n",
        ),
    ),
    "another einsum order": (
        attention(
            'einsum(Q, K, "... seq_q d_k, ... seq_k d_k -> ... seq_q seq_k")',
            'einsum(K, Q, "... seq_k d_k, ... seq_q d_k -> ... seq_q seq_k")',
        ),
    ),
    "heads by view and transpose": (
        attention(SPLIT, "x.unflatten(-1, (self.num_heads, -1)).transpose(-3, -2)"),
        attention(MERGE, "x.transpose(-3, -2).flatten(-2)"),
    ),
    "torch's softmax": (
        core(
            "shifted = x - x.amax(dim=dimension, keepdim=True)\n",
            "return torch.softmax(x, dimension)\n",
        ),
    ),
    "torch's RMSNorm": (
        core(
            NORM,
            "from torch.nn.functional import rms_norm\n\n"
            "        return rms_norm(x, self.weight.shape, self.weight, self.eps)\n",
        ),
    ),
    "RMSNorm in float32": (
        core(
            NORM,
            "y = x.float()\n"
            "        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps)\n"
            "        return (y * self.weight.float()).to(x.dtype)\n",
        ),
    ),
    "RMSNorm by division": (
        core(
            NORM,
            "rms = (x.square().mean(-1, keepdim=True) + self.eps).sqrt()\n"
            "        return self.weight * (x / rms)\n",
        ),
    ),
    "torch's linear, embedding and silu": (
        core(
            'einsum(x, self.weight, "... d_in, d_out d_in -> ... d_out")',
            "torch.nn.functional.linear(x, self.weight)",
        ),
        core("self.weight[token_ids]", "torch.nn.functional.embedding(token_ids, self.weight)"),
        core("x * torch.sigmoid(x)", "torch.nn.functional.silu(x)"),
    ),
    "rotation by complex numbers": (
        core(
            "        x1 = x[..., 0::2]",
            "        both = x.double().unflatten(-1, (-1, 2)).contiguous()\n"
            "        pairs = torch.view_as_complex(both)\n"
            "        turned = pairs * torch.complex(cos.double(), sin.double())\n"
            "        return torch.view_as_real(turned).flatten(-2).to(x.dtype)\n"
            "        x1 = x[..., 0::2]",
        ),
    ),
    "rotary tables in float32": (
        core(TABLE, "positions = torch.arange(max_seq_len, device=device, dtype=torch.float32)"),
        core(FREQUENCIES, "frequencies = theta ** (-2 * i.float() / d_k)"),
    ),
    "frequencies by exponential and logarithm, in float32": (
        core(TABLE, "positions = torch.arange(max_seq_len, device=device, dtype=torch.float32)"),
        core(FREQUENCIES, "frequencies = torch.exp(-2 * i.float() / d_k * math.log(theta))"),
    ),
    "residual stream in one line": (
        model(
            FIRST_SUBLAYER,
            "        x = x + self.attn(self.ln1(x), token_positions=token_positions)\n",
        ),
        model(SECOND_SUBLAYER, "        x = x + self.ffn(self.ln2(x))\n"),
    ),
    "torch's cross-entropy": (
        loss(
            "    loss = -target_log_probs.mean()\n",
            "    from torch.nn.functional import cross_entropy\n\n"
            "    loss = cross_entropy(logits.flatten(0, -2), targets.flatten())\n",
        ),
    ),
    "cross-entropy by logsumexp": (
        loss(
            "    loss = -target_log_probs.mean()\n",
            "    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)\n"
            "    loss = (logits.logsumexp(dim=-1) - chosen).mean()\n",
        ),
    ),
    "decay before the Adam step": (
        optimizer(
            ADAM,
            "                p.data.mul_(1 - lr * weight_decay)\n"
            "                p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n",
        ),
    ),
    "eps after the bias correction": (
        optimizer(
            ADAM,
            "                root = (v / (1 - beta2**t)).sqrt() + eps\n"
            "                p.data.addcdiv_(m / (1 - beta1**t), root, value=-lr)\n"
            "                p.data.add_(p.data, alpha=-lr * weight_decay)\n",
        ),
    ),
    "torch's AdamW": (
        optimizer(
            "class AdamW(torch.optim.Optimizer):\n",
            "class AdamW(torch.optim.AdamW):\n    pass\n\n\nclass Unused(torch.optim.Optimizer):\n",
        ),
    ),
    "torch's clipping": (
        clipping(
            "    gradients = [p.grad for p in parameters if p.grad is not None]\n",
            "    if parameters is not None:\n"
            "        return torch.nn.utils.clip_grad_norm_(list(parameters), max_norm)\n",
        ),
    ),
    "clipping without eps": (clipping(CLIP, "gradient.mul_(max_norm / total_norm)"),),
    "gradients set to None after the step": (
        trainer(UPDATE, UPDATE + "    optimizer.zero_grad(set_to_none=True)\n"),
    ),
    "gradients zeroed in place": (
        trainer("    optimizer.zero_grad()\n", "    optimizer.zero_grad(set_to_none=False)\n"),
    ),
}
