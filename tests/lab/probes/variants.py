"""Edits of the clean codebase: the same thing written differently, and further bugs.

Each edit is a file of the codebase, lines that stand in it once, and what to write there instead.
"""

from __future__ import annotations

from engine.level import Edit

CORE, ATTENTION = "transformer/core.py", "transformer/attention.py"
MODEL, DECODING = "transformer/transformer.py", "transformer/decoding.py"
LOSS, OPTIMIZER = "training/loss.py", "training/optimizer.py"
SCHEDULE, CLIPPING = "training/schedule.py", "training/clipping.py"
DATA, CHECKPOINT, TRAINER = "training/data.py", "training/checkpoint.py", "training/trainer.py"

SOFTMAX = "    shifted = x - x.amax(dim=dimension, keepdim=True)\n"
NORM = (
    '        rms_inv = torch.rsqrt(reduce(x**2, "... d_model -> ... 1", "mean") + self.eps)\n'
    "        return x * rms_inv * self.weight\n"
)
EMBEDDING = "        return self.weight[token_ids]\n"
LINEAR = '        return einsum(x, self.weight, "... d_in, d_out d_in -> ... d_out")\n'
SILU = "    return x * torch.sigmoid(x)\n"
GATE = "        gate = silu(self.w1(x))  # (..., d_ff)\n"
ROWS = "        row1 = x1 * cos - x2 * sin\n        row2 = x1 * sin + x2 * cos\n"
PAIRS = (
    "        x1 = x[..., 0::2]  # (..., seq, d_k/2), first of each pair\n"
    "        x2 = x[..., 1::2]  # (..., seq, d_k/2), second of each pair\n"
)
JOINED = (
    "        rotated = torch.stack((row1, row2), dim=-1)  # (..., seq, d_k/2, 2)\n"
    '        return rearrange(rotated, "... seq pair two -> ... seq (pair two)")\n'
)
SCALED = "    scaled_qk_dot_product = qk_dot_product / (d_k**0.5)\n"
MASKED = '        scaled_qk_dot_product = scaled_qk_dot_product.masked_fill(~mask, float("-inf"))\n'
WEIGHTS = "    attention_weights = softmax(scaled_qk_dot_product, dimension=-1)\n"
SPLIT = (
    '        return rearrange(x, "... seq (heads d_head) -> ... heads seq d_head", '
    "heads=self.num_heads)\n"
)
MERGED = 'rearrange(heads, "... heads seq d_head -> ... seq (heads d_head)")\n'
TRIL = "device=x.device).tril()"
ATTENTION_SUBLAYER = (
    "        x_orig = x.clone()\n"
    "        x = self.ln1(x)\n"
    "        x = self.attn(x, token_positions=token_positions) + x_orig\n"
)
FFN_SUBLAYER = (
    "        x_orig = x.clone()\n        x = self.ln2(x)\n        x = self.ffn(x) + x_orig\n"
)
ADAM = (
    "                p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n"
    "                p.data.add_(p.data, alpha=-lr * weight_decay)\n"
)
ALPHA = "                alpha_t = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)\n"
CLIP = "            gradient.mul_(max_norm / (total_norm + eps))\n"
STEP = "    clip_gradients(model.parameters(), max_grad_norm)\n    optimizer.step()\n"
TARGETS = "    return windows[:, :-1], windows[:, 1:]\n"


def edit(file: str, find: str, replace: str) -> Edit:
    return Edit(file=file, find=find, replace=replace)


ALIKE: dict[str, tuple[Edit, ...]] = {
    "fused attention": (
        edit(
            ATTENTION,
            "    d_k = Q.shape[-1]\n",
            "    return torch.nn.functional.scaled_dot_product_attention(Q, K, V, attn_mask=mask)\n"
            "    d_k = Q.shape[-1]\n",
        ),
    ),
    "queries scaled before the product": (
        edit(ATTENTION, "    d_k = Q.shape[-1]\n", "    Q = Q * Q.shape[-1] ** -0.5\n"),
        edit(ATTENTION, SCALED, "    scaled_qk_dot_product = qk_dot_product\n"),
    ),
    "a mask of very low scores": (
        edit(
            ATTENTION,
            MASKED,
            "        low = torch.finfo(Q.dtype).min\n"
            "        scaled_qk_dot_product = scaled_qk_dot_product.masked_fill(~mask, low)\n",
        ),
    ),
    "another einsum order": (
        edit(
            ATTENTION,
            'einsum(Q, K, "... seq_q d_k, ... seq_k d_k -> ... seq_q seq_k")',
            'einsum(K, Q, "... seq_k d_k, ... seq_q d_k -> ... seq_q seq_k")',
        ),
    ),
    "heads by view and transpose": (
        edit(
            ATTENTION,
            SPLIT,
            "        return x.unflatten(-1, (self.num_heads, -1)).transpose(-3, -2)\n",
        ),
        edit(ATTENTION, MERGED, "heads.transpose(-3, -2).flatten(-2)\n"),
    ),
    "torch's softmax": (edit(CORE, SOFTMAX, "    return torch.softmax(x, dimension)\n" + SOFTMAX),),
    "torch's RMSNorm": (
        edit(
            CORE,
            NORM,
            "        from torch.nn.functional import rms_norm\n\n"
            "        return rms_norm(x, self.weight.shape, self.weight, self.eps)\n",
        ),
    ),
    "RMSNorm in float32": (
        edit(
            CORE,
            NORM,
            "        y = x.float()\n"
            "        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps)\n"
            "        return (y * self.weight.float()).to(x.dtype)\n",
        ),
    ),
    "RMSNorm by division": (
        edit(
            CORE,
            NORM,
            "        rms = (x.square().mean(-1, keepdim=True) + self.eps).sqrt()\n"
            "        return self.weight * (x / rms)\n",
        ),
    ),
    "torch's linear, embedding and silu": (
        edit(CORE, LINEAR, "        return torch.nn.functional.linear(x, self.weight)\n"),
        edit(
            CORE,
            EMBEDDING,
            "        return torch.nn.functional.embedding(token_ids, self.weight)\n",
        ),
        edit(CORE, SILU, "    return torch.nn.functional.silu(x)\n"),
    ),
    "rotation by complex numbers": (
        edit(
            CORE,
            PAIRS,
            "        pairs = torch.view_as_complex(x.double().unflatten(-1, (-1, "
            "2)).contiguous())\n"
            "        turn = torch.complex(cos.double(), sin.double())\n"
            "        return torch.view_as_real(pairs * turn).flatten(-2).to(x.dtype)\n" + PAIRS,
        ),
    ),
    "rotary tables in float32": (
        edit(CORE, "device=device, dtype=torch.float64)  # (d_k/2,)", "device=device)  # (d_k/2,)"),
        edit(
            CORE,
            "positions = torch.arange(max_seq_len, device=device, dtype=torch.float64)",
            "positions = torch.arange(max_seq_len, device=device, dtype=torch.float32)",
        ),
    ),
    "frequencies by exponential and logarithm, in float32": (
        edit(
            CORE,
            "        frequencies = theta ** (-2 * pairs / d_k)",
            "        frequencies = torch.exp(-2 * pairs.float() / d_k * math.log(theta))",
        ),
        edit(
            CORE,
            "positions = torch.arange(max_seq_len, device=device, dtype=torch.float64)",
            "positions = torch.arange(max_seq_len, device=device, dtype=torch.float32)",
        ),
    ),
    "residual stream in one line": (
        edit(
            MODEL,
            ATTENTION_SUBLAYER,
            "        x = x + self.attn(self.ln1(x), token_positions=token_positions)\n",
        ),
        edit(MODEL, FFN_SUBLAYER, "        x = x + self.ffn(self.ln2(x))\n"),
    ),
    "torch's cross-entropy": (
        edit(
            LOSS,
            "    shifted = logits - logits.amax(dim=-1, keepdim=True)  # (..., vocab)\n",
            "    from torch.nn.functional import cross_entropy\n\n"
            "    return cross_entropy(logits.flatten(0, -2), targets.flatten())\n"
            "    shifted = logits - logits.amax(dim=-1, keepdim=True)  # (..., vocab)\n",
        ),
    ),
    "cross-entropy by logsumexp": (
        edit(
            LOSS,
            "    loss = -target_log_probs.mean()\n",
            "    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)\n"
            "    loss = (logits.logsumexp(dim=-1) - chosen).mean()\n",
        ),
    ),
    "decay before the Adam step": (
        edit(
            OPTIMIZER,
            ADAM,
            "                p.data.mul_(1 - lr * weight_decay)\n"
            "                p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n",
        ),
    ),
    "eps after the bias correction": (
        edit(
            OPTIMIZER,
            ADAM,
            "                root = (v / (1 - beta2**t)).sqrt() + eps\n"
            "                p.data.addcdiv_(m / (1 - beta1**t), root, value=-lr)\n"
            "                p.data.add_(p.data, alpha=-lr * weight_decay)\n",
        ),
    ),
    "torch's AdamW": (
        edit(
            OPTIMIZER,
            "class AdamW(torch.optim.Optimizer):\n",
            "class AdamW(torch.optim.AdamW):\n    pass\n\n\nclass Unused(torch.optim.Optimizer):\n",
        ),
    ),
    "torch's clipping": (
        edit(
            CLIPPING,
            "    gradients = [p.grad for p in parameters if p.grad is not None]\n",
            "    return torch.nn.utils.clip_grad_norm_(list(parameters), max_norm)\n"
            "    gradients = [p.grad for p in parameters if p.grad is not None]\n",
        ),
    ),
    "clipping without eps": (
        edit(CLIPPING, CLIP, "            gradient.mul_(max_norm / total_norm)\n"),
    ),
    "gradients set to None after the step": (
        edit(TRAINER, STEP, STEP + "    optimizer.zero_grad(set_to_none=True)\n"),
        edit(
            TRAINER,
            "    optimizer.zero_grad()\n",
            "    optimizer.zero_grad(set_to_none=False)\n",
        ),
    ),
}

PLANTED: dict[str, tuple[Edit, str]] = {
    # Each with the probe that must catch it, at every seed.
    "softmax without its maximum": (
        edit(CORE, SOFTMAX, "    shifted = x\n"),
        "layers.softmax_huge",
    ),
    "softmax not normalised along the dimension told": (
        edit(CORE, "exponentials.sum(dim=dimension", "exponentials.sum(dim=-1"),
        "layers.softmax",
    ),
    "linear with its weight the wrong way round": (
        edit(CORE, LINEAR, "        return x @ self.weight.reshape(self.weight.T.shape)\n"),
        "layers.linear",
    ),
    "embedding scaled": (
        edit(
            CORE, EMBEDDING, "        return self.weight[token_ids] * self.weight.shape[1] ** 0.5\n"
        ),
        "layers.embedding",
    ),
    "eps outside the root": (
        edit(
            CORE,
            NORM,
            "        return x / (x.pow(2).mean(-1, keepdim=True).sqrt() + self.eps) * self.weight\n",
        ),
        "norm.eps",
    ),
    "eps squared": (edit(CORE, '"mean") + self.eps)', '"mean") + self.eps**2)'), "norm.eps"),
    "eps fixed in the code": (edit(CORE, '"mean") + self.eps)', '"mean") + 1e-5)'), "norm.eps"),
    "mean taken away in the norm": (
        edit(CORE, NORM, "        x = x - x.mean(-1, keepdim=True)\n" + NORM),
        "norm.constant_row",
    ),
    "norm without its gain": (
        edit(CORE, "        return x * rms_inv * self.weight\n", "        return x * rms_inv\n"),
        "norm.gain",
    ),
    "gain counted from one": (
        edit(CORE, "x * rms_inv * self.weight\n", "x * rms_inv * (1 + self.weight)\n"),
        "norm.scale_sweep",
    ),
    "sum of squares for their mean": (
        edit(CORE, '"... d_model -> ... 1", "mean"', '"... d_model -> ... 1", "sum"'),
        "norm.constant_row",
    ),
    "norm over the whole sequence": (
        edit(
            CORE,
            NORM,
            "        dims = tuple(range(x.dim()))[-2:]\n        return x * torch.rsqrt(x.pow(2).mean(dims, keepdim=True) + self.eps) * self.weight\n",
        ),
        "norm.rows",
    ),
    "norm cut from the graph": (
        edit(
            CORE,
            "        return x * rms_inv * self.weight\n",
            "        return x * rms_inv.detach() * self.weight\n",
        ),
        "norm.gradient",
    ),
    "swapped sine terms": (
        edit(
            CORE, ROWS, "        row1 = x1 * cos + x2 * sin\n        row2 = -x1 * sin + x2 * cos\n"
        ),
        "rope.orientation",
    ),
    "halves instead of neighbours": (
        edit(
            CORE,
            PAIRS + ROWS + JOINED,
            "        x1, x2 = x.chunk(2, dim=-1)\n" + ROWS + "        return torch.cat((row1, "
            "row2), dim=-1)\n",
        ),
        "rope.pairing",
    ),
    "rows glued instead of interleaved": (
        edit(CORE, JOINED, "        return torch.cat((row1, row2), dim=-1)\n"),
        "rope.position_zero",
    ),
    "frequencies half as steep": (
        edit(CORE, "theta ** (-2 * pairs / d_k)", "theta ** (-pairs / d_k)"),
        "rope.frequencies",
    ),
    "theta ignored": (
        edit(CORE, "theta ** (-2 * pairs / d_k)", "10000.0 ** (-2 * pairs / d_k)"),
        "rope.frequencies",
    ),
    "positions from one": (
        edit(
            CORE,
            "positions = torch.arange(max_seq_len, device=device, dtype=torch.float64)",
            "positions = torch.arange(1, max_seq_len + 1, device=device, dtype=torch.float64)",
        ),
        "rope.position_zero",
    ),
    "positions ignored": (
        edit(
            CORE,
            "        cos = self.cos[token_positions].to(x.dtype)",
            "        token_positions = torch.arange(x.shape[-2])\n"
            "        cos = self.cos[token_positions].to(x.dtype)",
        ),
        "rope.positions",
    ),
    "rotary tables in half precision": (
        edit(
            CORE,
            'self.register_buffer("cos", torch.cos(angles), ',
            'self.register_buffer("cos", torch.cos(angles.half().double()), ',
        ),
        "rope.long",
    ),
    "relu for silu": (edit(CORE, SILU, "    return x.relu()\n"), "feed_forward.silu"),
    "gelu for silu": (
        edit(CORE, SILU, "    return torch.nn.functional.gelu(x)\n"),
        "feed_forward.silu",
    ),
    "silu by a plain exponential": (
        edit(CORE, SILU, "    return x * x.exp() / (1 + x.exp())\n"),
        "feed_forward.silu",
    ),
    "gate and values swapped": (
        edit(
            CORE,
            GATE + "        values = self.w3(x)",
            "        gate = silu(self.w3(x))  # (..., d_ff)\n        values = self.w1(x)",
        ),
        "feed_forward.gate",
    ),
    "no gate": (
        edit(CORE, GATE, "        gate = silu(self.w1(x)) * 0 + 1\n"),
        "feed_forward.formula",
    ),
    "gate without silu": (edit(CORE, GATE, "        gate = self.w1(x)\n"), "feed_forward.gate"),
    "no scale": (
        edit(ATTENTION, SCALED, "    scaled_qk_dot_product = qk_dot_product\n"),
        "attention.score_scale",
    ),
    "scale without the root": (
        edit(ATTENTION, SCALED, "    scaled_qk_dot_product = qk_dot_product / d_k\n"),
        "attention.score_spread",
    ),
    "scale by the width of the values": (
        edit(
            ATTENTION, SCALED, "    scaled_qk_dot_product = qk_dot_product / V.shape[-1] ** 0.5\n"
        ),
        "attention.reference",
    ),
    "inverted mask": (
        edit(ATTENTION, MASKED, MASKED.replace("~mask", "mask")),
        "attention.masked",
    ),
    "mask by zeros": (
        edit(ATTENTION, MASKED, "        scaled_qk_dot_product = scaled_qk_dot_product * mask\n"),
        "attention.masked",
    ),
    "mask after the softmax": (
        edit(
            ATTENTION,
            MASKED + WEIGHTS,
            "        attention_weights = softmax(scaled_qk_dot_product, dimension=-1) * mask\n    else:\n    "
            + WEIGHTS,
        ),
        "attention.row_sums",
    ),
    "mask not low enough": (
        edit(ATTENTION, MASKED, MASKED.replace('float("-inf")', "-10.0")),
        "attention.causality",
    ),
    "no mask": (
        edit(ATTENTION, "(Q, K, V, causal_mask)", "(Q, K, V, None)"),
        "attention.causality_gradient",
    ),
    "one token of the future seen": (
        edit(ATTENTION, TRIL, "device=x.device).tril(1)"),
        "attention.causality",
    ),
    "oneself not seen": (edit(ATTENTION, TRIL, "device=x.device).tril(-1)"), "heads.single_token"),
    "softmax over the batch": (
        edit(
            ATTENTION,
            "softmax(scaled_qk_dot_product, dimension=-1)",
            "softmax(scaled_qk_dot_product, dimension=0)",
        ),
        "attention.row_sums",
    ),
    "keys for queries": (
        edit(
            ATTENTION,
            "        Q = self.split_heads(self.q_proj(x))\n",
            "        Q = self.split_heads(self.k_proj(x))\n",
        ),
        "heads.independent",
    ),
    "keys handed out for values": (
        edit(
            ATTENTION,
            "        V = self.split_heads(self.v_proj(x))\n",
            "        V = self.split_heads(self.k_proj(x))\n",
        ),
        "heads.single_token",
    ),
    "heads split in the wrong order": (
        edit(ATTENTION, SPLIT, SPLIT.replace("seq (heads d_head)", "seq (d_head heads)")),
        "heads.independent",
    ),
    "heads split by a view that mixes tokens": (
        edit(
            ATTENTION,
            SPLIT,
            "        return x.reshape(*x.shape[:-2], self.num_heads, x.shape[-2], -1)\n",
        ),
        "attention.causality",
    ),
    "heads merged in the wrong order": (
        edit(ATTENTION, MERGED, MERGED.replace("seq (heads d_head)", "seq (d_head heads)")),
        "heads.single_token",
    ),
    "no output projection": (
        edit(ATTENTION, "self.output_proj(concatenated)", "concatenated"),
        "heads.single_token",
    ),
    "only queries rotated": (
        edit(ATTENTION, "            K = self.rope(K, token_positions=token_positions)\n", ""),
        "heads.shift",
    ),
    "nothing rotated": (
        edit(
            ATTENTION,
            "            Q = self.rope(Q, token_positions=token_positions)\n"
            "            K = self.rope(K, token_positions=token_positions)\n",
            "            pass\n",
        ),
        "heads.order",
    ),
    "keys rotated by one position more": (
        edit(
            ATTENTION,
            "            K = self.rope(K, token_positions=token_positions)\n",
            "            K = self.rope(K, token_positions=(token_positions - 1).clamp(min=0))\n",
        ),
        "heads.reference_rope",
    ),
    "no attention residual": (
        edit(
            MODEL,
            ATTENTION_SUBLAYER,
            "        x = self.attn(self.ln1(x), token_positions=token_positions)\n",
        ),
        "residual.identity",
    ),
    "residual taken after the norm": (
        edit(
            MODEL,
            FFN_SUBLAYER,
            "        x = self.ln2(x)\n        x = self.ffn(x) + x\n",
        ),
        "residual.identity",
    ),
    "post-norm": (
        edit(
            MODEL,
            ATTENTION_SUBLAYER,
            "        x = self.ln1(x + self.attn(x, token_positions=token_positions))\n",
        ),
        "residual.pre_norm",
    ),
    "no norm before attention": (
        edit(MODEL, "        x = self.ln1(x)\n", ""),
        "residual.attention_added",
    ),
    "the first norm used twice": (
        edit(MODEL, "        x = self.ln2(x)\n", "        x = self.ln1(x)\n"),
        "residual.feed_forward_added",
    ),
    "residual cut from the graph": (
        edit(
            MODEL,
            "        x = self.ffn(x) + x_orig\n",
            "        x = self.ffn(x) + x_orig.detach()\n",
        ),
        "residual.gradient",
    ),
    "sublayer halved": (
        edit(
            MODEL, "        x = self.ffn(x) + x_orig\n", "        x = 0.5 * self.ffn(x) + x_orig\n"
        ),
        "residual.feed_forward_added",
    ),
    "blocks cut from the graph": (
        edit(
            MODEL,
            "            x = block(x, token_positions=token_positions)",
            "            x = block(x.detach(), token_positions=token_positions)",
        ),
        "gradients.reach",
    ),
    "layers in a plain list": (
        edit(MODEL, "        self.layers = nn.ModuleList(\n", "        self.layers = list(\n"),
        "shapes.parameters",
    ),
    "no last norm": (
        edit(MODEL, "        x = self.ln_final(x)", "        x = x"),
        "gradients.reach",
    ),
    "no positions in the model": (
        edit(
            MODEL,
            "            x = block(x, token_positions=token_positions)",
            "            x = block(x, token_positions=None)",
        ),
        "rope.model",
    ),
    "positions from one in the model": (
        edit(
            MODEL,
            "torch.arange(token_ids.shape[-1], device=token_ids.device)",
            "torch.arange(token_ids.shape[-1], device=token_ids.device).flip(0)",
        ),
        "rope.model",
    ),
    "loss without its maximum": (
        edit(
            LOSS, "    shifted = logits - logits.amax(dim=-1, keepdim=True)", "    shifted = logits"
        ),
        "loss.huge_logits",
    ),
    "loss summed": (edit(LOSS, "-target_log_probs.mean()", "-target_log_probs.sum()"), "loss.mean"),
    "loss in bits": (
        edit(LOSS, "-target_log_probs.mean()", "-target_log_probs.mean() / 0.6931"),
        "loss.uniform",
    ),
    "loss of probabilities": (
        edit(LOSS, "-target_log_probs.mean()", "-target_log_probs.exp().mean()"),
        "loss.non_negative",
    ),
    "no bias correction": (
        edit(OPTIMIZER, ALPHA, "                alpha_t = lr\n"),
        "optimizer.bias_correction",
    ),
    "bias correction of the mean alone": (
        edit(OPTIMIZER, ALPHA, "                alpha_t = lr / (1 - beta1**t)\n"),
        "optimizer.first_step",
    ),
    "bias correction that lags": (
        edit(
            OPTIMIZER,
            '                state["t"] += 1\n                t, m, v = state["t"], state["m"], state["v"]\n',
            '                t, m, v = max(1, state["t"]), state["m"], state["v"]\n                state["t"] += 1\n',
        ),
        "optimizer.bias_correction",
    ),
    "betas swapped": (
        edit(
            OPTIMIZER,
            '            beta1, beta2 = group["betas"]\n',
            '            beta2, beta1 = group["betas"]\n',
        ),
        "optimizer.moments",
    ),
    "no root": (edit(OPTIMIZER, "v.sqrt() + eps", "v + eps"), "optimizer.scale_free"),
    "decay without the learning rate": (
        edit(OPTIMIZER, "alpha=-lr * weight_decay)", "alpha=-weight_decay)"),
        "optimizer.decay",
    ),
    "decay in the gradient": (
        edit(
            OPTIMIZER,
            "                grad = p.grad.data\n",
            "                grad = p.grad.data + weight_decay * p.data\n",
        ),
        "optimizer.decoupled",
    ),
    "decay for idle parameters": (
        edit(
            OPTIMIZER,
            "                if p.grad is None:\n                    continue\n",
            "                if p.grad is None:\n                    p.data.mul_(1 - lr * "
            "weight_decay)\n                    continue\n",
        ),
        "optimizer.no_gradient",
    ),
    "groups ignored": (
        edit(
            OPTIMIZER,
            '            lr, eps, weight_decay = group["lr"], group["eps"], group["weight_decay"]\n',
            '            lr, eps, weight_decay = (self.param_groups[0][k] for k in ("lr", "eps", "weight_decay"))\n',
        ),
        "optimizer.groups",
    ),
    "one step's memory": (edit(OPTIMIZER, "m.mul_(beta1)", "m.mul_(0)"), "optimizer.moments"),
    "steps uphill": (edit(OPTIMIZER, "value=-alpha_t)", "value=alpha_t)"), "optimizer.first_step"),
    "warm-up from one": (
        edit(SCHEDULE, "max_lr * step / warmup_steps", "max_lr * (step + 1) / warmup_steps"),
        "schedule.corners",
    ),
    "cosine of a whole turn": (
        edit(SCHEDULE, "math.pi * progress", "2 * math.pi * progress"),
        "schedule.cosine",
    ),
    "cosine that counts warm-up": (
        edit(
            SCHEDULE, "(step - warmup_steps) / (total_steps - warmup_steps)", "step / total_steps"
        ),
        "schedule.cosine",
    ),
    "cosine to zero": (
        edit(SCHEDULE, "min_lr + (max_lr - min_lr) * (1", "max_lr * (1"),
        "schedule.cosine",
    ),
    "schedule that rises again": (
        edit(SCHEDULE, "    if step >= total_steps:\n        return min_lr\n", ""),
        "schedule.corners",
    ),
    "each parameter clipped by itself": (
        edit(
            CLIPPING,
            CLIP,
            "            norm = torch.linalg.vector_norm(gradient)\n            gradient.mul_(max_norm / (norm + eps))\n",
        ),
        "clipping.direction",
    ),
    "clipping element by element": (
        edit(CLIPPING, CLIP, "            gradient.clamp_(-max_norm, max_norm)\n"),
        "clipping.direction",
    ),
    "always scaled to the limit": (
        edit(CLIPPING, "    if total_norm > max_norm:\n", "    if total_norm > 0:\n"),
        "clipping.untouched",
    ),
    "norms added up": (
        edit(CLIPPING, "torch.linalg.vector_norm(norms)", "norms.sum()"),
        "clipping.reported",
    ),
    "norm after clipping": (
        edit(CLIPPING, "    return total_norm\n", "    return total_norm.clamp(max=max_norm)\n"),
        "clipping.reported",
    ),
    "targets not shifted": (
        edit(DATA, TARGETS, "    return windows[:, :-1], windows[:, :-1]\n"),
        "data.shifted",
    ),
    "targets one before": (
        edit(DATA, TARGETS, "    return windows[:, 1:], windows[:, :-1]\n"),
        "data.shifted",
    ),
    "last start never drawn": (
        edit(DATA, "torch.randint(starts_count,", "torch.randint(max(1, starts_count - 1),"),
        "data.starts",
    ),
    "starts drawn in steps": (
        edit(
            DATA, "    indices = starts +", "    starts = starts // 2 * 2\n    indices = starts +"
        ),
        "data.starts",
    ),
    "generator ignored": (edit(DATA, ", generator=generator)", ")"), "data.repeatable"),
    "token ids of eight bits": (
        edit(DATA, "astype(np.int64)", "astype(np.uint8).astype(np.int64)"),
        "data.tokens",
    ),
    "optimizer not restored": (
        edit(CHECKPOINT, '    optimizer.load_state_dict(checkpoint["optimizer"])\n', ""),
        "checkpoint.resume",
    ),
    "model not restored": (
        edit(CHECKPOINT, '    model.load_state_dict(checkpoint["model"])\n', ""),
        "checkpoint.round_trip",
    ),
    "step not saved": (edit(CHECKPOINT, '"step": step,', '"step": 0,'), "checkpoint.round_trip"),
    "temperature multiplied": (
        edit(DECODING, "logits / temperature", "logits * temperature"),
        "decoding.temperature",
    ),
    "temperature after the softmax": (
        edit(
            DECODING,
            "softmax(logits / temperature, dimension=-1)",
            "softmax(logits, dimension=-1) / temperature",
        ),
        "decoding.temperature",
    ),
    "top-p keeps one too few": (
        edit(
            DECODING,
            "ranked.masked_fill(mass_before >= top_p, 0.0)",
            "ranked.masked_fill(mass_before + ranked >= top_p, 0.0)",
        ),
        "decoding.top_p",
    ),
    "top-p not made up to one": (
        edit(DECODING, "    nucleus = nucleus / nucleus.sum(dim=-1, keepdim=True)\n", ""),
        "decoding.top_p",
    ),
    "top-p left in its ranking": (
        edit(DECODING, "torch.zeros_like(probabilities).scatter(-1, order, nucleus)", "nucleus"),
        "decoding.order",
    ),
    "context never cut": (
        edit(DECODING, "token_ids[-model.context_length :]", "token_ids[:]"),
        "decoding.generate",
    ),
    "context cut at its beginning": (
        edit(DECODING, "token_ids[-model.context_length :]", "token_ids[: model.context_length]"),
        "decoding.generate",
    ),
    "last but one token continued": (
        edit(
            DECODING,
            "model(window.unsqueeze(0))[0, -1]",
            "model(window.unsqueeze(0))[0, max(-2, -len(window))]",
        ),
        "decoding.generate",
    ),
    "sampling that always takes the likeliest": (
        edit(
            DECODING,
            "torch.multinomial(probabilities, num_samples=1, generator=generator)",
            "probabilities.argmax(-1, keepdim=True)",
        ),
        "decoding.sampling",
    ),
    "sampling that takes any token": (
        edit(
            DECODING,
            "torch.multinomial(probabilities, ",
            "torch.multinomial((probabilities > 0).double(), ",
        ),
        "decoding.sampling",
    ),
    "end token dropped": (
        edit(
            DECODING,
            "        token_ids = torch.cat((token_ids, next_token))\n        if next_token.item() == end_token:\n            break\n",
            "        if next_token.item() == end_token:\n            break\n        token_ids = torch.cat((token_ids, next_token))\n",
        ),
        "decoding.end_token",
    ),
    "clipping after the step": (
        edit(
            TRAINER,
            STEP,
            "    optimizer.step()\n    clip_gradients(model.parameters(), max_grad_norm)\n",
        ),
        "training.clipped",
    ),
    "no clipping": (
        edit(TRAINER, "    clip_gradients(model.parameters(), max_grad_norm)\n", ""),
        "training.clipped",
    ),
    "gradients never cleared": (
        edit(TRAINER, "    optimizer.zero_grad()\n", ""),
        "training.fresh_gradients",
    ),
    "gradients cleared too late": (
        edit(TRAINER, "    loss.backward()\n", "    loss.backward()\n    optimizer.zero_grad()\n"),
        "training.descent",
    ),
    "targets shifted a second time": (
        edit(
            TRAINER,
            "    loss = cross_entropy_loss(logits, targets)\n",
            "    loss = cross_entropy_loss(logits[:, :-1], targets[:, 1:])\n",
        ),
        "training.reported_loss",
    ),
    "no step": (edit(TRAINER, "    optimizer.step()\n", ""), "training.update_ratio"),
}
