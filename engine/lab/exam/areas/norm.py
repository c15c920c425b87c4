"""Questions about RMSNorm."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.lab.exam import architecture, rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, parameters, words
from engine.lab.exam.question import Area

RMS_NORM = Area("rms_norm", "RMSNorm")


@RMS_NORM.question
def rms_norm_values(code: Code, desk: Desk) -> None:
    """The norm of ordinary vectors, for any number of leading dimensions."""
    cases = (
        ((), 8, torch.float32),
        ((3,), 5, torch.float64),
        ((2, 3), 16, torch.float32),
        ((2, 1, 3), 1, torch.float64),
    )
    for lead, d_model, dtype in cases:
        norm = _norm(code, desk, d_model, dtype)
        x = desk.normal(*lead, d_model, dtype=dtype, scale=2.0)
        _put(desk, f"{len(lead)}", norm, x, dtype, words(dtype, x=x))


@RMS_NORM.question
def rms_norm_zero_rows(code: Code, desk: Desk) -> None:
    """The norm of vectors that are all zeros, between others, and the gradients there."""
    for eps in (None, 1e-3):
        for dtype in (torch.float32, torch.float64):
            norm = _norm(code, desk, 8, dtype, eps)
            ordinary = torch.tensor([[[1.0], [0.0], [1.0]], [[0.0], [0.0], [1.0]]])
            x = desk.normal(2, 3, 8, dtype=dtype, scale=ordinary, leaf=True)
            given = f"{words(dtype, x=x)}, three of the six rows zero, {_said(eps)}"
            _put(desk, f"{eps} {dtype}", norm, x, dtype, given)
            _gradients(desk, f"{eps} {dtype} gradient", norm, x, dtype, given)


@RMS_NORM.question
def rms_norm_small_rows(code: Code, desk: Desk) -> None:
    """The norm of vectors from very small to ordinary, and the gradients there."""
    for dtype in (torch.float32, torch.float64):
        norm = _norm(code, desk, 8, dtype)
        sizes = torch.logspace(-6, -1, 6, dtype=torch.float64)[:, None]
        x = desk.normal(6, 8, dtype=dtype, scale=sizes, leaf=True)
        given = f"{words(dtype, x=x)}, from 1e-6 in the first row to 0.1 in the last"
        _put(desk, f"{dtype}", norm, x, dtype, given)
        _gradients(desk, f"{dtype} gradient", norm, x, dtype, given)


@RMS_NORM.question
def rms_norm_epsilon(code: Code, desk: Desk) -> None:
    """The norm made with other values of eps than the default, and the gradients there."""
    for eps, d_model, dtype in (
        (1e-2, 6, torch.float32),
        (0.5, 12, torch.float64),
        (3.0, 4, torch.float32),
    ):
        norm = _norm(code, desk, d_model, dtype, eps)
        x = desk.normal(2, 3, d_model, dtype=dtype, leaf=True)
        given = f"{words(dtype, x=x)}, {_said(eps)}"
        _put(desk, f"{eps}", norm, x, dtype, given)
        _gradients(desk, f"{eps} gradient", norm, x, dtype, given)


@RMS_NORM.question
def rms_norm_range(code: Code, desk: Desk) -> None:
    """The norm of vectors from tiny to huge."""
    for dtype in (torch.float32, torch.float64):
        norm = _norm(code, desk, 8, dtype)
        # Squares up to 1e28: within float32's range, summed.
        sizes = torch.logspace(-14, 14, 8, dtype=torch.float64)[:, None]
        x = desk.normal(8, 8, dtype=dtype, scale=sizes)
        given = f"{words(dtype, x=x)}, from 1e-14 in the first row to 1e14 in the last"
        _put(desk, f"{dtype}", norm, x, dtype, given)


@RMS_NORM.question
def rms_norm_gradients(code: Code, desk: Desk) -> None:
    """The gradients of the norm, for its input and its gain."""
    for lead, d_model, dtype in (((4,), 6, torch.float32), ((2, 3), 9, torch.float64)):
        norm = _norm(code, desk, d_model, dtype)
        x = desk.normal(*lead, d_model, dtype=dtype, leaf=True)
        _gradients(desk, f"{d_model}", norm, x, dtype, words(dtype, x=x))


@RMS_NORM.question
def rms_norm_bfloat16(code: Code, desk: Desk) -> None:
    """The norm in bfloat16."""
    norm = _norm(code, desk, 16, torch.bfloat16)
    x = desk.normal(2, 3, 16, dtype=torch.bfloat16)
    desk.answer(
        "values",
        norm(x),
        given=words(torch.bfloat16, x=x),
        dtype=torch.bfloat16,
        roundings=8,  # square, mean, sum, root, two products, and the gain's
        scale="row",
    )


@RMS_NORM.question
def rms_norm_initialisation(code: Code, desk: Desk) -> None:
    """A new norm's gain."""
    norm = code.RMSNorm(7)
    desk.answer(
        "gain", norm.weight, given="the gain of RMSNorm(7)", roundings=0, expected=torch.ones(7)
    )
    desk.holds(
        "dtype",
        code.RMSNorm(7, dtype=torch.float64).weight.dtype == torch.float64,
        given="RMSNorm(7) made with dtype float64",
        wanted="a float64 gain",
        otherwise="another dtype",
    )
    names = [name for name, _ in norm.named_parameters()]
    desk.holds(
        "parameters",
        names == ["weight"],
        given="RMSNorm(7)",
        wanted="one parameter, weight",
        otherwise="others",
    )


def _norm(
    code: Code, desk: Desk, d_model: int, dtype: torch.dtype, eps: float | None = None
) -> torch.nn.Module:
    more = {} if eps is None else {"eps": eps}
    return desk.module(
        code.RMSNorm, d_model, shapes=architecture.rms_norm(d_model), dtype=dtype, **more
    )


def _said(eps: float | None) -> str:
    return "the default eps" if eps is None else f"eps {eps:g}"


def _put(
    desk: Desk, case: str, norm: torch.nn.Module, x: Tensor, dtype: torch.dtype, given: str
) -> None:
    # Row by row: nothing cancels, so that small rows are as exact as large ones.
    roundings = rounding.norm(x.shape[-1])
    desk.answer(case, norm(x), given=given, dtype=dtype, roundings=roundings, scale="row")


def _gradients(
    desk: Desk, case: str, norm: torch.nn.Module, x: Tensor, dtype: torch.dtype, given: str
) -> None:
    d_model = x.shape[-1]
    desk.gradients(
        case,
        norm(x),
        {"x": x, **parameters(norm, architecture.rms_norm(d_model))},
        shape=tuple(x.shape),
        given=given,
        dtype=dtype,
        roundings=rounding.backward(rounding.norm(d_model)) + rounding.dot(x.shape[:-1].numel()),
        scale="row",
    )
