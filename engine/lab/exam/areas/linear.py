"""Questions about the linear map and the embedding table."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.lab.exam import architecture, rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, name_of, parameters, words
from engine.lab.exam.question import Area

LINEAR = Area("linear", "Linear")
EMBEDDING = Area("embedding", "Embedding")

_MAPS = (
    ((), 5, 7, torch.float32),
    ((3,), 8, 3, torch.float64),
    ((2, 3), 6, 4, torch.float32),
    ((2, 1, 3), 4, 6, torch.bfloat16),
)
_LOOKUPS = (
    ((), torch.float32),
    ((4,), torch.float64),
    ((2, 5), torch.float32),
    ((2, 1, 3), torch.bfloat16),
)

# The standard deviation of a standard normal cut at three: sqrt(1 - 6 phi(3) / (2 Phi(3) - 1)).
CUT_AT_THREE = math.sqrt(
    1 - 6 * math.exp(-4.5) / math.sqrt(2 * math.pi) / math.erf(3 / math.sqrt(2))
)


@LINEAR.question
def linear_values(code: Code, desk: Desk) -> None:
    """A linear map of vectors, for any number of leading dimensions."""
    for lead, d_in, d_out, dtype in _MAPS:
        shapes = architecture.linear(d_in, d_out)
        layer = desk.module(code.Linear, d_in, d_out, shapes=shapes, dtype=dtype)
        x = desk.normal(*lead, d_in, dtype=dtype)
        desk.answer(
            f"{len(lead)}",
            layer(x),
            given=words(dtype, x=x, weight=parameters(layer, shapes)["weight"]),
            dtype=dtype,
            roundings=rounding.dot(d_in) if dtype is not torch.bfloat16 else 8,
        )


@LINEAR.question
def linear_gradients(code: Code, desk: Desk) -> None:
    """The gradients of a linear map, for its input and its weight."""
    for lead, d_in, d_out, dtype in _MAPS[:3]:
        shapes = architecture.linear(d_in, d_out)
        layer = desk.module(code.Linear, d_in, d_out, shapes=shapes, dtype=dtype)
        x = desk.normal(*lead, d_in, dtype=dtype, leaf=True)
        desk.gradients(
            f"{len(lead)}",
            layer(x),
            {"x": x, **parameters(layer, shapes)},
            shape=(*lead, d_out),
            given=words(dtype, x=x, weight=parameters(layer, shapes)["weight"]),
            dtype=dtype,
            roundings=rounding.dot(max(d_out, math.prod(lead))),
        )


@LINEAR.question
def linear_initialisation(code: Code, desk: Desk) -> None:
    """A new linear map's weight: its spread, its largest entries, its dtype."""
    for d_in, d_out in ((96, 128), (400, 24)):
        layer = code.Linear(d_in, d_out, dtype=torch.float64)
        given = f"Linear({d_in}, {d_out})"
        _initial(desk, given, layer.weight, math.sqrt(2 / (d_in + d_out)))
        desk.holds(
            f"{given} shape",
            tuple(layer.weight.shape) == (d_out, d_in),
            given=f"the weight of {given}",
            wanted=f"the shape {(d_out, d_in)}",
            otherwise="another shape",
        )
    _only_a_weight(desk, code.Linear(3, 2))


@EMBEDDING.question
def embedding_values(code: Code, desk: Desk) -> None:
    """The vectors of token ids of any shape, repeated ids among them."""
    for lead, dtype in _LOOKUPS:
        table = desk.module(code.Embedding, 6, 5, shapes={"weight": (6, 5)}, dtype=dtype)
        ids = desk.integers(0, 6, *lead)
        desk.answer(
            f"{len(lead)}",
            table(ids),
            given=f"token ids of shape {lead}, a table of 6 vectors of 5, {name_of(dtype)}",
            dtype=dtype,
            roundings=0,
        )


@EMBEDDING.question
def embedding_gradients(code: Code, desk: Desk) -> None:
    """The gradient of an embedding table: ids that come up twice add up, others get nothing."""
    table = desk.module(code.Embedding, 6, 5, shapes={"weight": (6, 5)})
    ids = torch.tensor([[0, 3, 3], [5, 3, 1]])
    desk.gradients(
        "table",
        table(ids),
        parameters(table, {"weight": (6, 5)}),
        shape=(2, 3, 5),
        given="token ids [[0, 3, 3], [5, 3, 1]]",
        roundings=rounding.dot(3),
    )


@EMBEDDING.question
def embedding_initialisation(code: Code, desk: Desk) -> None:
    """A new embedding table: its spread, its largest entries, its dtype."""
    table = code.Embedding(128, 96, dtype=torch.float64)
    _initial(desk, "Embedding(128, 96)", table.weight, 1.0)
    desk.holds(
        "shape",
        tuple(table.weight.shape) == (128, 96),
        given="the weight of Embedding(128, 96)",
        wanted="the shape (128, 96)",
        otherwise="another shape",
    )
    _only_a_weight(desk, code.Embedding(3, 2))


def _initial(desk: Desk, given: str, weight: Tensor, sigma: float) -> None:
    """Mean and spread of ``weight`` within seven standard errors: one draw in 10^11 lies outside.

    The sample's mean has the standard error sigma / sqrt(n), its standard deviation at most
    sigma / sqrt(2 n), as the cut leaves the tails lighter than a normal's. The spread cannot tell
    a normal cut at three from one that is not; the largest entry can. Of 9,600 entries and more
    some lie beyond 2.5 deviations on either side, but for one draw in 10^20.
    """
    drawn = weight.detach().double() / sigma
    seven = 7 / math.sqrt(drawn.numel())
    desk.number(
        f"{given} mean",
        drawn.mean(),
        given=f"the mean of the weight of {given}, in standard deviations as documented",
        expected=0.0,
        within=seven,
    )
    desk.number(
        f"{given} spread",
        drawn.std(),
        given=f"the standard deviation of the weight of {given}, divided by the documented one",
        expected=CUT_AT_THREE,
        within=seven / math.sqrt(2),
    )
    desk.holds(
        f"{given} cut",
        drawn.abs().max() <= 3 * (1 + 1e-6),
        given=f"the weight of {given}",
        wanted="no entry beyond three standard deviations",
        otherwise="one that lies beyond",
    )
    desk.holds(
        f"{given} tails",
        drawn.max() > 2.5 and drawn.min() < -2.5,
        given=f"the weight of {given}",
        wanted="some entry beyond 2.5 standard deviations on either side",
        otherwise="a side without any",
    )
    desk.holds(
        f"{given} dtype",
        weight.dtype == torch.float64 and weight.requires_grad,
        given=f"{given} made with dtype float64",
        wanted="a float64 weight that is trained",
        otherwise="another kind of weight",
    )


def _only_a_weight(desk: Desk, layer: torch.nn.Module) -> None:
    kind = type(layer).__name__
    names = [name for name, _ in layer.named_parameters()]
    desk.holds(
        "parameters",
        names == ["weight"],
        given=f"a new {kind}",
        wanted="one parameter, weight",
        otherwise="others",
    )
    desk.holds(
        "default dtype",
        all(p.dtype == torch.float32 for p in layer.parameters()),
        given=f"a new {kind} for which no dtype is asked",
        wanted="a float32 weight",
        otherwise="another dtype",
    )
