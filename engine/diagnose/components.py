"""Which part of a transformer each probe is about, and which other parts it goes through.

Parts have the names of the course's adapters without ``run_``; what the course has no adapter for
has the name it has in the game's codebase.
"""

from __future__ import annotations

from collections.abc import Iterable

PARTS: dict[str, tuple[str, ...]] = {
    "silu": (),
    "softmax": (),
    "linear": (),
    "embedding": (),
    "rmsnorm": (),
    "rope": (),
    "swiglu": ("linear", "silu"),
    "scaled_dot_product_attention": ("softmax",),
    "multihead_self_attention": ("linear", "scaled_dot_product_attention"),
    "multihead_self_attention_with_rope": ("rope", "multihead_self_attention"),
    "cross_entropy": (),
    "gradient_clipping": (),
    "adamw": (),
    "get_lr_cosine_schedule": (),
    "get_batch": (),
    "save_checkpoint": (),
    "load_checkpoint": ("save_checkpoint", "adamw"),
    "next_token_distribution": ("softmax",),
    "transformer_block": ("rmsnorm", "swiglu", "multihead_self_attention_with_rope"),
    "transformer_lm": ("embedding", "rmsnorm", "linear", "transformer_block"),
    "generate": ("transformer_lm", "next_token_distribution"),
    "train_step": ("transformer_lm", "cross_entropy", "gradient_clipping", "adamw"),
    "train": ("train_step", "get_batch", "get_lr_cosine_schedule"),
}
"""Each part with those that it is made of, which all stand before it."""

ORDER = tuple(PARTS)
"""From the parts that others are made of to those that are made of them."""

_ABOUT = {
    "shapes": "transformer_lm",
    "layers.linear": "linear",
    "layers.embedding": "embedding",
    "layers": "softmax",
    "norm": "rmsnorm",
    "rope": "rope",
    "rope.per_sequence": "multihead_self_attention_with_rope",
    "rope.model": "transformer_lm",
    "attention": "scaled_dot_product_attention",
    "attention.causality": "multihead_self_attention_with_rope",
    "attention.causality_gradient": "multihead_self_attention_with_rope",
    "heads": "multihead_self_attention",
    "heads.lone_position": "multihead_self_attention_with_rope",
    "heads.shift": "multihead_self_attention_with_rope",
    "heads.order": "multihead_self_attention_with_rope",
    "heads.reference_rope": "multihead_self_attention_with_rope",
    "residual": "transformer_block",
    "residual.model": "transformer_lm",
    "gradients": "transformer_lm",
    "feed_forward": "swiglu",
    "feed_forward.silu": "silu",
    "loss": "cross_entropy",
    "optimizer": "adamw",
    "schedule": "get_lr_cosine_schedule",
    "schedule.followed": "train",
    "clipping": "gradient_clipping",
    "data": "get_batch",
    "checkpoint": "load_checkpoint",
    "decoding": "next_token_distribution",
    "decoding.prefix": "transformer_lm",
    "decoding.generate": "generate",
    "decoding.sampling": "generate",
    "decoding.end_token": "generate",
    "training": "train_step",
    "training.first_nonfinite": "transformer_lm",
    "training.start_loss": "transformer_lm",
}
"""By a probe's name, or by its area for those that have no line of their own."""

_NAMED = {
    "Linear": "linear",
    "Embedding": "embedding",
    "RMSNorm": "rmsnorm",
    "SwiGLU": "swiglu",
    "RotaryPositionalEmbedding": "rope",
    "softmax": "softmax",
    "attention": "scaled_dot_product_attention",
    "multi-head attention": "multihead_self_attention_with_rope",
    "the block": "transformer_block",
    "the loss": "cross_entropy",
}
"""What probes of several parts call them."""

_THROUGH: dict[str, tuple[str, ...]] = {
    # The sublayers are silent, or what they add is worked out with the same parts.
    "residual.identity": (),
    "residual.gradient": (),
    "residual.attention_added": (),
    "residual.feed_forward_added": (),
    "residual.jacobian": (),
    "residual.model": (),
    "residual.stream": ("transformer_block",),
    "attention.column_sums": ("softmax",),
    "shapes.trace": (),
    "shapes.parameters": (),
    "shapes.leading": (),
    "shapes.dtypes": (),
    "shapes.inputs": (),
    "gradients.examples": ("transformer_lm", "cross_entropy"),
    "training.start_loss": ("transformer_lm", "cross_entropy"),
    "checkpoint.round_trip": ("save_checkpoint",),
    "rope.per_sequence": (),
}
"""Probes that a fault in a part of theirs leaves alone, or that go through more than their own."""


def component(probe: str, part: str = "") -> str:
    """What ``probe`` is about; ``part`` is what its evidence blames, where it asked several."""
    if part:
        return _NAMED.get(part, part)
    return _ABOUT.get(probe) or _ABOUT[probe.partition(".")[0]]


def through(probe: str, part: str = "") -> frozenset[str]:
    """The parts whose fault would show in ``probe`` too, its own not among them."""
    own = component(probe, part)
    return made_of(_THROUGH.get(probe, PARTS.get(own, ()))) - {own}


def made_of(parts: Iterable[str]) -> frozenset[str]:
    """``parts`` and all that they are made of."""
    found = set(parts)
    for part in tuple(found):
        found |= made_of(PARTS.get(part, ()))
    return frozenset(found)
