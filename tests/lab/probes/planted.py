"""Further bugs, none of them the answer key's, one at a time, with the probe that must catch it."""

from __future__ import annotations

from typing import NamedTuple

from engine.level import Edit
from tests.lab.probes import edits as e
from tests.lab.probes.edits import attention, core, model


class Planted(NamedTuple):
    name: str
    probe: str
    edits: tuple[Edit, ...]


def bug(name: str, probe: str, *edits: Edit) -> Planted:
    return Planted(name, probe, edits)


LAYERS = (
    bug(
        "softmax without its maximum",
        "layers.softmax_huge",
        core("shifted = x - x.amax(dim=dimension, keepdim=True)", "shifted = x"),
    ),
    bug(
        "softmax normalised along another dimension",
        "layers.softmax",
        core("exponentials.sum(dim=dimension", "exponentials.sum(dim=-1"),
    ),
    bug(
        "linear with its weight read the wrong way",
        "layers.linear",
        core(
            'einsum(x, self.weight, "... d_in, d_out d_in -> ... d_out")',
            "x @ self.weight.reshape(self.weight.T.shape)",
        ),
    ),
    bug(
        "embedding scaled",
        "layers.embedding",
        core("return self.weight[token_ids]", "return self.weight[token_ids] * 8"),
    ),
    bug(
        "relu for silu",
        "feed_forward.silu",
        core("x * torch.sigmoid(x)", "x.relu()"),
    ),
    bug(
        "gelu for silu",
        "feed_forward.silu",
        core("x * torch.sigmoid(x)", "torch.nn.functional.gelu(x)"),
    ),
    bug(
        "silu by a plain exponential",
        "feed_forward.silu",
        core("x * torch.sigmoid(x)", "x * x.exp() / (1 + x.exp())"),
    ),
    bug(
        "gate and values swapped",
        "feed_forward.gate",
        core("gate = silu(self.w1(x))", "gate = silu(self.w3(x))"),
        core("values = self.w3(x)", "values = self.w1(x)"),
    ),
    bug(
        "no gate",
        "feed_forward.formula",
        core("gate = silu(self.w1(x))", "gate = torch.ones_like(self.w1(x))"),
    ),
    bug(
        "gate without silu",
        "feed_forward.gate",
        core("gate = silu(self.w1(x))", "gate = self.w1(x)"),
    ),
)

NORM = (
    bug(
        "eps outside the root",
        "norm.eps",
        core(
            e.NORM,
            "rms = x.pow(2).mean(-1, keepdim=True).sqrt()\n"
            "        return x / (rms + self.eps) * self.weight\n",
        ),
    ),
    bug("eps squared", "norm.eps", core('"mean") + self.eps)', '"mean") + self.eps**2)')),
    bug("eps fixed in the code", "norm.eps", core('"mean") + self.eps)', '"mean") + 1e-5)')),
    bug(
        "mean taken away",
        "norm.constant_row",
        core(e.NORM, "x = x - x.mean(-1, keepdim=True)\n        " + e.NORM),
    ),
    bug(
        "norm without its gain",
        "norm.gain",
        core("return x * rms_inv * self.weight", "return x * rms_inv"),
    ),
    bug(
        "gain counted from one",
        "norm.scale_sweep",
        core("x * rms_inv * self.weight", "x * rms_inv * (1 + self.weight)"),
    ),
    bug(
        "sum of squares for their mean",
        "norm.constant_row",
        core('"... d_model -> ... 1", "mean"', '"... d_model -> ... 1", "sum"'),
    ),
    bug(
        "norm over the whole sequence",
        "norm.rows",
        core('"... d_model -> ... 1", "mean"', '"... seq d_model -> ... 1 1", "mean"'),
    ),
    bug(
        "norm cut from the graph",
        "norm.gradient",
        core("x * rms_inv * self.weight", "x * rms_inv.detach() * self.weight"),
    ),
)

ROPE = (
    bug(
        "sines swapped",
        "rope.orientation",
        core("x1 * cos - x2 * sin", "x1 * cos + x2 * sin"),
        core("x1 * sin + x2 * cos", "x2 * cos - x1 * sin"),
    ),
    bug(
        "halves instead of neighbours",
        "rope.pairing",
        core("x[..., 0::2]", "x.chunk(2, dim=-1)[0]"),
        core("x[..., 1::2]", "x.chunk(2, dim=-1)[1]"),
        core(e.STACK, "torch.cat((row1, row2), dim=-1)"),
        core(e.ZIP, "rotated"),
    ),
    bug(
        "rows glued instead of interleaved",
        "rope.position_zero",
        core(e.STACK, "torch.cat((row1, row2), dim=-1)"),
        core(e.ZIP, "rotated"),
    ),
    bug(
        "frequencies half as steep",
        "rope.frequencies",
        core(e.FREQUENCIES, "frequencies = theta ** (-i / d_k)"),
    ),
    bug(
        "theta ignored",
        "rope.frequencies",
        core(e.FREQUENCIES, "frequencies = 10_000.0 ** (-2 * i / d_k)"),
    ),
    bug(
        "positions from one",
        "rope.position_zero",
        core(e.TABLE, e.TABLE + " + 1"),
    ),
    bug(
        "positions ignored",
        "rope.positions",
        core("cos = self.cos[token_positions]", "cos = self.cos[torch.arange(x.shape[-2])]"),
        core("sin = self.sin[token_positions]", "sin = self.sin[torch.arange(x.shape[-2])]"),
    ),
    bug(
        "angles in half precision",
        "rope.long",
        core("torch.cos(angles)", "torch.cos(angles.half().double())"),
    ),
    bug(
        "rotation that also shrinks",
        "rope.norms",
        core("x1 * cos - x2 * sin", "0.999 * (x1 * cos - x2 * sin)"),
    ),
    bug(
        "cosine for sine",
        "rope.relative",
        core("x1 * cos - x2 * sin", "x1 * cos - x2 * cos"),
    ),
)

ATTENTION = (
    bug(
        "no scale",
        "attention.score_scale",
        attention(e.SCALED, "scaled_qk_dot_product = qk_dot_product\n"),
    ),
    bug(
        "scale without the root",
        "attention.score_spread",
        attention(e.SCALED, "scaled_qk_dot_product = qk_dot_product / d_k\n"),
    ),
    bug(
        "scale by the width of the values",
        "attention.reference",
        attention(e.SCALED, "scaled_qk_dot_product = qk_dot_product / V.shape[-1] ** 0.5\n"),
    ),
    bug(
        "inverted mask",
        "attention.masked",
        attention(e.MASKED, e.MASKED.replace("~mask", "mask")),
    ),
    bug(
        "mask by zeros",
        "attention.masked",
        attention(e.MASKED, "scaled_qk_dot_product = scaled_qk_dot_product * mask\n"),
    ),
    bug(
        "mask after the softmax",
        "attention.row_sums",
        attention("        " + e.MASKED, "        pass\n"),
        attention(
            e.WEIGHTS,
            e.WEIGHTS + "    if mask is not None:\n"
            "        attention_weights = attention_weights * mask\n",
        ),
    ),
    bug(
        "mask not low enough",
        "attention.masked",
        attention(e.MASKED, e.MASKED.replace('float("-inf")', "-10.0")),
    ),
    bug(
        "softmax over the batch",
        "attention.row_sums",
        attention(e.WEIGHTS, e.WEIGHTS.replace("=-1", "=0")),
    ),
    bug(
        "scores cut from the graph",
        "attention.gradient",
        attention(e.SCALED, e.SCALED.replace("qk_dot_product /", "qk_dot_product.detach() /")),
    ),
    bug(
        "no mask",
        "attention.causality_gradient",
        attention(
            CAUSAL_CALL := "(Q, K, V, causal_mask)", CAUSAL_CALL.replace(", causal_mask", "")
        ),
    ),
    bug(
        "one token of the future seen",
        "attention.causality",
        attention(e.CAUSAL, "device=x.device).tril(1)"),
    ),
    bug(
        "oneself not seen",
        "heads.single_token",
        attention(e.CAUSAL, "device=x.device).tril(-1)"),
    ),
    bug(
        "keys projected for queries",
        "heads.independent",
        attention("self.split_heads(self.q_proj(x))", "self.split_heads(self.k_proj(x))"),
    ),
    bug(
        "keys handed out for values",
        "heads.single_token",
        attention("self.split_heads(self.v_proj(x))", "self.split_heads(self.k_proj(x))"),
    ),
    bug(
        "heads split in another order",
        "heads.independent",
        attention(e.SPLIT, e.SPLIT.replace("(heads d_head)", "(d_head heads)")),
    ),
    bug(
        "heads split and merged in another order",
        "heads.reference",
        attention(e.SPLIT, e.SPLIT.replace("(heads d_head)", "(d_head heads)")),
        attention(e.MERGE, e.MERGE.replace("(heads d_head)", "(d_head heads)")),
    ),
    bug(
        "heads split by a view that mixes tokens",
        "attention.causality",
        attention(e.SPLIT, "x.reshape(*x.shape[:-2], self.num_heads, x.shape[-2], -1)"),
    ),
    bug(
        "heads merged in another order",
        "heads.single_token",
        attention(e.MERGE, e.MERGE.replace("(heads d_head)", "(d_head heads)")),
    ),
    bug(
        "no output projection",
        "heads.single_token",
        attention("self.output_proj(self.merge_heads(heads))", "self.merge_heads(heads)"),
    ),
    bug("queries alone rotated", "heads.shift", attention(e.ROTATE_K, "")),
    bug("nothing rotated", "heads.order", attention(e.ROTATE_Q + e.ROTATE_K, "            pass\n")),
    bug(
        "keys rotated by the position before",
        "heads.reference_rope",
        attention(
            e.ROTATE_K, e.ROTATE_K.replace("token_positions)", "(token_positions - 1).clamp(0))")
        ),
    ),
)

MODEL = (
    bug(
        "no attention residual",
        "residual.identity",
        model("token_positions=token_positions) + x_orig", "token_positions=token_positions)"),
    ),
    bug(
        "residual taken after the norm",
        "residual.identity",
        model(
            e.SECOND_SUBLAYER,
            "        x = self.ln2(x)\n        x = self.ffn(x) + x\n",
        ),
    ),
    bug(
        "residual from before attention",
        "residual.attention_added",
        model(e.SECOND_SUBLAYER, e.SECOND_SUBLAYER.partition("\n")[2]),
    ),
    bug(
        "post-norm",
        "residual.pre_norm",
        model(
            e.FIRST_SUBLAYER,
            "        x = self.ln1(x + self.attn(x, token_positions=token_positions))\n",
        ),
    ),
    bug("no norm before attention", "residual.attention_added", model("x = self.ln1(x)", "pass")),
    bug(
        "the first norm used twice",
        "residual.feed_forward_added",
        model("x = self.ln2(x)", "x = self.ln1(x)"),
    ),
    bug(
        "residual cut from the graph",
        "residual.gradient",
        model("self.ffn(x) + x_orig", "self.ffn(x) + x_orig.detach()"),
    ),
    bug(
        "attention cut from the graph",
        "gradients.finite_differences",
        model("x = self.ln1(x)", "x = self.ln1(x.detach())"),
    ),
    bug(
        "sublayer halved",
        "residual.feed_forward_added",
        model("self.ffn(x) + x_orig", "0.5 * self.ffn(x) + x_orig"),
    ),
    bug(
        "residual added in place",
        "shapes.inputs",
        model(
            "        x_orig = x.clone()\n        x = self.ln1(x)\n",
            "        x_orig = x.mul_(2)\n        x = self.ln1(x)\n",
        ),
    ),
    bug(
        "blocks cut from the graph",
        "gradients.reach",
        model(e.BLOCK, e.BLOCK.replace("(x,", "(x.detach(),")),
    ),
    bug("layers in a plain list", "shapes.parameters", model("nn.ModuleList(", "list(")),
    bug("no last norm", "gradients.reach", model("x = self.ln_final(x)", "pass")),
    bug(
        "no positions in the model",
        "rope.model",
        model(e.BLOCK, e.BLOCK.replace("=token_positions", "=None")),
    ),
    bug(
        "positions counted backwards",
        "rope.model",
        model(
            "torch.arange(token_ids.shape[-1], device=token_ids.device)",
            "torch.arange(token_ids.shape[-1], device=token_ids.device).flip(0)",
        ),
    ),
    bug(
        "sequences that see each other",
        "shapes.batch",
        model("x = self.ln_final(x)", "x = self.ln_final(x + x.mean(0, keepdim=True))"),
    ),
    bug(
        "stream louder before the head",
        "training.start_loss",
        model("x = self.ln_final(x)", "x = 4 * self.ln_final(x)"),
    ),
)

PLANTED_IN_MODEL = LAYERS + NORM + ROPE + ATTENTION + MODEL
