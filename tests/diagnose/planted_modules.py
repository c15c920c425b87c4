"""Bugs for the style ``modules``: the answer key's eight, then those of the probes' own tests."""

from __future__ import annotations

from tests.diagnose.planting import CHECKPOINT, MHA, ROTATED, SDPA, bug

# Lines of modules.py that several edits start from.
SCORES = "scores = Q @ K.transpose(-2, -1) / math.sqrt(d_k)"
FILL = 'scores = scores.masked_fill(mask == 0, float("-inf"))'
WEIGHTS = "    weights = softmax(scores, dim=-1)\n"
MEAN = "x.pow(2).mean(dim=-1, keepdim=True)"
NORMED = "return (x / rms * self.weight).to(in_dtype)"
RMS = "rms = torch.sqrt(x.pow(2).mean(dim=-1, keepdim=True) + self.eps)"
EVEN = "out[..., 0::2] = even * cos - odd * sin"
ODD = "out[..., 1::2] = even * sin + odd * cos"
SPLIT = "x.view(batch, seq, self.num_heads, d_model // self.num_heads).transpose(1, 2)"
MERGE = "x.transpose(1, 2).contiguous().view(batch, seq, -1)"
FIRST = "x = x + self.attn(self.ln1(x))"
SECOND = "x = x + self.ffn(self.ln2(x))"
MASK = "mask = torch.tril(torch.ones(seq, seq, dtype=torch.bool))"
LOSS = "return (log_normaliser - chosen).mean()"
DECAY = "p.data -= lr * decay * p.data"
RATE = "rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)"
CLIP = "g.mul_(max_l2_norm / (total + eps))"

MODULES_KEY = (
    bug("key 1", SDPA, SCORES, SCORES.replace("/ math", "* math")),
    bug("key 2", SDPA, WEIGHTS, WEIGHTS.replace("-1", "-2")),
    bug(
        "key 3",
        ROTATED,
        "            K = self.rope(K, token_positions)\n",
        "            K = self.rope(K, token_positions)\n"
        "            V = self.rope(V, token_positions)\n",
    ),
    bug("key 4", "rmsnorm", f"{MEAN} + self.eps", MEAN),
    bug("key 5", "rope", EVEN, EVEN.replace("-", "+"), ODD, ODD.replace("+", "-")),
    bug("key 6", "transformer_block", SECOND, "x = self.ffn(self.ln2(x))"),
    bug(
        "key 7",
        "cross_entropy",
        LOSS,
        LOSS.replace("log_normaliser - chosen", "chosen - log_normaliser"),
    ),
    bug("key 8", "adamw", DECAY, "m -= lr * decay * p.data"),
)

MODULES_MORE = (
    bug(
        "softmax without its maximum", "softmax", "x = x - x.max(dim=dim, keepdim=True).values", ""
    ),
    bug(
        "softmax along another dimension",
        "softmax",
        "exponentials.sum(dim=dim,",
        "exponentials.sum(dim=-1,",
    ),
    bug(
        "linear read the wrong way",
        "linear",
        "x @ self.weight.T",
        "x @ self.weight.reshape(self.weight.T.shape)",
    ),
    bug(
        "embedding scaled",
        "embedding",
        "return self.weight[token_ids]",
        "return self.weight[token_ids] * 8",
    ),
    bug("relu for silu", "silu", "return x * torch.sigmoid(x)", "return x.relu()"),
    bug("gelu for silu", "silu", "return x * torch.sigmoid(x)", "return nn.functional.gelu(x)"),
    bug(
        "silu by a plain exponential",
        "silu",
        "return x * torch.sigmoid(x)",
        "return x * x.exp() / (1 + x.exp())",
    ),
    bug(
        "gate and values swapped",
        "swiglu",
        "silu(self.w1(x))",
        "silu(self.w3(x))",
        "gate * self.w3(x)",
        "gate * self.w1(x)",
    ),
    bug("no gate", "swiglu", "gate * self.w3(x)", "self.w3(x)"),
    bug("gate without silu", "swiglu", "gate = silu(self.w1(x))", "gate = self.w1(x)"),
    bug("eps outside the root", "rmsnorm", RMS, f"rms = torch.sqrt({MEAN}) + self.eps"),
    bug("eps squared", "rmsnorm", "+ self.eps)", "+ self.eps**2)"),
    bug("eps fixed", "rmsnorm", "+ self.eps)", "+ 1e-5)"),
    bug("mean taken away", "rmsnorm", RMS, "x = x - x.mean(-1, keepdim=True)\n        " + RMS),
    bug("norm without its gain", "rmsnorm", "x / rms * self.weight", "x / rms"),
    bug("gain counted from one", "rmsnorm", "x / rms * self.weight", "x / rms * (1 + self.weight)"),
    bug("sum for mean", "rmsnorm", MEAN, MEAN.replace("mean", "sum")),
    bug("norm over the sequence", "rmsnorm", MEAN, "x.pow(2).mean(dim=(-2, -1), keepdim=True)"),
    bug(
        "norm cut from the graph",
        "rmsnorm",
        "x / rms * self.weight",
        "x / rms.detach() * self.weight",
    ),
    bug(
        "sines swapped",
        "rope",
        EVEN,
        EVEN.replace("-", "+"),
        ODD,
        "out[..., 1::2] = odd * cos - even * sin",
    ),
    bug(
        "halves for neighbours",
        "rope",
        "even, odd = x[..., 0::2], x[..., 1::2]",
        "even, odd = x.chunk(2, dim=-1)",
        EVEN,
        "first = even * cos - odd * sin",
        ODD,
        "out = torch.cat([first, even * sin + odd * cos], -1)",
    ),
    bug(
        "rows glued",
        "rope",
        EVEN,
        "first = even * cos - odd * sin",
        ODD,
        "out = torch.cat([first, even * sin + odd * cos], -1)",
    ),
    bug(
        "frequencies half as steep",
        "rope",
        "torch.arange(0, d_k, 2).float() / d_k",
        "torch.arange(d_k // 2).float() / d_k",
    ),
    bug("theta ignored", "rope", "1.0 / theta **", "1.0 / 10_000.0 **"),
    bug(
        "positions from one",
        "rope",
        "torch.arange(max_seq_len).float()",
        "torch.arange(1, max_seq_len + 1).float()",
    ),
    bug(
        "positions ignored",
        "rope",
        "self.cos[token_positions], self.sin[token_positions]",
        "self.cos[: x.shape[-2]], self.sin[: x.shape[-2]]",
    ),
    bug("angles in half precision", "rope", "angles.cos()", "angles.half().float().cos()"),
    bug("rotation that shrinks", "rope", EVEN, "out[..., 0::2] = 0.999 * (even * cos - odd * sin)"),
    bug("cosine for sine", "rope", EVEN, EVEN.replace("sin", "cos")),
    bug("no scale", SDPA, SCORES, SCORES.replace(" / math.sqrt(d_k)", "")),
    bug("scale without the root", SDPA, SCORES, SCORES.replace("math.sqrt(d_k)", "d_k")),
    bug("scale by the values' width", SDPA, SCORES, SCORES.replace("d_k", "V.shape[-1]")),
    bug("inverted mask", SDPA, FILL, FILL.replace("mask == 0", "mask")),
    bug("mask by zeros", SDPA, FILL, "scores = scores * mask"),
    bug(
        "mask after the softmax",
        SDPA,
        FILL,
        "pass",
        WEIGHTS,
        WEIGHTS + "    weights = weights if mask is None else weights * mask\n",
    ),
    bug("mask not low enough", SDPA, FILL, FILL.replace('float("-inf")', "-10.0")),
    bug("softmax over the batch", SDPA, WEIGHTS, WEIGHTS.replace("-1", "0")),
    bug("scores cut from the graph", SDPA, SCORES, SCORES.replace("Q @", "Q.detach() @")),
    bug(
        "no mask",
        MHA,
        "(Q, K, V, mask)\n        return self",
        "(Q, K, V, None)\n        return self",
    ),
    bug(
        "one token of the future",
        MHA,
        MASK,
        MASK.replace("dtype=torch.bool)", "dtype=torch.bool), 1"),
    ),
    bug("oneself not seen", MHA, MASK, MASK.replace("dtype=torch.bool)", "dtype=torch.bool), -1")),
    bug(
        "keys projected for queries",
        MHA,
        "Q = self.split(self.q_proj(x))",
        "Q = self.split(self.k_proj(x))",
    ),
    bug(
        "keys handed out for values",
        MHA,
        "V = self.split(self.v_proj(x))",
        "V = self.split(self.k_proj(x))",
    ),
    bug(
        "heads split in another order",
        MHA,
        SPLIT,
        "x.view(batch, seq, -1, self.num_heads).permute(0, 3, 1, 2)",
    ),
    bug(
        "split and merged in another order",
        MHA,
        SPLIT,
        "x.view(batch, seq, -1, self.num_heads).permute(0, 3, 1, 2)",
        MERGE,
        "x.permute(0, 2, 3, 1).reshape(batch, seq, -1)",
    ),
    bug(
        "a view that mixes tokens",
        MHA,
        SPLIT,
        "x.view(batch, self.num_heads, seq, d_model // self.num_heads)",
    ),
    bug(
        "heads merged in another order", MHA, MERGE, "x.permute(0, 2, 3, 1).reshape(batch, seq, -1)"
    ),
    bug("no output projection", MHA, "self.output_proj(self.merge(heads))", "self.merge(heads)"),
    bug("queries alone rotated", ROTATED, "            K = self.rope(K, token_positions)\n", ""),
    bug(
        "nothing rotated",
        ROTATED,
        "            Q = self.rope(Q, token_positions)\n"
        "            K = self.rope(K, token_positions)\n",
        "",
    ),
    bug(
        "keys one position late",
        ROTATED,
        "K = self.rope(K, token_positions)",
        "K = self.rope(K, (token_positions - 1).clamp(0))",
    ),
    bug("no attention residual", "transformer_block", FIRST, "x = self.attn(self.ln1(x))"),
    bug(
        "residual after the norm",
        "transformer_block",
        SECOND,
        "x = self.ln2(x)\n        x = x + self.ffn(x)",
    ),
    bug(
        "residual from before attention",
        "transformer_block",
        FIRST,
        "start = x\n        " + FIRST,
        SECOND,
        "x = start + self.ffn(self.ln2(x))",
    ),
    bug("post-norm", "transformer_block", FIRST, "x = self.ln1(x + self.attn(x))"),
    bug("no norm before attention", "transformer_block", FIRST, "x = x + self.attn(x)"),
    bug("the first norm twice", "transformer_block", SECOND, "x = x + self.ffn(self.ln1(x))"),
    bug(
        "residual cut from the graph",
        "transformer_block",
        SECOND,
        "x = x.detach() + self.ffn(self.ln2(x))",
    ),
    bug(
        "attention cut from the graph",
        "transformer_block",
        FIRST,
        "x = x + self.attn(self.ln1(x.detach()))",
    ),
    bug("sublayer halved", "transformer_block", SECOND, "x = x + 0.5 * self.ffn(self.ln2(x))"),
    bug("residual added in place", "transformer_block", FIRST, "x += self.attn(self.ln1(x))"),
    bug("no last norm", "transformer_lm", "        x = self.ln_final(x)\n", ""),
    bug(
        "no positions in the model",
        "transformer_lm",
        "        for layer in self.layers:\n",
        "        for layer in self.layers:\n            layer.attn.rope = None\n",
    ),
    bug(
        "positions counted backwards",
        "multihead_self_attention_with_rope transformer_block transformer_lm",
        "token_positions = torch.arange(seq)",
        "token_positions = torch.arange(seq).flip(0)",
    ),
    bug(
        "sequences that see each other",
        "transformer_lm",
        "x = self.ln_final(x)",
        "x = self.ln_final(x + x.mean(0, keepdim=True))",
    ),
    bug(
        "stream louder before the head",
        "transformer_lm",
        "x = self.ln_final(x)",
        "x = 4 * self.ln_final(x)",
    ),
    bug(
        "one layer too few",
        "transformer_lm",
        "for layer in self.layers:",
        "for layer in self.layers[1:]:",
    ),
    bug(
        "loss without its maximum",
        "cross_entropy",
        "inputs - inputs.max(dim=-1, keepdim=True).values",
        "inputs",
    ),
    bug("loss summed", "cross_entropy", LOSS, LOSS.replace("mean", "sum")),
    bug("loss in bits", "cross_entropy", LOSS, LOSS + " / 0.6931"),
    bug(
        "loss of probabilities",
        "cross_entropy",
        LOSS,
        "return -(chosen - log_normaliser).exp().mean()",
    ),
    bug("loss of the first target", "cross_entropy", LOSS, "return (log_normaliser - chosen)[0]"),
    bug(
        "loss cut from the graph in part",
        "cross_entropy",
        LOSS,
        LOSS.replace("log_normaliser -", "log_normaliser.detach() -"),
    ),
    bug("no bias correction", "adamw", RATE, "rate = lr"),
    bug("correction of the mean alone", "adamw", RATE, "rate = lr / (1 - beta1**t)"),
    bug(
        "correction one step late",
        "adamw",
        RATE,
        RATE.replace("rate =", "t = max(1, t - 1)\n                rate ="),
    ),
    bug("betas swapped", "adamw", 'beta1, beta2 = group["betas"]', 'beta2, beta1 = group["betas"]'),
    bug("no root", "adamw", "torch.sqrt(v) + eps", "v + eps"),
    bug("decay without the learning rate", "adamw", DECAY, "p.data -= decay * p.data"),
    bug(
        "decay in the gradient",
        "adamw",
        "self.state[p], p.grad.data",
        "self.state[p], p.grad.data + decay * p.data",
    ),
    bug(
        "decay for idle parameters",
        "adamw",
        "if p.grad is None:\n",
        "if p.grad is None:\n                    p.data.mul_(1 - lr * decay)\n",
    ),
    bug(
        "groups ignored",
        "adamw",
        'lr, decay, eps = group["lr"], group["weight_decay"], group["eps"]',
        'lr, decay, eps = (self.defaults[n] for n in ("lr", "weight_decay", "eps"))',
    ),
    bug("a mean without memory", "adamw", "m = beta1 * m + (1", "m = (1"),
    bug("steps uphill", "adamw", "p.data -= rate", "p.data += rate"),
    bug("square of the mean", "adamw", "v = beta2 * v + (1 - beta2) * grad**2", "v = m * m"),
    bug("decay doubled", "adamw", DECAY, "p.data -= 2 * lr * decay * p.data"),
    bug(
        "warm-up from one",
        "get_lr_cosine_schedule",
        "return it / warmup * top",
        "return (it + 1) / warmup * top",
    ),
    bug(
        "cosine of a whole turn",
        "get_lr_cosine_schedule",
        "math.pi * progress",
        "2 * math.pi * progress",
    ),
    bug(
        "cosine that counts warm-up",
        "get_lr_cosine_schedule",
        "(it - warmup) / (cycle - warmup)",
        "it / cycle",
    ),
    bug(
        "cosine to zero",
        "get_lr_cosine_schedule",
        "return low + 0.5",
        "return 0.5",
        "* (top - low)",
        "* top",
    ),
    bug("schedule that rises again", "get_lr_cosine_schedule", "if it <= cycle:", "if True:"),
    bug(
        "warm-up that divides by its length",
        "get_lr_cosine_schedule",
        "if it < warmup:",
        "if it <= warmup:",
    ),
    bug(
        "each parameter clipped by itself",
        "gradient_clipping",
        CLIP,
        "g.mul_(max_l2_norm / (g.norm() + eps))",
    ),
    bug(
        "clipping element by element",
        "gradient_clipping",
        CLIP,
        "g.clamp_(-max_l2_norm, max_l2_norm)",
    ),
    bug("squared norm", "gradient_clipping", CLIP, "g.mul_(max_l2_norm / (total**2 + eps))"),
    bug("always scaled to the limit", "gradient_clipping", "if total >= max_l2_norm:", "if True:"),
    bug(
        "norms added up",
        "gradient_clipping",
        "torch.sqrt(sum((g**2).sum() for g in gradients))",
        "sum(g.norm() for g in gradients)",
    ),
    bug(
        "nothing clipped when one is missing",
        "gradient_clipping",
        "[p.grad for p in parameters if p.grad is not None]",
        "[p.grad for p in parameters]\n    if None in gradients:\n        return",
    ),
    bug(
        "targets not shifted",
        "get_batch",
        "x[s + 1 : s + 1 + context_length]",
        "x[s : s + context_length]",
    ),
    bug(
        "targets one before",
        "get_batch",
        "x[s : s + context_length]",
        "x[s + 1 : s + 1 + context_length]",
        "x[s + 1 : s + 1 + context_length]",
        "x[s : s + context_length]",
    ),
    bug(
        "last start never drawn",
        "get_batch",
        "len(x) - context_length, size",
        "max(1, len(x) - context_length - 1), size",
    ),
    bug("starts drawn in steps", "get_batch", "size=batch_size)", "size=batch_size) // 2 * 2"),
    bug(
        "token ids of eight bits",
        "get_batch",
        "    return torch.from_numpy(inputs)",
        "    inputs, targets = inputs % 256, targets % 256\n    return torch.from_numpy(inputs)",
    ),
    bug("optimizer not restored", CHECKPOINT, 'optimizer.load_state_dict(state["o"])', "pass"),
    bug("model not restored", CHECKPOINT, 'model.load_state_dict(state["m"])', "pass"),
    bug("step not saved", "save_checkpoint", '"i": iteration', '"i": 0'),
)
