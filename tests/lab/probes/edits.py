"""Edits of the clean codebase, by file: lines that stand in it once, and what to write instead.

Comments of the codebase are kept out of the lines, so that its prose can change.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.level import Edit

Editor = Callable[[str, str], Edit]


def _edit(file: str, find: str, replace: str) -> Edit:
    return Edit(file=file, find=find, replace=replace)


core: Editor = partial(_edit, "transformer/core.py")
attention: Editor = partial(_edit, "transformer/attention.py")
model: Editor = partial(_edit, "transformer/transformer.py")
decoding: Editor = partial(_edit, "transformer/decoding.py")
loss: Editor = partial(_edit, "training/loss.py")
optimizer: Editor = partial(_edit, "training/optimizer.py")
schedule: Editor = partial(_edit, "training/schedule.py")
clipping: Editor = partial(_edit, "training/clipping.py")
data: Editor = partial(_edit, "training/data.py")
checkpoint: Editor = partial(_edit, "training/checkpoint.py")
trainer: Editor = partial(_edit, "training/trainer.py")

# Lines that several edits start from.
NORM = (
    'rms_inv = torch.rsqrt(reduce(x**2, "... d_model -> ... 1", "mean") + self.eps)\n'
    "        return x * rms_inv * self.weight\n"
)
FREQUENCIES = "frequencies = theta ** (-2 * i / d_k)"
TABLE = "positions = torch.arange(max_seq_len, device=device, dtype=torch.float64)"
STACK = "torch.stack((row1, row2), dim=-1)"
ZIP = 'rearrange(rotated, "... seq i two -> ... seq (i two)")'
SCALED = "scaled_qk_dot_product = qk_dot_product / (d_k**0.5)\n"
MASKED = 'scaled_qk_dot_product = scaled_qk_dot_product.masked_fill(~mask, float("-inf"))\n'
WEIGHTS = "attention_weights = softmax(scaled_qk_dot_product, dimension=-1)\n"
SPLIT = 'rearrange(x, "... seq (heads d_head) -> ... heads seq d_head", heads=self.num_heads)'
MERGE = 'rearrange(x, "... heads seq d_head -> ... seq (heads d_head)")'
ROTATE_Q = "            Q = self.rope(Q, token_positions=token_positions)\n"
ROTATE_K = "            K = self.rope(K, token_positions=token_positions)\n"
CAUSAL = "device=x.device).tril()"
FIRST_SUBLAYER = (
    "        x_orig = x.clone()\n"
    "        x = self.ln1(x)\n"
    "        x = self.attn(x, token_positions=token_positions) + x_orig\n"
)
SECOND_SUBLAYER = (
    "        x_orig = x.clone()\n        x = self.ln2(x)\n        x = self.ffn(x) + x_orig\n"
)
BLOCK = "x = block(x, token_positions=token_positions)"
ADAM = (
    "                p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n"
    "                p.data.add_(p.data, alpha=-lr * weight_decay)\n"
)
ALPHA = "alpha_t = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)"
CLIP = "gradient.mul_(max_norm / (total_norm + eps))"
UPDATE = "    clip_gradients(model.parameters(), max_grad_norm)\n    optimizer.step()\n"
