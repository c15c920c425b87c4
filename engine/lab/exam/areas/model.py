"""Questions about the language model as a whole."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from engine.evidence import Fault
from engine.lab.codebase import CodeFault
from engine.lab.exam import architecture, rounding
from engine.lab.exam.areas.linear import CUT_AT_THREE
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, expect, name_of, parameters
from engine.lab.exam.question import Area

MODEL = Area("model", "Language model")

# The context is longer than a vector: a table of as many positions as the width is too short.
_VOCAB, _CONTEXT, _WIDTH, _LAYERS, _HEADS, _HIDDEN = 11, 9, 8, 2, 2, 12
_SHAPES = architecture.model(_VOCAB, _LAYERS, _WIDTH, _HIDDEN)
_ROUNDINGS = rounding.model(_LAYERS, _WIDTH, _WIDTH // _HEADS, _HIDDEN, _CONTEXT)


@MODEL.question
def model_logits(code: Code, desk: Desk) -> None:
    """The logits of a model with given weights, for sequences of one token to the whole context."""
    lengths = {torch.float32: ((1, 1), (2, _CONTEXT)), torch.float64: ((3, 5),)}
    for dtype, shapes in lengths.items():
        model = tiny_model(code, desk, dtype)
        for batch, seq in shapes:
            ids = desk.integers(0, _VOCAB, batch, seq)
            desk.answer(
                f"{dtype} {seq}",
                model(ids),
                given=f"token ids of shape {(batch, seq)}, {name_of(dtype)}",
                dtype=dtype,
                roundings=_ROUNDINGS,
            )


@MODEL.question
def model_positions(code: Code, desk: Desk) -> None:
    """The logits of a model that is told the tokens' positions."""
    model = tiny_model(code, desk, torch.float64)
    ids = desk.integers(0, _VOCAB, 2, 4)
    for said, positions in (
        ("0 to 3", torch.arange(4)),
        ("0, 2, 3 and 7", torch.tensor([0, 2, 3, 7])),
        ("of each sequence", torch.stack((desk.shuffled(8)[:4], desk.shuffled(8)[:4]))),
    ):
        desk.answer(
            said,
            model(ids, positions),
            given=f"token ids of shape (2, 4), positions {said}",
            dtype=torch.float64,
            roundings=_ROUNDINGS,
        )


@MODEL.question
def model_causality(code: Code, desk: Desk) -> None:
    """What a later token changes in the logits of earlier ones."""
    model = tiny_model(code, desk, torch.float64)
    ids = desk.integers(0, _VOCAB, 2, 6)
    whole = expect(model(ids), (2, 6, _VOCAB))
    other = ids.clone()
    other[:, 3] = (other[:, 3] + 1) % _VOCAB
    desk.answer(
        "before",
        (expect(model(other), (2, 6, _VOCAB)) - whole)[:, :3],
        given="the change before token 3, which is replaced, token ids of shape (2, 6)",
        dtype=torch.float64,
        roundings=_ROUNDINGS,
        scale=1.0,
    )


@MODEL.question
def model_gradients(code: Code, desk: Desk) -> None:
    """The gradients of the logits for every parameter of the model."""
    model = tiny_model(code, desk, torch.float64)
    ids = desk.integers(0, _VOCAB, 2, 5)
    desk.gradients(
        "all",
        model(ids),
        parameters(model, _SHAPES),
        shape=(2, 5, _VOCAB),
        given="token ids of shape (2, 5), float64",
        dtype=torch.float64,
        roundings=rounding.backward(_ROUNDINGS),
    )


@MODEL.question
def model_sizes(code: Code, desk: Desk) -> None:
    """Models of other depths and widths, with another rotary base."""
    for vocab, context, width, layers, heads, hidden, theta in (
        (5, 9, 4, 1, 1, 6, 3.0),
        (9, 6, 12, 3, 6, 5, 1000.0),
    ):
        model = desk.module(
            code.TransformerLM,
            vocab,
            context,
            width,
            layers,
            heads,
            hidden,
            theta,
            shapes=architecture.model(vocab, layers, width, hidden),
            dtype=torch.float64,
        )
        desk.answer(
            f"{layers}",
            model(desk.integers(0, vocab, 2, context)),
            given=f"{layers} layer{'s' * (layers > 1)} of width {width}, num_heads {heads}, "
            f"context {context}",
            dtype=torch.float64,
            roundings=rounding.model(layers, width, width // heads, hidden, context),
        )


@MODEL.question
def model_bfloat16(code: Code, desk: Desk) -> None:
    """The logits of a model in bfloat16."""
    model = tiny_model(code, desk, torch.bfloat16, layers=1)
    desk.answer(
        "logits",
        model(desk.integers(0, _VOCAB, 2, 6)),
        given="token ids of shape (2, 6), one layer, bfloat16",
        dtype=torch.bfloat16,
        # Attention 16, as its own question counts; feed-forward network 8; three norms of 5; two
        # sums and the head: 43, and as many again, for an error in one is magnified by the next.
        roundings=86,
    )


@MODEL.question
def model_state_dict(code: Code, desk: Desk) -> None:
    """Names and shapes of what a checkpoint of the model holds."""
    model = _build(code)
    held = model.state_dict()
    for name, shape in _SHAPES.items():
        if name not in held:
            raise CodeFault(Fault(f"the state dict of the model holds no {name}"))
        expect(held[name], shape)
    for name in held:
        if name not in _SHAPES:
            raise CodeFault(
                Fault(f"the state dict of the model holds {name}, which no checkpoint has")
            )
    desk.holds(
        "parameters",
        {name for name, _ in model.named_parameters()} == set(_SHAPES),
        given="a new model",
        wanted="a parameter of its own for each entry of the state dict",
        otherwise="an entry that is none",
    )


@MODEL.question
def model_placement(code: Code, desk: Desk) -> None:
    """The dtype and the device of a model that is made with both."""
    for said, named in (
        ("float64", {"dtype": torch.float64}),
        ("bfloat16 on meta", {"dtype": torch.bfloat16, "device": "meta"}),
    ):
        model = _build(code, **named)
        device = named.get("device", "cpu")
        for name, parameter in parameters(model, _SHAPES).items():
            if parameter.dtype != named["dtype"] or parameter.device.type != device:
                place = f"{name_of(parameter.dtype)} on {parameter.device}"
                raise CodeFault(Fault(f"{name} of a model made with {said} is {place}"))
        desk.holds(
            said,
            all(buffer.device.type == device for buffer in model.buffers()),
            given=f"a model made with {said}",
            wanted="all buffers on its device",
            otherwise="a buffer elsewhere",
        )


@MODEL.question
def model_initialisation(code: Code, desk: Desk) -> None:
    """The spread of a new model's weights, and its gains."""
    model = code.TransformerLM(60, 4, 48, 1, 2, 80, 100.0)
    for name, shape in architecture.model(60, 1, 48, 80).items():
        weight = parameters(model, {name: ()})[name].detach().double()
        if len(shape) == 1:
            desk.holds(
                name,
                bool((weight == 1).all()),
                given=f"{name} of a new model",
                wanted="ones everywhere",
                otherwise="another gain",
            )
            continue
        sigma = 1.0 if name.startswith("token") else math.sqrt(2 / sum(shape))
        seven = 7 / math.sqrt(2 * weight.numel())
        desk.number(
            name,
            weight.std() / sigma,
            given=f"the standard deviation of {name} of a new model, divided by the documented one",
            expected=CUT_AT_THREE,
            within=seven,
        )


@MODEL.question
def model_attributes(code: Code, desk: Desk) -> None:
    """What the rest of the codebase reads off a model."""
    model: Any = _build(code)
    desk.number(
        "context",
        model.context_length,
        given="context_length of a model made for 9 tokens",
        roundings=0,
    )
    desk.number(
        "layers", len(model.layers), given="len(layers) of a model made with 2", roundings=0
    )


def tiny_model(code: Code, desk: Desk, dtype: torch.dtype, layers: int = _LAYERS) -> nn.Module:
    """A model of 11 tokens, context 9 and width 8, with weights drawn at the desk."""
    return desk.module(
        code.TransformerLM,
        _VOCAB,
        _CONTEXT,
        _WIDTH,
        layers,
        _HEADS,
        _HIDDEN,
        100.0,
        shapes=architecture.model(_VOCAB, layers, _WIDTH, _HIDDEN),
        dtype=dtype,
    )


def _build(code: Code, **named: object) -> nn.Module:
    made: nn.Module = code.TransformerLM(
        _VOCAB, _CONTEXT, _WIDTH, _LAYERS, _HEADS, _HIDDEN, 100.0, **named
    )
    return made
