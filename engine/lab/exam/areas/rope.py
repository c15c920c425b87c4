"""Questions about the rotary embedding."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.lab.exam import rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, words
from engine.lab.exam.question import Area

ROPE = Area("rope", "RoPE")


@ROPE.question
def rope_values(code: Code, desk: Desk) -> None:
    """Vectors rotated by their positions 0, 1, 2, …, for several widths and bases."""
    cases = (
        ((), 2, 10000.0, torch.float32),
        ((), 8, 10000.0, torch.float64),
        ((3,), 4, 100.0, torch.float32),
        ((2, 3), 10, 7.5, torch.float64),
        ((2, 3), 6, 500000.0, torch.float32),
    )
    for number, (lead, d_k, theta, dtype) in enumerate(cases):
        x = desk.normal(*lead, 6, d_k, dtype=dtype)
        _put(desk, f"{number}", code, x, torch.arange(6), theta, 16, dtype)


@ROPE.question
def rope_positions(code: Code, desk: Desk) -> None:
    """Vectors at positions in any order, repeated, far along, and different in each sequence."""
    shuffled = desk.shuffled(20)[:5]
    per_sequence = desk.integers(1, 20, 2, 5)
    cases = (
        ("in random order", (2, 3), shuffled),
        ("repeated", (3,), torch.tensor([4, 4, 0, 9, 4])),
        ("from 14 on", (2, 3), torch.arange(14, 19)),
        ("of each sequence, shared by its heads", (2, 3), per_sequence),
        ("of each sequence", (2,), per_sequence),
        ("of each sequence, with an axis for the heads", (2, 3), per_sequence[:, None]),
    )
    for number, (said, lead, positions) in enumerate(cases):
        dtype = torch.float32 if number % 2 else torch.float64
        x = desk.normal(*lead, 5, 6, dtype=dtype)
        _put(desk, f"{number}", code, x, positions, 100.0, 20, dtype, f"positions {said}")
    x = desk.normal(2, 1, 4)
    _put(desk, "one", code, x, torch.tensor([3]), 100.0, 20, torch.float32, "position 3 alone")


@ROPE.question
def rope_ends(code: Code, desk: Desk) -> None:
    """Vectors at the first position and at the last that the embedding was made for."""
    for longest in (1, 2, 9):
        x = desk.normal(2, 4)
        positions = torch.tensor([0, longest - 1])
        given = f"max_seq_len {longest}, positions 0 and {longest - 1}"
        _put(desk, f"{longest}", code, x, positions, 10000.0, longest, torch.float32, given)


@ROPE.question
def rope_far(code: Code, desk: Desk) -> None:
    """Vectors at positions in the thousands."""
    x = desk.normal(2, 4, 8)
    positions = torch.tensor([0, 1000, 1001, 2047])
    given = "positions 0, 1000, 1001 and 2047"
    _put(desk, "far", code, x, positions, 10000.0, 2048, torch.float32, given)


@ROPE.question
def rope_gradients(code: Code, desk: Desk) -> None:
    """The gradient of a rotation."""
    for d_k, theta, dtype in ((4, 100.0, torch.float32), (6, 10000.0, torch.float64)):
        x = desk.normal(2, 5, d_k, dtype=dtype, leaf=True)
        rope = code.RotaryPositionalEmbedding(d_k, theta, 16)
        positions = torch.arange(5) + 7
        desk.gradients(
            f"{d_k}",
            rope(x, token_positions=positions),
            {"x": x},
            shape=(2, 5, d_k),
            given=f"{words(dtype, x=x)}, base {theta:g}, positions 7 to 11",
            dtype=dtype,
            roundings=rounding.rotation(12),
        )


@ROPE.question
def rope_bfloat16(code: Code, desk: Desk) -> None:
    """Vectors in bfloat16 rotated by their positions."""
    x = desk.normal(2, 5, 4, dtype=torch.bfloat16)
    rope = code.RotaryPositionalEmbedding(4, 100.0, 8)
    desk.answer(
        "values",
        rope(x, torch.arange(5)),
        given=words(torch.bfloat16, x=x),
        dtype=torch.bfloat16,
        roundings=6,  # the cosine and sine, two products, their sum
    )


@ROPE.question
def rope_contract(code: Code, desk: Desk) -> None:
    """What is fixed about the embedding besides its values."""
    rope = code.RotaryPositionalEmbedding(4, 100.0, 8)
    desk.holds(
        "nothing learned",
        not list(rope.parameters()),
        given="RotaryPositionalEmbedding(4, 100, 8)",
        wanted="no parameter",
        otherwise="a parameter",
    )
    desk.holds(
        "nothing saved",
        not rope.state_dict(),
        given="RotaryPositionalEmbedding(4, 100, 8)",
        wanted="an empty state dict",
        otherwise="an entry",
    )
    desk.refuses(
        "odd width",
        lambda: code.RotaryPositionalEmbedding(5, 100.0, 8),
        given="RotaryPositionalEmbedding(5, 100, 8), whose width is odd",
    )
    x = desk.normal(3, 4)
    before = x.clone()
    rope(x, torch.arange(3))
    desk.unchanged("input", before, x, given=words(torch.float32, x=x))


def _put(
    desk: Desk,
    case: str,
    code: Code,
    x: Tensor,
    positions: Tensor,
    theta: float,
    longest: int,
    dtype: torch.dtype,
    said: str = "positions 0 to 5",
) -> None:
    rope = code.RotaryPositionalEmbedding(x.shape[-1], theta, longest)
    desk.answer(
        case,
        rope(x, token_positions=positions),
        given=f"{words(dtype, x=x)}, base {theta:g}, {said}",
        dtype=dtype,
        roundings=rounding.rotation(longest),
    )
