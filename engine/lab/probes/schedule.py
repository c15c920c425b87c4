"""The learning-rate schedule: linear warm-up, half a cosine, then the floor."""

from __future__ import annotations

import math

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves, table
from engine.lab.probes.reading import Reading, compare, probe, reading, worst
from engine.lab.subjects import Subject

MAX_LR, MIN_LR, WARMUP, TOTAL = 3e-3, 3e-4, 40, 240
STEPS = 6
"""Of a whole training run."""
TOLERANCE = 16 * torch.finfo(torch.float64).eps * MAX_LR
"""A handful of float64 operations on numbers no larger than the peak."""


@probe("schedule.corners", "Does the learning rate take its known values at the corners?")
def corners(subject: Subject, context: Context) -> Reading:
    """Asks for the values that need no formula: 0 at step 0, half the peak half-way up, the peak
    when warm-up ends, the middle between peak and floor half-way down, the floor at the end and
    ever after. A handful of float64 operations: 16·eps of the peak.
    """
    del context
    middle = (WARMUP + TOTAL) // 2
    known = {
        0: 0.0,
        WARMUP // 2: MAX_LR / 2,
        WARMUP: MAX_LR,
        middle: (MAX_LR + MIN_LR) / 2,
        TOTAL: MIN_LR,
        10 * TOTAL: MIN_LR,
    }
    rates = {s: subject.learning_rate(s, MAX_LR, MIN_LR, WARMUP, TOTAL) for s in known}
    gaps = [
        compare(f"learning rate at step {step}", rates[step], due, TOLERANCE)
        for step, due in known.items()
    ]
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The learning rate takes its known values at the corners.",
        fires=f"With {WARMUP} steps of warm-up and {TOTAL} in all, the {gap.what} is {gap}.",
        figure=table(
            "Corners", ("step", "observed", "due"), [(s, rates[s], due) for s, due in known.items()]
        ),
    )


@probe("schedule.cosine", "Is the way down half a cosine?")
def cosine(subject: Subject, context: Context) -> Reading:
    """Follows every step and compares with the line up, and with floor + (peak - floor)·(1 +
    cos(π·progress))/2 down (Loshchilov & Hutter 2017, eq. 5). A handful of float64 operations:
    16·eps of the peak.
    """
    del context
    steps = range(TOTAL + 20)

    def due(step: int) -> float:
        if step < WARMUP:
            return MAX_LR * step / WARMUP
        progress = min(1.0, (step - WARMUP) / (TOTAL - WARMUP))
        return MIN_LR + (MAX_LR - MIN_LR) * (1 + math.cos(math.pi * progress)) / 2

    observed = [subject.learning_rate(s, MAX_LR, MIN_LR, WARMUP, TOTAL) for s in steps]
    expected = [due(s) for s in steps]
    gap = compare(
        f"learning rate, of ({len(observed)},)",
        torch.tensor(observed, dtype=torch.float64),
        torch.tensor(expected, dtype=torch.float64),
        TOLERANCE,
    )
    return reading(
        gap,
        quiet="The learning rate follows its line up and its cosine down.",
        fires=f"At step {gap.index[0]} of {TOTAL}, {WARMUP} of them warm-up, the learning rate is "
        f"{gap}.",
        figure=curves(
            "Learning rate",
            [float(s) for s in steps],
            {"observed": observed, "by formula": expected},
            "step",
            "learning rate",
        ),
    )


@probe("schedule.no_warmup", "Does it start at the peak when there is no warm-up?")
def no_warmup(subject: Subject, context: Context) -> Reading:
    """Sets the warm-up to zero steps: step 0 has the peak, and nothing is divided by zero. The same
    when warm-up takes up all steps: the last has the floor. 16·eps of the peak is tolerated.
    """
    del context
    gaps = (
        compare(
            "learning rate at step 0 without warm-up",
            subject.learning_rate(0, MAX_LR, MIN_LR, 0, TOTAL),
            MAX_LR,
            TOLERANCE,
        ),
        compare(
            "learning rate after the end without warm-up",
            subject.learning_rate(TOTAL + 1, MAX_LR, MIN_LR, 0, TOTAL),
            MIN_LR,
            TOLERANCE,
        ),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Without warm-up the schedule starts at its peak.",
        fires=f"The {gap.what} is {gap}.",
    )


@probe("schedule.followed", "Does training take its steps at the schedule's learning rates?")
def followed(subject: Subject, context: Context) -> Reading:
    """Trains a model for a few steps and reads the learning rate that the optimizer has at each,
    counted from 1: it is the schedule's of that step, and the last is the floor. The schedule
    itself is taken as it is; a handful of float64 operations: 16·eps of the peak.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    tokens = context.integers(c.vocab_size, 4 * c.context_length).numpy()
    taken: list[float] = []

    def note(optimizer: torch.optim.Optimizer, *_: object) -> None:
        taken.append(float(optimizer.param_groups[0].get("lr", math.nan)))

    hook = register_optimizer_step_pre_hook(note)
    try:
        subject.train(
            model,
            tokens,
            context.generator,
            steps=STEPS,
            batch_size=2,
            context_length=c.context_length,
            max_lr=MAX_LR,
            min_lr=MIN_LR,
            warmup_steps=STEPS // 3,
        )
    finally:
        hook.remove()
    steps = range(1, STEPS + 1)
    due = [subject.learning_rate(s, MAX_LR, MIN_LR, STEPS // 3, STEPS) for s in steps]
    count = compare("steps of the optimizer", float(len(taken)), float(STEPS), 0.0)
    rates = taken if len(taken) == STEPS else due
    gap = compare("learning rate", torch.tensor(rates, dtype=torch.float64), due, TOLERANCE)
    rows = list(zip(steps, rates, due, strict=True))
    return reading(
        count,
        gap,
        quiet="Every step of training has the schedule's learning rate.",
        fires=f"Of {STEPS} steps of training the optimizer took {len(taken)}."
        if count.exceeds
        else f"Step {gap.index[0] + 1} of {STEPS} is taken at a learning rate of {gap}.",
        figure=table("Learning rates", ("step", "observed", "due"), rows),
    )
