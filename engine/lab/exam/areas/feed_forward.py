"""Questions about SiLU, SwiGLU and the softmax: functions of one vector."""

from __future__ import annotations

import math

import torch

from engine.lab.exam import architecture, rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, parameters, words
from engine.lab.exam.question import Area

SILU = Area("silu", "SiLU")
SWIGLU = Area("swiglu", "SwiGLU")
SOFTMAX = Area("softmax", "Softmax")


@SILU.question
def silu_values(code: Code, desk: Desk) -> None:
    """SiLU of numbers of ordinary and of large size."""
    for dtype, roundings in ((torch.float32, 16), (torch.float64, 16), (torch.bfloat16, 6)):
        x = desk.normal(3, 8, dtype=dtype, scale=2.0)
        desk.answer(
            f"{dtype}", code.silu(x), given=words(dtype, x=x), dtype=dtype, roundings=roundings
        )
    x = desk.exactly([[-1e4, -60.0, -9.0, 0.0], [1e4, 60.0, 9.0, 1.0]])
    desk.answer(
        "large",
        code.silu(x),
        given="x of shape (2, 4) in float32, numbers from -1e4 to 1e4",
        scale="row",
    )


@SILU.question
def silu_gradients(code: Code, desk: Desk) -> None:
    """The gradient of SiLU."""
    x = desk.normal(4, 6, scale=3.0, leaf=True)
    desk.gradients(
        "x", code.silu(x), {"x": x}, shape=(4, 6), given=words(torch.float32, x=x), roundings=32
    )


_NETWORKS = (
    ((), 6, 10, torch.float32),
    ((3,), 4, 4, torch.float64),
    ((2, 3), 8, 5, torch.float32),
    ((2, 1, 2), 5, 12, torch.float64),
)


@SWIGLU.question
def swiglu_values(code: Code, desk: Desk) -> None:
    """The gated feed-forward network, for any number of leading dimensions."""
    for lead, d_model, d_ff, dtype in _NETWORKS:
        shapes = architecture.swiglu(d_model, d_ff)
        network = desk.module(code.SwiGLU, d_model, d_ff, shapes=shapes, dtype=dtype)
        x = desk.normal(*lead, d_model, dtype=dtype, scale=2.0)
        desk.answer(
            f"{len(lead)}",
            network(x),
            given=f"{words(dtype, x=x)}, d_ff {d_ff}",
            dtype=dtype,
            roundings=rounding.swiglu(d_model, d_ff),
        )


@SWIGLU.question
def swiglu_gradients(code: Code, desk: Desk) -> None:
    """The gradients of the feed-forward network, for its input and its three weights."""
    for lead, d_model, d_ff, dtype in _NETWORKS[1:3]:
        shapes = architecture.swiglu(d_model, d_ff)
        network = desk.module(code.SwiGLU, d_model, d_ff, shapes=shapes, dtype=dtype)
        x = desk.normal(*lead, d_model, dtype=dtype, leaf=True)
        desk.gradients(
            f"{len(lead)}",
            network(x),
            {"x": x, **parameters(network, shapes)},
            shape=(*lead, d_model),
            given=f"{words(dtype, x=x)}, d_ff {d_ff}",
            dtype=dtype,
            roundings=rounding.backward(rounding.swiglu(d_model, d_ff)),
        )


@SOFTMAX.question
def softmax_values(code: Code, desk: Desk) -> None:
    """The softmax along each dimension of tensors of one to four dimensions."""
    cases = (
        ((7,), 0, torch.float32),
        ((3, 4), 0, torch.float64),
        ((3, 4), -1, torch.float32),
        ((2, 3, 5), 1, torch.float32),
        ((2, 3, 5), -3, torch.float64),
        ((2, 2, 3, 4), -2, torch.float32),
        ((2, 2, 3, 4), 3, torch.float64),
    )
    for number, (shape, dimension, dtype) in enumerate(cases):
        x = desk.normal(*shape, dtype=dtype, scale=2.0)
        got = code.softmax(x, dimension) if number % 2 else code.softmax(x, dimension=dimension)
        given = f"{words(dtype, x=x)}, dimension {dimension}"
        desk.answer(
            f"{number}", got, given=given, dtype=dtype, roundings=rounding.softmax(8), scale=1.0
        )


@SOFTMAX.question
def softmax_extremes(code: Code, desk: Desk) -> None:
    """The softmax of huge numbers, of a large constant added to all, and beside minus infinity."""
    for dtype in (torch.float32, torch.float64):
        rows = desk.exactly(
            [
                [1e4, 1e4 - 1, -1e4, 0.0],
                [-3e4, -3e4 - 2, -3e4 - 1, -4e4],
                [500.0, 501.0, 499.0, 500.5],
                [1.0, -math.inf, 0.0, -math.inf],
                [-math.inf, -math.inf, -math.inf, 2.0],
            ],
            dtype,
        )
        before = rows.clone()
        desk.answer(
            f"{dtype}",
            code.softmax(rows, -1),
            given=f"{words(dtype, x=rows)}, entries up to 4e4 and down to minus infinity",
            dtype=dtype,
            roundings=rounding.softmax(4),
            scale=1.0,
        )
        desk.unchanged(f"{dtype} input", before, rows, given=words(dtype, x=rows))


@SOFTMAX.question
def softmax_gradients(code: Code, desk: Desk) -> None:
    """The gradient of the softmax."""
    for dimension, dtype in ((-1, torch.float32), (0, torch.float64)):
        x = desk.normal(4, 5, dtype=dtype, leaf=True)
        desk.gradients(
            f"{dimension}",
            code.softmax(x, dimension),
            {"x": x},
            shape=(4, 5),
            given=f"{words(dtype, x=x)}, dimension {dimension}",
            dtype=dtype,
            roundings=rounding.backward(rounding.softmax(5)),
        )


@SOFTMAX.question
def softmax_bfloat16(code: Code, desk: Desk) -> None:
    """The softmax in bfloat16."""
    x = desk.normal(3, 6, dtype=torch.bfloat16)
    desk.answer(
        "values",
        code.softmax(x, -1),
        given=words(torch.bfloat16, x=x),
        dtype=torch.bfloat16,
        # The difference from the maximum, up to 5, is rounded and then exponentiated; four more.
        roundings=10,
    )
