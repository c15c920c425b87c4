"""Questions about the causal multi-head self-attention layer."""

from __future__ import annotations

import torch

from engine.lab.exam import architecture, rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, expect, parameters, words
from engine.lab.exam.question import Area

MULTIHEAD = Area("multihead", "Multi-head attention")

_LAYERS = (
    # leading dimensions, positions, d_model, heads, dtype
    ((), 4, 8, 2, torch.float32),
    ((2,), 5, 12, 3, torch.float64),
    ((3,), 3, 6, 1, torch.float32),
    ((2, 2), 4, 8, 4, torch.float64),
)


@MULTIHEAD.question
def multihead_values(code: Code, desk: Desk) -> None:
    """Multi-head attention without positions, for several ranks, widths and numbers of heads."""
    for number, (lead, seq, d_model, heads, dtype) in enumerate(_LAYERS):
        layer = _layer(code, desk, d_model, heads, dtype)
        x = desk.normal(*lead, seq, d_model, dtype=dtype, scale=1.5)
        desk.answer(
            f"{number}",
            layer(x),
            given=f"{words(dtype, x=x)}, num_heads {heads}",
            dtype=dtype,
            roundings=rounding.multihead(d_model, d_model // heads, seq),
        )


@MULTIHEAD.question
def multihead_positions(code: Code, desk: Desk) -> None:
    """Multi-head attention with token positions, counted from 0 and otherwise."""
    for number, (lead, seq, d_model, heads, dtype) in enumerate(_LAYERS):
        layer = _layer(code, desk, d_model, heads, dtype, theta=50.0 * 10**number)
        x = desk.normal(*lead, seq, d_model, dtype=dtype, scale=1.5)
        another = (
            ("up to the last", torch.arange(_LONGEST - seq, _LONGEST)),
            ("of each sequence", desk.integers(0, _LONGEST, *lead, seq)),
            ("in random order", desk.shuffled(_LONGEST)[:seq]),
            ("of each sequence", desk.integers(0, _LONGEST, *lead, seq)),
        )
        for said, positions in (("from 0", torch.arange(seq)), another[number]):
            desk.answer(
                f"{number} {said}",
                layer(x, positions),
                given=f"{words(dtype, x=x)}, num_heads {heads}, positions {said}",
                dtype=dtype,
                roundings=rounding.multihead(d_model, d_model // heads, seq, _LONGEST),
            )


@MULTIHEAD.question
def multihead_causality(code: Code, desk: Desk) -> None:
    """What later tokens change in the output of earlier ones."""
    layer = _layer(code, desk, 8, 2, torch.float64)
    x = desk.normal(2, 6, 8, dtype=torch.float64)
    whole = expect(layer(x, torch.arange(6)), (2, 6, 8))
    for changed in (1, 3, 5):
        other = x.clone()
        other[:, changed:] = 3 * desk.normal(2, 6 - changed, 8, dtype=torch.float64)
        moved = expect(layer(other, torch.arange(6)), (2, 6, 8)) - whole
        desk.answer(
            f"{changed}",
            moved[:, :changed],
            given=f"the change before token {changed} when it and all after it are replaced, "
            f"{words(torch.float64, x=x)}",
            dtype=torch.float64,
            roundings=rounding.multihead(8, 4, 6, 6),
            scale=1.0,
        )


@MULTIHEAD.question
def multihead_single_token(code: Code, desk: Desk) -> None:
    """Attention over one token, which can only attend to itself, at several positions."""
    # The one weight is 1 however scores are scaled, summed or rotated.
    for heads, place, positions in (
        (1, 1, torch.tensor([1])),
        (2, 4, torch.tensor([[4], [4]])),
        (4, 7, torch.tensor([7])),
    ):
        layer = _layer(code, desk, 8, heads, torch.float64)
        x = desk.normal(2, 1, 8, dtype=torch.float64, leaf=True)
        given = f"{words(torch.float64, x=x)}, num_heads {heads}, position {place}"
        got = layer(x, positions)
        roundings = 2 * rounding.dot(8) + rounding.rotation(place)
        desk.answer(f"{heads}", got, given=given, dtype=torch.float64, roundings=roundings)
        desk.gradients(
            f"{heads} gradient",
            got,
            {"x": x},
            shape=(2, 1, 8),
            given=given,
            dtype=torch.float64,
            roundings=rounding.backward(roundings),
        )


@MULTIHEAD.question
def multihead_shifted_positions(code: Code, desk: Desk) -> None:
    """What changes when all positions are shifted alike."""
    for heads in (1, 2):
        layer = _layer(code, desk, 8, heads, torch.float64)
        x = desk.normal(2, 5, 8, dtype=torch.float64)
        start = expect(layer(x, torch.arange(5)), (2, 5, 8))
        for shift in (1, 6):
            desk.answer(
                f"{heads} {shift}",
                expect(layer(x, torch.arange(5) + shift), (2, 5, 8)) - start,
                given=f"the change when positions 0 to 4 become {shift} to {shift + 4}, "
                f"{words(torch.float64, x=x)}, num_heads {heads}",
                dtype=torch.float64,
                # Where scores are large, the softmax magnifies what rounding changes in them.
                roundings=8 * rounding.multihead(8, 8 // heads, 5, 11),
                scale=1.0,
            )


@MULTIHEAD.question
def multihead_distances(code: Code, desk: Desk) -> None:
    """Whether attention notices how far tokens are apart."""
    for heads in (1, 2, 4):
        layer = _layer(code, desk, 8, heads, torch.float64)
        # Keys alike but for their places: small scores, so that no weight is lost to rounding.
        x = desk.normal(1, 4, 8, dtype=torch.float64, scale=0.5)
        near = expect(layer(x, torch.tensor([0, 1, 2, 3])), (1, 4, 8))
        far = expect(layer(x, torch.tensor([0, 2, 5, 9])), (1, 4, 8))
        desk.holds(
            f"{heads}",
            (near - far)[0, 1:].abs().max() > 1e-6,
            given=f"{words(torch.float64, x=x)}, num_heads {heads}, at positions 0, 1, 2, "
            "3 and at 0, 2, 5, 9",
            wanted="a difference between the outputs",
            otherwise="the same output",
        )


@MULTIHEAD.question
def multihead_gradients(code: Code, desk: Desk) -> None:
    """The gradients of multi-head attention, for its input and its four weights."""
    for number, (lead, seq, d_model, heads, dtype) in enumerate(_LAYERS[:3]):
        layer = _layer(code, desk, d_model, heads, dtype)
        x = desk.normal(*lead, seq, d_model, dtype=dtype, leaf=True)
        positions = None if number == 1 else torch.arange(seq) + 2
        said = "no positions" if positions is None else "positions from 2"
        desk.gradients(
            f"{number}",
            layer(x, positions),
            {"x": x, **parameters(layer, architecture.multihead(d_model))},
            shape=(*lead, seq, d_model),
            given=f"{words(dtype, x=x)}, num_heads {heads}, {said}",
            dtype=dtype,
            roundings=rounding.backward(
                rounding.multihead(d_model, d_model // heads, seq, seq + 2)
            ),
        )


@MULTIHEAD.question
def multihead_contract(code: Code, desk: Desk) -> None:
    """What is fixed about the layer besides its values."""
    desk.refuses(
        "heads",
        lambda: code.CausalMultiHeadAttention(8, 3, 4, 100.0),
        given="3 heads that cannot share a d_model of 8",
    )
    desk.refuses(
        "odd width",
        lambda: code.CausalMultiHeadAttention(6, 2, 4, 100.0),
        given="2 heads of width 3, which has no pairs",
    )
    layer = _layer(code, desk, 8, 2, torch.float32)
    x = desk.normal(2, 3, 8)
    before = x.clone()
    layer(x, torch.arange(3))
    desk.unchanged("input", before, x, given=words(torch.float32, x=x))


_LONGEST = 12


def _layer(
    code: Code, desk: Desk, d_model: int, heads: int, dtype: torch.dtype, theta: float = 100.0
) -> torch.nn.Module:
    return desk.module(
        code.CausalMultiHeadAttention,
        d_model,
        heads,
        _LONGEST,
        theta,
        shapes=architecture.multihead(d_model),
        dtype=dtype,
    )
