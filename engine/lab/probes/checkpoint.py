"""Checkpoints: what is saved comes back, and training goes on as if nothing had happened."""

from __future__ import annotations

import io
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.lab.probes.context import Context
from engine.lab.probes.figures import table
from engine.lab.probes.reading import Reading, Skip, compare, probe, reading, rounding, wide, worst
from engine.lab.subjects import Subject


def _fresh(
    subject: Subject, context: Context, seed: int
) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A model of torch's own, with weights that depend on ``seed``: what is saved is in question,
    not what it is good for."""
    c = context.config
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(context.seed + seed)
        model = nn.Sequential(
            nn.Embedding(c.vocab_size, c.d_model), nn.Linear(c.d_model, c.vocab_size)
        ).to(context.dtype)
    options: dict[str, Any] = {"lr": 0.01, "eps": 0.01, "weight_decay": 0.1}
    try:
        return model, subject.adamw(model.parameters(), **options)
    except Skip:
        return model, torch.optim.AdamW(model.parameters(), **options)


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, text: Tensor) -> None:
    """One update on a batch of inputs and targets (2, batch, seq)."""
    optimizer.zero_grad()
    F.cross_entropy(model(text[0]).flatten(0, 1), text[1].flatten()).backward()
    optimizer.step()


def _blame(subject: Subject, model: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> str:
    """Who lost the step: the saver, if what it writes does not depend on it."""
    files = [io.BytesIO(), io.BytesIO()]
    for by, file in enumerate(files):
        subject.save(model, optimizer, step + by, file)
    return "save_checkpoint" if files[0].getvalue() == files[1].getvalue() else "load_checkpoint"


@probe("checkpoint.round_trip", "Do weights and step come back as they were saved?")
def round_trip(subject: Subject, context: Context) -> Reading:
    """Saves one model and loads it into another, of other weights. Numbers are written out and read
    back: nothing is tolerated.
    """
    model, optimizer = _fresh(subject, context, 0)
    other, other_optimizer = _fresh(subject, context, 1)
    file = io.BytesIO()
    subject.save(model, optimizer, 123, file)
    file.seek(0)
    step = subject.load(file, other, other_optimizer)
    loaded = dict(other.named_parameters())
    away = {
        name: float((wide(p) - wide(loaded[name])).abs().max())
        for name, p in model.named_parameters()
    }
    gaps = (
        compare("weight minus weight saved", torch.tensor(list(away.values())), 0.0, 0.0),
        compare("step", step, 123.0, 0.0),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Weights and step come back as they were saved.",
        fires=f"{list(away)[gap.index[0]]} comes back changed by {gap.observed:.4g}."
        if gap.index
        else f"Saved at step {gap.expected:g}, it comes back at step {gap.observed:g}.",
        part="" if gap.index else _blame(subject, model, optimizer, 123),
        figure=table("Change on the way", ("parameter", "largest change"), list(away.items())),
    )


@probe("checkpoint.resume", "Is training resumed the same as training uninterrupted?")
def resume(subject: Subject, context: Context) -> Reading:
    """Trains two steps, saves, and trains two more; then loads into a fresh model and optimizer and
    trains the same two. The optimizer's moments and step count are part of where one was. An eps of
    0.01 keeps Adam from blowing up rounding (by lr / eps = 1 a step): 16·eps(dtype) of a weight is
    tolerated.
    """
    c = context.config
    batches = [
        context.integers(c.vocab_size, 2, context.size.batch, c.context_length) for _ in range(4)
    ]
    model, optimizer = _fresh(subject, context, 0)
    for text in batches[:2]:
        _step(model, optimizer, text)
    file = io.BytesIO()
    subject.save(model, optimizer, 2, file)
    file.seek(0)
    resumed, resumed_optimizer = _fresh(subject, context, 1)
    subject.load(file, resumed, resumed_optimizer)
    for text in batches[2:]:
        _step(model, optimizer, text)
        _step(resumed, resumed_optimizer, text)
    gaps = []
    for (name, p), q in zip(model.named_parameters(), resumed.parameters(), strict=True):
        tolerance = 16 * rounding(context.dtype) * (1 + wide(p).abs())
        gaps.append(compare(f"{name}, two steps after resuming", q, p, tolerance))
    gap = worst(*gaps)
    return reading(
        gap,
        quiet="Training resumed walks where training uninterrupted does.",
        fires=f"{gap.what.capitalize()}, is {gap}.",
    )
