"""Questions about the training step and the training loop."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from engine.lab.exam import rounding
from engine.lab.exam.areas.model import tiny_model
from engine.lab.exam.areas.optimizer import PER_STEP
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, name_of
from engine.lab.exam.question import Area
from engine.lab.exam.stubs import Bigram

TRAINING = Area("training", "Training", any_adamw=True)

VOCAB = 6
STEP_ROUNDINGS = rounding.backward(rounding.softmax(VOCAB)) + PER_STEP


@TRAINING.question
def training_step(code: Code, desk: Desk) -> None:
    """One step on one batch: the loss that is given back, and the parameters after it."""
    for dtype in (torch.float32, torch.float64):
        model = bigram(desk, dtype)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        model.table.grad = desk.normal(VOCAB, VOCAB, dtype=dtype)  # left over: must not count
        for step in range(3):
            inputs, targets = (desk.integers(0, VOCAB, 2, 4) for _ in range(2))
            loss = code.train_step(model, optimizer, inputs, targets, 100.0)
            given = f"step {step + 1} in {name_of(dtype)}, batch of (2, 4), SGD, no clipping"
            roundings = (step + 1) * STEP_ROUNDINGS
            desk.number(
                f"{dtype} {step} loss",
                loss,
                given=f"the loss of {given}",
                scale=1.0,
                roundings=roundings,
            )
            desk.answer(
                f"{dtype} {step}", model.table, given=given, dtype=dtype, roundings=roundings
            )
        desk.holds(
            f"{dtype} number",
            isinstance(loss, float),
            given=given,
            wanted="the loss as a Python float",
            otherwise="another type",
        )


@TRAINING.question
def training_clips(code: Code, desk: Desk) -> None:
    """Steps whose gradients are clipped."""
    for max_norm in (0.02, 0.1):
        model = bigram(desk)
        optimizer = torch.optim.SGD(model.parameters(), lr=5.0)
        for step in range(2):
            inputs, targets = (desk.integers(0, VOCAB, 2, 4) for _ in range(2))
            code.train_step(model, optimizer, inputs, targets, max_norm)
            desk.answer(
                f"{max_norm} {step}",
                model.table,
                given=f"step {step + 1}, gradients clipped to {max_norm:g}, SGD",
                dtype=torch.float64,
                roundings=2 * STEP_ROUNDINGS,
            )


@TRAINING.question
def training_loop(code: Code, desk: Desk) -> None:
    """The losses and the trained parameters of whole runs, on a text of one window."""
    runs = (
        {"max_lr": 0.5, "min_lr": 0.05, "warmup_steps": 3, "betas": (0.8, 0.9)},
        {"max_lr": 0.2, "min_lr": 0.1, "warmup_steps": 0, "betas": (0.5, 0.95)},
    )
    for number, chosen in enumerate(runs):
        model = bigram(desk)
        config = code.TrainingConfig(
            steps=8,
            batch_size=3,
            context_length=5,
            eps=0.05,
            weight_decay=0.4,
            max_grad_norm=0.3 + number,
            **chosen,
        )
        seen: list[tuple[int, float]] = []
        tokens = desk.integers(0, VOCAB, 6).numpy().astype(np.uint16)
        losses = code.train(
            model,
            tokens,
            config,
            generator=torch.Generator().manual_seed(1),
            on_step=lambda step, loss, seen=seen: seen.append((step, loss)),
        )
        given = ", ".join(f"{name} {value}" for name, value in chosen.items())
        roundings = LIPSCHITZ * 8 * STEP_ROUNDINGS
        desk.answer(
            f"{number} losses",
            torch.tensor(list(losses), dtype=torch.float64),
            given=f"the losses of 8 steps, {given}",
            dtype=torch.float64,
            roundings=roundings,
            scale=1.0,
        )
        for name, parameter in (("table", model.table), ("idle", model.idle)):
            desk.answer(
                f"{number} {name}",
                parameter,
                given=f"the model after 8 steps, {given}",
                dtype=torch.float64,
                roundings=roundings,
            )
        desk.holds(
            f"{number} reports",
            seen == list(enumerate(losses, start=1)),
            given=f"what on_step is told in 8 steps, {given}",
            wanted="each step, counted from 1, and its loss",
            otherwise="something else",
        )


@TRAINING.question
def training_model(code: Code, desk: Desk) -> None:
    """The losses of a language model over a few steps, on a text of one window."""
    model = tiny_model(code, desk, torch.float64, layers=1)
    config = code.TrainingConfig(
        steps=2, batch_size=2, context_length=6, max_lr=0.02, warmup_steps=1, eps=0.1
    )
    tokens = desk.integers(0, 11, 7).numpy().astype(np.uint16)
    losses = code.train(model, tokens, config, torch.Generator().manual_seed(2))
    desk.answer(
        "losses",
        torch.tensor(list(losses), dtype=torch.float64),
        given="the losses of 2 steps, a text of 7 tokens",
        dtype=torch.float64,
        roundings=2 * rounding.backward(rounding.model(1, 8, 4, 12, 8)),
        scale=1.0,
    )


@TRAINING.question
def training_repeats(code: Code, desk: Desk) -> None:
    """Two runs on a longer text whose generators have the same seed, and one with another."""
    tokens = desk.integers(0, VOCAB, 300).numpy().astype(np.uint16)
    table = desk.normal(VOCAB, VOCAB, dtype=torch.float64)
    config = code.TrainingConfig(steps=2, batch_size=3, context_length=6, max_lr=0.1)

    model = Bigram(table.clone())
    losses = code.train(model, tokens, config)
    given = "2 steps with batches of 3 windows of 6 tokens, without a generator"
    desk.number("count", len(losses), given=f"the number of losses of {given}")
    desk.holds(
        "shapes",
        model.shapes == {(3, 6)},
        given=f"what a model is called with in {given}",
        wanted="token ids of shape (3, 6)",
        otherwise="another shape",
    )

    def run(seed: int, ambient: int) -> list[float]:
        torch.manual_seed(ambient)
        generator = torch.Generator().manual_seed(seed)
        return list(code.train(Bigram(table.clone()), tokens, config, generator))

    first = run(3, 1)
    desk.holds(
        "same seed",
        first == run(3, 2),
        given="two runs of 2 steps with generators of one seed",
        wanted="the same losses",
        otherwise="a difference",
    )
    desk.holds(
        "other seed",
        first != run(4, 1),
        given="two runs of 2 steps with generators of two seeds",
        wanted="a difference",
        otherwise="the same losses",
    )


@TRAINING.question
def training_config(code: Code, desk: Desk) -> None:
    """The settings of a run that are filled in when they are not given."""
    config = code.TrainingConfig(steps=3, batch_size=2, context_length=5)
    for name in (
        "steps",
        "batch_size",
        "context_length",
        "max_lr",
        "min_lr",
        "warmup_steps",
        "eps",
        "weight_decay",
        "max_grad_norm",
    ):
        desk.number(name, getattr(config, name), given=f"{name} of TrainingConfig(3, 2, 5)")
    for number in (0, 1):
        desk.number(f"beta{number + 1}", config.betas[number], given=f"betas[{number}]")

    def assign() -> None:
        config.steps = 9

    desk.refuses(
        "frozen",
        assign,
        given="a setting that is assigned a new value",
        error=dataclasses.FrozenInstanceError,
    )


LIPSCHITZ = 4.0
"""How much a step of AdamW may magnify an error of the gradient: lr / eps, times its curvature."""


def bigram(desk: Desk, dtype: torch.dtype = torch.float64) -> Bigram:
    """A table of logits drawn at the desk."""
    return Bigram(desk.normal(VOCAB, VOCAB, dtype=dtype))
