"""Checkpoints: what is saved comes back, and training goes on as if nothing had happened."""

from __future__ import annotations

import io

import torch
from torch import nn

from engine.lab.probes.context import Context
from engine.lab.probes.figures import table
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.subject import Subject


def _fresh(
    subject: Subject, context: Context, seed: int
) -> tuple[nn.Module, torch.optim.Optimizer]:
    model = subject.language_model(context.config, context.seed + seed, context.dtype)
    return model, subject.adamw(model.parameters(), lr=0.01, eps=0.01, weight_decay=0.1)


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
    for inputs, targets in batches[:2]:
        subject.train_step(model, optimizer, inputs, targets, 1.0)
    file = io.BytesIO()
    subject.save(model, optimizer, 2, file)
    file.seek(0)
    resumed, resumed_optimizer = _fresh(subject, context, 1)
    subject.load(file, resumed, resumed_optimizer)
    for inputs, targets in batches[2:]:
        subject.train_step(model, optimizer, inputs, targets, 1.0)
        subject.train_step(resumed, resumed_optimizer, inputs, targets, 1.0)
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
