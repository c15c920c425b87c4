"""Bugs for the style ``functional``: the answer key's eight, then those for the probes' tests."""

from __future__ import annotations

from tests.diagnose.planting import CHECKPOINT, MHA, ROTATED, SDPA, bug

# Of functional.py, where most parts are torch's own.
F_ATTEND = "return F.scaled_dot_product_attention(Q, K, V, attn_mask=mask, is_causal=causal)"
F_ROTATE = "q, k = rotate(q, positions, theta), rotate(k, positions, theta)"
F_NORM = "return F.rms_norm(x, gain.shape, gain.to(x.dtype), eps)"
F_FFN = "return F.linear(F.silu(gate) * up, w2)"
F_SPLIT = "up, gate = F.linear(x, torch.cat([w3, w1])).chunk(2, dim=-1)"
F_FIRST = "x = x + attention_layer(normed, qkv, out, num_heads, positions, theta)"
F_SECOND = 'return x + feed_forward(norm(x, w[f"{prefix}ln2.weight"]), w1, w2, w3)'
F_HEADS = "heads = attend(q, k, v, None, causal=True)"
F_OUT = "return F.linear(heads.transpose(-2, -3).flatten(-2), out)"
F_LM = 'return F.linear(norm(x, weights["ln_final.weight"]), weights["lm_head.weight"])'
F_LOSS = "return F.cross_entropy(inputs, targets)"
F_ADAMW = "super().__init__(params, **options, foreach=True)"
F_CLIP = "nn.utils.clip_grad_norm_(parameters, max_l2_norm)"
F_TURN = "torch.view_as_real(pairs * turns)"
F_FREQUENCIES = "theta ** -(torch.arange(0, d_k, 2, dtype=torch.float64) / d_k)"


OWN = """scores = Q @ K.mT / Q.shape[-1] ** 0.5
    if causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    low = -torch.inf
    scores = scores if mask is None else scores.masked_fill(~mask, low)
    weights = scores.softmax(-1)
    return weights @ V"""


def own(difference: str) -> str:
    """Attention written out, with one thing wrong: ``right => wrong``."""
    right, wrong = difference.split(" => ")
    assert OWN.count(right) == 1
    return OWN.replace(right, wrong)


FUNCTIONAL_KEY = (
    bug("key 1", SDPA, F_ATTEND, own("/ Q.shape => * Q.shape")),
    bug("key 2", SDPA, F_ATTEND, own("softmax(-1) => softmax(-2)")),
    bug("key 3", ROTATED, F_ROTATE, F_ROTATE + "\n        v = rotate(v, positions, theta)"),
    bug("key 4", "rmsnorm", F_NORM, "return x * x.square().mean(-1, keepdim=True).rsqrt() * gain"),
    bug("key 5", "rope", F_TURN, "torch.view_as_real((pairs * turns.conj()).conj())"),
    bug("key 6", "transformer_block", F_SECOND, F_SECOND.replace("x + feed", "feed")),
    bug("key 7", "cross_entropy", F_LOSS, "return -F.cross_entropy(inputs, targets)"),
    bug(
        "key 8",
        "adamw",
        F_ADAMW,
        F_ADAMW + "\n\n"
        "    def step(self, closure: Any = None) -> Any:\n"
        "        for group in self.param_groups:\n"
        "            kept, group['weight_decay'] = group['weight_decay'], 0.0\n"
        "            super().step()\n"
        "            group['weight_decay'] = kept\n"
        "            for p in group['params']:\n"
        "                if p.grad is not None:\n"
        "                    self.state[p]['exp_avg'].sub_(group['lr'] * kept * p.data)",
    ),
)

FUNCTIONAL_MORE = (
    bug(
        "softmax without its maximum",
        "softmax",
        "return torch.softmax(in_features, dim)",
        "return in_features.exp() / in_features.exp().sum(dim, keepdim=True)",
    ),
    bug(
        "softmax along another dimension",
        "softmax",
        "torch.softmax(in_features, dim)",
        "torch.softmax(in_features, -1)",
    ),
    bug(
        "linear read the wrong way",
        "linear",
        "return F.linear(in_features, weights)",
        "return in_features @ weights.reshape(weights.T.shape)",
    ),
    bug(
        "embedding scaled",
        "embedding",
        "return F.embedding(token_ids, weights)",
        "return F.embedding(token_ids, weights) * d_model**0.5",
    ),
    bug("relu for silu", "silu", "return F.silu(in_features)", "return F.relu(in_features)"),
    bug("gate and values swapped", "swiglu", F_SPLIT, F_SPLIT.replace("up, gate", "gate, up")),
    bug("no gate", "swiglu", F_FFN, "return F.linear(up, w2)"),
    bug("gate without silu", "swiglu", F_FFN, "return F.linear(gate * up, w2)"),
    bug("gelu in the network", "swiglu", F_FFN, "return F.linear(F.gelu(gate) * up, w2)"),
    bug(
        "eps outside the root",
        "rmsnorm",
        F_NORM,
        "return x / (x.square().mean(-1, keepdim=True).sqrt() + eps) * gain",
    ),
    bug("eps squared", "rmsnorm", F_NORM, F_NORM.replace("eps)", "eps**2)")),
    bug("eps fixed", "rmsnorm", F_NORM, F_NORM.replace("eps)", "1e-5)")),
    bug(
        "layer norm",
        "rmsnorm",
        F_NORM,
        "return F.layer_norm(x, gain.shape, gain.to(x.dtype), None, eps)",
    ),
    bug("norm without its gain", "rmsnorm", F_NORM, F_NORM.replace("gain.to(x.dtype)", "None")),
    bug(
        "gain counted from one",
        "rmsnorm",
        F_NORM,
        F_NORM.replace("gain.to(x.dtype)", "1 + gain.to(x.dtype)"),
    ),
    bug(
        "sum for mean",
        "rmsnorm",
        F_NORM,
        "return x * (x.square().sum(-1, keepdim=True) + eps).rsqrt() * gain",
    ),
    bug(
        "norm cut from the graph",
        "rmsnorm",
        F_NORM,
        "return x * (x.square().mean(-1, keepdim=True) + eps).rsqrt().detach() * gain",
    ),
    bug("sines swapped", "rope", F_TURN, "torch.view_as_real(pairs * turns.conj())"),
    bug(
        "frequencies half as steep",
        "rope",
        F_FREQUENCIES,
        F_FREQUENCIES.replace("0, d_k, 2", "d_k // 2"),
    ),
    bug("theta ignored", "rope", F_FREQUENCIES, F_FREQUENCIES.replace("theta", "10_000.0")),
    bug("positions from one", "rope", "positions.double()", "(positions.double() + 1)"),
    bug(
        "positions ignored",
        "rope",
        "positions.double()[..., None]",
        "torch.arange(x.shape[-2]).double()[..., None]",
    ),
    bug(
        "angles in half precision",
        "rope",
        "torch.polar(torch.ones_like(angles), angles)",
        "torch.polar(torch.ones_like(angles), angles.half().double())",
    ),
    bug("rotation that shrinks", "rope", F_TURN, "torch.view_as_real(0.999 * pairs * turns)"),
    bug("no scale", SDPA, F_ATTEND, own(" / Q.shape[-1] ** 0.5 => ")),
    bug("scale without the root", SDPA, F_ATTEND, own(" ** 0.5 => ")),
    bug("scale by the values' width", SDPA, F_ATTEND, own("/ Q.shape => / V.shape")),
    bug("inverted mask", SDPA, F_ATTEND, own("fill(~mask => fill(mask")),
    bug("mask by zeros", SDPA, F_ATTEND, own("scores.masked_fill(~mask, low) => scores * mask")),
    bug(
        "mask after the softmax",
        SDPA,
        F_ATTEND,
        own(
            "scores.masked_fill(~mask, low)\n    weights = scores.softmax(-1)"
            " => scores\n    weights = scores.softmax(-1) * (1 if mask is None else mask)"
        ),
    ),
    bug("mask not low enough", SDPA, F_ATTEND, own("-torch.inf => -10.0")),
    bug("softmax over the batch", SDPA, F_ATTEND, own("softmax(-1) => softmax(0)")),
    bug("scores cut from the graph", SDPA, F_ATTEND, own("Q @ K.mT => Q.detach() @ K.mT")),
    bug("no mask", MHA, F_HEADS, F_HEADS.replace("True", "False")),
    bug(
        "one token of the future",
        MHA,
        F_HEADS,
        "heads = attend(q, k, v, torch.ones(x.shape[-2], x.shape[-2]).tril(1).bool())",
    ),
    bug(
        "queries for keys",
        MHA,
        "q, k, v = projected",
        "q, _, v = projected",
        F_HEADS,
        "k = q\n    " + F_HEADS,
    ),
    bug("projections in another order", MHA, "q, k, v = projected", "k, v, q = projected"),
    bug(
        "heads split in another order",
        MHA,
        ".unflatten(-1, (3, num_heads, -1))",
        ".unflatten(-1, (3, -1, num_heads)).transpose(-1, -2)",
    ),
    bug(
        "heads merged in another order",
        MHA,
        F_OUT,
        "return F.linear(heads.movedim(-3, -1).flatten(-2), out)",
    ),
    bug("no output projection", MHA, F_OUT, "return heads.transpose(-2, -3).flatten(-2)"),
    bug("queries alone rotated", ROTATED, F_ROTATE, "q = rotate(q, positions, theta)"),
    bug("nothing rotated", ROTATED, F_ROTATE, "pass"),
    bug(
        "keys one position late",
        ROTATED,
        F_ROTATE,
        F_ROTATE.replace("rotate(k, positions", "rotate(k, (positions - 1).clamp(0)"),
    ),
    bug("no attention residual", "transformer_block", F_FIRST, F_FIRST.replace("x + ", "")),
    bug(
        "residual after the norm",
        "transformer_block",
        F_FIRST,
        F_FIRST.replace("x + ", "normed + "),
    ),
    bug("no norm before attention", "transformer_block", F_FIRST, F_FIRST.replace("(normed", "(x")),
    bug("the first norm twice", "transformer_block", F_SECOND, F_SECOND.replace("ln2", "ln1")),
    bug(
        "residual cut from the graph",
        "transformer_block",
        F_SECOND,
        F_SECOND.replace("return x", "return x.detach()"),
    ),
    bug(
        "attention cut from the graph",
        "transformer_block",
        F_FIRST,
        F_FIRST.replace("(normed", "(normed.detach()"),
    ),
    bug("sublayer halved", "transformer_block", F_SECOND, F_SECOND.replace("feed", "0.5 * feed")),
    bug(
        "residual added in place",
        "transformer_block",
        F_FIRST,
        F_FIRST.replace("x = x + ", "x += "),
    ),
    bug("no last norm", "transformer_lm", F_LM, 'return F.linear(x, weights["lm_head.weight"])'),
    bug(
        "sequences that see each other",
        "transformer_lm",
        F_LM,
        "x = x + x.mean(0, keepdim=True)\n    " + F_LM,
    ),
    bug(
        "stream louder before the head",
        "transformer_lm",
        F_LM,
        F_LM.replace("norm(x,", "4 * norm(x,"),
    ),
    bug(
        "head tied to the embedding",
        "transformer_lm",
        F_LM,
        F_LM.replace("lm_head", "token_embeddings"),
    ),
    bug(
        "one layer too few",
        "transformer_lm",
        "for i in range(num_layers):",
        "for i in range(1, num_layers):",
    ),
    bug(
        "loss summed",
        "cross_entropy",
        F_LOSS,
        'return F.cross_entropy(inputs, targets, reduction="sum")',
    ),
    bug("loss in bits", "cross_entropy", F_LOSS, F_LOSS + " / 0.6931"),
    bug(
        "loss of softmax",
        "cross_entropy",
        F_LOSS,
        "return F.cross_entropy(inputs.softmax(-1), targets)",
    ),
    bug(
        "loss of the first target",
        "cross_entropy",
        F_LOSS,
        "return F.cross_entropy(inputs[:1], targets[:1])",
    ),
    bug(
        "loss by a logarithm of a softmax",
        "cross_entropy",
        F_LOSS,
        "return F.nll_loss(inputs.softmax(-1).log(), targets)",
    ),
    bug(
        "betas swapped",
        "adamw",
        F_ADAMW,
        "options['betas'] = options['betas'][::-1]\n        " + F_ADAMW,
    ),
    bug("Adam with L2", "adamw", "class AdamW(torch.optim.AdamW)", "class AdamW(torch.optim.Adam)"),
    bug("amsgrad", "adamw", F_ADAMW, F_ADAMW.replace("foreach", "amsgrad=True, foreach")),
    bug("steps uphill", "adamw", F_ADAMW, F_ADAMW.replace("foreach", "maximize=True, foreach")),
    bug("decay left out", "adamw", F_ADAMW, "options['weight_decay'] = 0.0\n        " + F_ADAMW),
    bug(
        "warm-up from one",
        "get_lr_cosine_schedule",
        "* it / warmup_iters",
        "* (it + 1) / warmup_iters",
    ),
    bug(
        "cosine of a whole turn",
        "get_lr_cosine_schedule",
        "np.pi * progress",
        "2 * np.pi * progress",
    ),
    bug(
        "schedule that rises again",
        "get_lr_cosine_schedule",
        "min(1.0, (it - warmup_iters) / (cosine_cycle_iters - warmup_iters))",
        "(it - warmup_iters) / (cosine_cycle_iters - warmup_iters)",
    ),
    bug(
        "clipping element by element",
        "gradient_clipping",
        F_CLIP,
        "nn.utils.clip_grad_value_(parameters, max_l2_norm)",
    ),
    bug(
        "each parameter clipped by itself",
        "gradient_clipping",
        F_CLIP,
        "for p in parameters:\n        nn.utils.clip_grad_norm_([p], max_l2_norm)",
    ),
    bug(
        "largest element for the norm",
        "gradient_clipping",
        F_CLIP,
        F_CLIP.replace("max_l2_norm)", "max_l2_norm, float('inf'))"),
    ),
    bug(
        "targets not shifted",
        "get_batch",
        "text[:, :-1], text[:, 1:]",
        "text[:, :-1], text[:, :-1]",
    ),
    bug(
        "last start never drawn",
        "get_batch",
        "len(dataset) - context_length,",
        "len(dataset) - context_length - 1,",
    ),
    bug("optimizer not restored", CHECKPOINT, "optimizer.load_state_dict(moments)", "pass"),
    bug(
        "step not saved",
        "save_checkpoint",
        "optimizer.state_dict(), iteration)",
        "optimizer.state_dict(), 0)",
    ),
)
