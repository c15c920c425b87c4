"""Questions about the transformer block."""

from __future__ import annotations

import torch
from torch import nn

from engine.lab.exam import architecture, rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, parameters, words
from engine.lab.exam.question import Area

BLOCK = Area("block", "Transformer block")

_LONGEST = 10


@BLOCK.question
def block_values(code: Code, desk: Desk) -> None:
    """A whole block, with positions and without."""
    per_sequence = desk.integers(0, _LONGEST, 3, 5)
    for said, positions, lead, seq, d_model, heads, d_ff, dtype in (
        ("no positions", None, (2,), 4, 8, 2, 12, torch.float32),
        ("positions from 0", torch.arange(3), (), 3, 8, 4, 8, torch.float32),
        ("positions of each sequence", per_sequence, (3,), 5, 6, 1, 9, torch.float64),
    ):
        block = _block(code, desk, d_model, heads, d_ff, dtype)
        x = desk.normal(*lead, seq, d_model, dtype=dtype, scale=1.5)
        desk.answer(
            said,
            block(x, positions),
            given=f"{words(dtype, x=x)}, num_heads {heads}, {said}",
            dtype=dtype,
            roundings=rounding.block(d_model, d_model // heads, d_ff, seq, _LONGEST),
        )


@BLOCK.question
def block_feed_forward(code: Code, desk: Desk) -> None:
    """A block whose attention contributes nothing: its output weights are zero."""
    _half(code, desk, "attn.output_proj.weight")


@BLOCK.question
def block_attention(code: Code, desk: Desk) -> None:
    """A block whose feed-forward network contributes nothing: its output weights are zero."""
    _half(code, desk, "ffn.w2.weight")


@BLOCK.question
def block_single_token(code: Code, desk: Desk) -> None:
    """A block over one token, which can only attend to itself; values and gradients."""
    # One weight of 1 and no positions: whatever attention does with scores does not show. Numbers
    # about 20: no epsilon shows either.
    shapes = architecture.block(8, 12)
    block = _block(code, desk, 8, 2, 12, torch.float64)
    x = desk.normal(3, 1, 8, dtype=torch.float64, scale=20.0, leaf=True)
    given = f"{words(torch.float64, x=x)}, no positions, numbers about 20"
    output = block(x)
    roundings = rounding.block(8, 4, 12, 1)
    desk.answer("values", output, given=given, dtype=torch.float64, roundings=roundings)
    # With one key there is nothing to choose from: no gradient for q_proj, k_proj.
    idle = ("attn.q_proj.weight", "attn.k_proj.weight")
    weights = {n: p for n, p in parameters(block, shapes).items() if n not in idle}
    desk.gradients(
        "gradient",
        output,
        {"x": x, **weights},
        shape=(3, 1, 8),
        given=given,
        dtype=torch.float64,
        roundings=rounding.backward(roundings),
    )


@BLOCK.question
def block_gradients(code: Code, desk: Desk) -> None:
    """The gradients of a block, for its input and all its weights."""
    for d_model, heads, d_ff, dtype in ((8, 2, 12, torch.float32), (6, 3, 7, torch.float64)):
        shapes = architecture.block(d_model, d_ff)
        block = _block(code, desk, d_model, heads, d_ff, dtype)
        x = desk.normal(2, 4, d_model, dtype=dtype, leaf=True)
        desk.gradients(
            f"{d_model}",
            block(x, torch.arange(4)),
            {"x": x, **parameters(block, shapes)},
            shape=(2, 4, d_model),
            given=f"{words(dtype, x=x)}, num_heads {heads}, positions from 0",
            dtype=dtype,
            roundings=rounding.backward(rounding.block(d_model, d_model // heads, d_ff, 4, 4)),
        )


def _half(code: Code, desk: Desk, silent: str) -> None:
    block = _block(code, desk, 8, 2, 12, torch.float64)
    with torch.no_grad():
        parameters(block, {silent: ()})[silent].zero_()
    x = desk.normal(2, 4, 8, dtype=torch.float64, scale=20.0, leaf=True)
    given = f"{words(torch.float64, x=x)}, numbers about 20, {silent} zero, positions from 0"
    output = block(x, torch.arange(4))
    roundings = rounding.block(8, 4, 12, 4, 4)
    desk.answer("values", output, given=given, dtype=torch.float64, roundings=roundings)
    desk.gradients(
        "gradient",
        output,
        {"x": x},
        shape=(2, 4, 8),
        given=given,
        dtype=torch.float64,
        roundings=rounding.backward(roundings),
    )


def _block(
    code: Code, desk: Desk, d_model: int, heads: int, d_ff: int, dtype: torch.dtype
) -> nn.Module:
    return desk.module(
        code.TransformerBlock,
        d_model,
        heads,
        d_ff,
        _LONGEST,
        100.0,
        shapes=architecture.block(d_model, d_ff),
        dtype=dtype,
    )
