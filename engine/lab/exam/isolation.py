"""Questions whose answers depend on one property of the code, whatever else is broken.

Most questions notice any fault on the way to their answer. These are made so that the others cancel
out: scores are compared where no scale can change them, attention is asked of one token, and so on.
A level with many bugs tells by them which are mended.
"""

from __future__ import annotations

from collections.abc import Mapping

ISOLATING: Mapping[str, tuple[str, ...]] = {
    "attention scale": ("attention.temperature",),
    "softmax dimension": ("attention.row_sums", "attention.one_wide"),
    "values without positions": ("multihead.single_token", "multihead.shifted_positions"),
    "norm epsilon": ("rms_norm.zero_rows", "rms_norm.small_rows", "rms_norm.epsilon"),
    "rotation": (
        "rope.values",
        "rope.positions",
        "rope.ends",
        "rope.far",
        "rope.gradients",
        "rope.bfloat16",
    ),
    "feed-forward residual": ("block.feed_forward", "block.single_token"),
    "loss": (
        "loss.values",
        "loss.uniform",
        "loss.large_logits",
        "loss.gradients",
        "loss.bfloat16",
    ),
    "weight decay": (
        "optimizer.zero_gradient",
        "optimizer.first_step",
        "optimizer.trajectory",
        "optimizer.defaults",
        "optimizer.without_gradient",
        "optimizer.groups",
        "optimizer.changed_rate",
        "optimizer.descent",
        "optimizer.resume",
        "optimizer.closure",
    ),
}
"""Property -> the questions that it alone decides: each fails when, and only when, it is broken."""

GUARDS: Mapping[str, tuple[str, ...]] = {
    "attention scale": (),
    "softmax dimension": (),
    "values without positions": ("multihead.distances",),
    "norm epsilon": ("rms_norm.bfloat16", "rms_norm.initialisation"),
    "rotation": ("rope.contract",),
    "feed-forward residual": (),
    "loss": ("loss.contract",),
    "weight decay": ("optimizer.settings",),
}
"""Property -> further questions that nothing else decides, for mends that break what they mend."""
