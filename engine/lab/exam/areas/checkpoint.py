"""Questions about checkpoints."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from unittest import mock

import torch
from torch import nn

from engine.lab.exam.areas.model import tiny_model
from engine.lab.exam.areas.training import LIPSCHITZ, STEP_ROUNDINGS, VOCAB, bigram
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk
from engine.lab.exam.question import Area
from engine.lab.exam.stubs import Bigram

CHECKPOINT = Area("checkpoint", "Checkpoint", any_adamw=True)


@CHECKPOINT.question
def checkpoint_resume(code: Code, desk: Desk) -> None:
    """Training that is saved, taken up by a new model and optimizer, and continued."""
    path = desk.scratch / "checkpoint.pt"
    for said, place in (("a path", path), ("a file object", io.BytesIO())):
        model, other = bigram(desk), bigram(desk)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.8)
        _steps(model, optimizer, desk, 3)
        saved = model.table.detach().clone()
        code.save_checkpoint(model, optimizer, 17, place)
        _steps(model, optimizer, desk, 1)  # goes on after saving: must not change what was saved
        if isinstance(place, io.BytesIO):
            place.seek(0)
        taken_up = torch.optim.SGD(other.parameters(), lr=9.0)
        step = code.load_checkpoint(place, other, taken_up)
        desk.number(f"{said} step", step, given=f"step 17, saved and loaded by {said}", roundings=0)
        desk.holds(
            f"{said} model",
            torch.equal(other.table, saved),
            given=f"a model after 3 steps, saved and loaded by {said}",
            wanted="the parameters as they were saved",
            otherwise="other parameters",
        )
        _steps(other, taken_up, desk, 3)
        desk.answer(
            f"{said} continued",
            other.table,
            given=f"a model after 3 steps, saved and loaded by {said}, and 3 steps more",
            dtype=torch.float64,
            roundings=6 * STEP_ROUNDINGS,
        )


@CHECKPOINT.question
def checkpoint_adamw(code: Code, desk: Desk) -> None:
    """Training with AdamW that is saved, taken up and continued."""
    place = io.BytesIO()
    model, other = bigram(desk), bigram(desk)
    optimizer = code.AdamW(model.parameters(), lr=0.1, betas=(0.8, 0.9), eps=0.01, weight_decay=0.3)
    _steps(model, optimizer, desk, 3)
    code.save_checkpoint(model, optimizer, 3, place)
    place.seek(0)
    taken_up = code.AdamW(other.parameters(), lr=9.0)
    code.load_checkpoint(place, other, taken_up)
    _steps(other, taken_up, desk, 3)
    desk.answer(
        "continued",
        other.table,
        given="a model after 3 steps, saved and loaded, and 3 steps more",
        dtype=torch.float64,
        roundings=LIPSCHITZ * 6 * STEP_ROUNDINGS,
    )


@CHECKPOINT.question
def checkpoint_language_model(code: Code, desk: Desk) -> None:
    """A language model saved and loaded into another one: every parameter of it."""
    place = io.BytesIO()
    model, other = (tiny_model(code, desk, torch.float32, layers=1) for _ in range(2))
    optimizers = [torch.optim.SGD(m.parameters(), lr=0.1) for m in (model, other)]
    code.save_checkpoint(model, optimizers[0], 5, place)
    place.seek(0)
    desk.number(
        "step", code.load_checkpoint(place, other, optimizers[1]), given="step 5, saved and loaded"
    )
    pairs = zip(model.parameters(), other.parameters(), strict=True)
    desk.holds(
        "parameters",
        all(torch.equal(p, q) for p, q in pairs),
        given="a model of 11 tokens and one layer, loaded into another one",
        wanted="the same parameters in both",
        otherwise="a difference",
    )


@CHECKPOINT.question
def checkpoint_from_elsewhere(code: Code, desk: Desk) -> None:
    """A checkpoint that was saved on a device which is not here."""
    place = io.BytesIO()
    model, other = bigram(desk), bigram(desk)
    optimizers = [torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.5) for m in (model, other)]
    _steps(model, optimizers[0], desk, 1)
    with mock.patch("torch.serialization.location_tag", return_value="cuda:99"):
        code.save_checkpoint(model, optimizers[0], 4, place)
    place.seek(0)
    given = "a checkpoint saved on the hundredth GPU, loaded into a model on the CPU"
    desk.number(
        "step", code.load_checkpoint(place, other, optimizers[1]), given=f"the step of {given}"
    )
    desk.holds(
        "model",
        torch.equal(other.table, model.table),
        given=given,
        wanted="the same parameters in both",
        otherwise="a difference",
    )


@CHECKPOINT.question
def checkpoint_holds_data_only(code: Code, desk: Desk) -> None:
    """A file that holds more than a checkpoint needs: a call, to be made by whoever loads it."""
    place = io.BytesIO()
    model = bigram(desk)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    save, load = code.save_checkpoint, code.load_checkpoint
    _CALLED.clear()
    with suppress(Exception):  # whoever refuses such a file, saving or loading, is right
        save(model, optimizer, _Call(), place)
        place.seek(0)
        load(place, model, optimizer)
    desk.holds(
        "call",
        not _CALLED,
        given="a checkpoint with a call in the place of its step",
        wanted="a file that is loaded or refused without it",
        otherwise="the call",
    )


_CALLED: list[str] = []


def _call() -> int:
    _CALLED.append("called")
    return 3


class _Call:
    """What pickles to a call of ``_call``."""

    def __reduce__(self) -> tuple[Callable[[], int], tuple[()]]:
        return _call, ()


def _steps(model: Bigram, optimizer: torch.optim.Optimizer, desk: Desk, count: int) -> None:
    for _ in range(count):
        optimizer.zero_grad()
        inputs, targets = desk.integers(0, VOCAB, 8), desk.integers(0, VOCAB, 8)
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
