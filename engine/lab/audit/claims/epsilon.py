"""Bug 4, RMSNorm without its epsilon: what the key says of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from engine.lab.audit.claim import ROUNDING, Pair, Reading, Sign, Within, claim
from engine.lab.audit.watching import first_nonfinite
from engine.lab.audit.workbench import STANDARD, Bench, Plan

WIDTH = 64


def _blank_text(bench: Bench, seed: int) -> torch.Tensor:
    """Token ids (1, 32) with one token, at position 10, that no text holds."""
    inputs, _ = bench.batch(seed, size=1, length=32)
    inputs[0, 10] = len(bench.text.characters)
    return inputs


def _model_with_blank(bench: Bench, number: int, seed: int, plan: Plan) -> torch.nn.Module:
    """A fresh model with one token more than the text has; its embedding is all zeros."""
    model = bench.model(number, seed, plan, unread=1)
    with torch.no_grad():
        model.token_embeddings.weight[-1] = 0
    built: torch.nn.Module = model
    return built


class _Course(NamedTuple):
    """A training run, with padding in the text or without."""

    plan: Plan
    padded: bool = False


def _spoilt(bench: Bench, number: int, seed: int, course: _Course) -> float:
    """The share of training steps whose loss is not finite."""
    if not course.padded:
        losses = bench.trained(number, seed, course.plan).losses
    else:
        model = _model_with_blank(bench, number, seed, course.plan)
        tokens = bench.text.training.copy()
        tokens[::20] = len(bench.text.characters)
        losses = bench.train(number, model, seed, course.plan, tokens)
    return sum(not math.isfinite(loss) for loss in losses) / len(losses)


@claim(
    4,
    "note 1",
    "NaN values appearing during training",
    asks="the share of training steps whose loss is not finite",
    seen="there are such steps, and none with correct code",
    settings={
        "the text is ordinary": _Course(STANDARD),
        "padding in the text is embedded as zeros": _Course(Plan(steps=3), padded=True),
    },
    trains=True,
)
def nan_in_training(bench: Bench, seed: int, course: _Course) -> Reading:
    """Nothing in an ordinary batch is exactly zero."""
    clean, buggy = (_spoilt(bench, number, seed, course) for number in (0, 4))
    pair = Pair("share of steps", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0 and clean == 0), (pair,))


@claim(
    4,
    "note 2",
    "Check for inf/nan after normalization layers",
    asks="whether the first module of an untrained model to hand on something not finite is a "
    "norm, when one token of 32 is embedded as zeros",
    seen="it is, and with correct code there is no such module",
    when="the model has",
    settings={f"{n} layer{'s' * (n > 1)}": Plan(layers=n) for n in (1, 8)},
)
def born_in_a_norm(bench: Bench, seed: int, plan: Plan) -> Reading:
    """Where a NaN is born."""

    def first(number: int) -> str:
        model = _model_with_blank(bench, number, seed, plan)
        return first_nonfinite(model, _blank_text(bench, seed))

    clean, buggy = first(0), first(4)
    pair = Pair("is a norm", float(clean == "RMSNorm"), float(buggy == "RMSNorm"), ROUNDING)
    return Reading(Sign.of(not clean and buggy == "RMSNorm"), (pair,))


def _lost_rows(bench: Bench, number: int, seed: int, scale: float) -> float:
    """The share of 16 normed rows that are not finite, for inputs of that size."""
    draws = torch.Generator().manual_seed(seed)
    rows = torch.randn(16, WIDTH, generator=draws) * scale
    normed = bench.subject(number).rms_norm(rows, torch.ones(WIDTH), 1e-5)
    return 1 - float(torch.isfinite(normed).all(-1).double().mean())


def _lost_logits(bench: Bench, number: int, seed: int, scale: float) -> float:
    """The share of logits that are not finite when all embeddings start out that much smaller."""
    model = bench.model(number, seed)
    inputs, _ = bench.batch(seed)
    with torch.no_grad():
        model.token_embeddings.weight *= scale
        return 1 - float(torch.isfinite(model(inputs)).double().mean())


LOSING = {"inputs": _lost_rows, "weight initializations": _lost_logits}


@claim(
    4,
    "note 3, severity",
    "NaN/Inf is more likely to occur with certain weight initializations or inputs",
    asks="the share of a norm's outputs, or of an untrained model's logits, that are not finite, "
    "as its inputs, or its embeddings, are made smaller",
    seen="it is larger for scale 0 than for scale 1, and 0 for correct code",
    when="one varies the",
    settings={name: name for name in LOSING},
)
def certain_inputs(bench: Bench, seed: int, varied: str) -> Reading:
    """Which inputs bring it out."""
    lose = LOSING[varied]
    pairs = []
    for scale in (1.0, 1e-20, 1e-25, 0.0):
        clean, buggy = (lose(bench, number, seed, scale) for number in (0, 4))
        pairs.append(Pair(f"share at scale {scale:g}", clean, buggy, ROUNDING))
    fine = all(pair.clean == 0 for pair in pairs)
    return Reading(Sign.of(fine and pairs[-1].buggy > pairs[0].buggy), tuple(pairs))


def _limit(bench: Bench, number: int, seed: int, dtype: torch.dtype) -> float:
    """The exponent of the largest power of ten at which a normed row is lost; -inf for none."""
    draws = torch.Generator().manual_seed(seed)
    row = torch.randn(1, WIDTH, generator=draws, dtype=torch.float64)
    subject = bench.subject(number)
    for exponent in range(0, -200, -1):
        small = (row * 10.0**exponent).to(dtype)
        if not torch.isfinite(subject.rms_norm(small, torch.ones(WIDTH, dtype=dtype), 1e-5)).all():
            return float(exponent)
    return -math.inf


@claim(
    4,
    "explanation",
    "If x is all zeros or very small, rsqrt(0) is infinite",
    asks="the exponent of the largest power of ten at which a row of that size, normed, is no "
    "longer finite (-inf: there is none)",
    seen="there is one, and none with correct code",
    when="the dtype is",
    settings={
        str(dtype).removeprefix("torch."): dtype
        for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.float16)
    },
)
def very_small(bench: Bench, seed: int, dtype: torch.dtype) -> Reading:
    """How small is very small: where the squares underflow."""
    clean, buggy = (_limit(bench, number, seed, dtype) for number in (0, 4))
    pair = Pair("exponent", clean, buggy, Within(absolute=1))
    return Reading(Sign.of(math.isfinite(buggy) and clean == -math.inf), (pair,))


def _lost_positions(bench: Bench, number: int, seed: int, plan: Plan) -> float:
    """The share of 32 positions whose logits are not finite when one token is blank."""
    model = _model_with_blank(bench, number, seed, plan)
    with torch.no_grad():
        finite = torch.isfinite(model(_blank_text(bench, seed))).all(-1)
    return 1 - float(finite.double().mean())


@claim(
    4,
    "explanation",
    "NaN values propagate through the network",
    asks="the share of 32 positions whose logits are not finite when the token at position 10 is "
    "embedded as zeros",
    seen="it is more than half, and 0 with correct code",
    when="the model has",
    settings={f"{n} layer{'s' * (n > 1)}": Plan(layers=n) for n in (1, 2, 8)},
)
def spreads(bench: Bench, seed: int, plan: Plan) -> Reading:
    """Even positions that cannot see the blank token are lost."""
    clean, buggy = (_lost_positions(bench, number, seed, plan) for number in (0, 4))
    pair = Pair("share of positions", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0.5 and clean == 0), (pair,))


CLAIMS = (nan_in_training, born_in_a_norm, certain_inputs, very_small, spreads)
