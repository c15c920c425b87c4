"""Names and shapes of the parameters of each module, as a checkpoint has them."""

from __future__ import annotations

from collections.abc import Mapping

Shapes = Mapping[str, tuple[int, ...]]


def linear(d_in: int, d_out: int) -> Shapes:
    """A linear map."""
    return {"weight": (d_out, d_in)}


def rms_norm(d_model: int) -> Shapes:
    """A norm's gain."""
    return {"weight": (d_model,)}


def swiglu(d_model: int, d_ff: int) -> Shapes:
    """A feed-forward network with a gate."""
    return {
        "w1.weight": (d_ff, d_model),
        "w2.weight": (d_model, d_ff),
        "w3.weight": (d_ff, d_model),
    }


def multihead(d_model: int) -> Shapes:
    """Projections of all heads, stacked."""
    names = ("q_proj", "k_proj", "v_proj", "output_proj")
    return {f"{name}.weight": (d_model, d_model) for name in names}


def block(d_model: int, d_ff: int) -> Shapes:
    """A transformer block."""
    return {
        **_under("ln1", rms_norm(d_model)),
        **_under("attn", multihead(d_model)),
        **_under("ln2", rms_norm(d_model)),
        **_under("ffn", swiglu(d_model, d_ff)),
    }


def model(vocab: int, layers: int, d_model: int, d_ff: int) -> Shapes:
    """A language model."""
    shapes = dict(_under("token_embeddings", {"weight": (vocab, d_model)}))
    for layer in range(layers):
        shapes |= _under(f"layers.{layer}", block(d_model, d_ff))
    return {
        **shapes,
        **_under("ln_final", rms_norm(d_model)),
        **_under("lm_head", linear(d_model, vocab)),
    }


def _under(prefix: str, shapes: Shapes) -> Shapes:
    return {f"{prefix}.{name}": shape for name, shape in shapes.items()}
