"""Batches: windows of the text, and the same windows one token later."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves, table
from engine.lab.probes.reading import Reading, compare, probe, reading, worst
from engine.lab.subjects import Subject


def _counting(n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """A text whose token at place i is i: a token tells where it was taken from."""
    return np.arange(n, dtype=np.int64)


@probe("data.shifted", "Is each target the token after its input?")
def shifted(subject: Subject, context: Context) -> Reading:
    """Draws batches from a text that counts 0, 1, 2, …: each target must be its input plus 1, and
    each next input too, or the window has a hole. Token ids are copied: nothing is tolerated.
    """
    c = context.config
    text = _counting(20 * c.context_length)
    inputs, targets = subject.batch(text, 8, c.context_length, context.generator)
    gaps = (
        compare("target minus input", (targets - inputs).double(), 1.0, 0.0, "token"),
        compare("next input minus input", inputs.diff(dim=1).double(), 1.0, 0.0, "token"),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Each target is the token after its input.",
        fires=f"In a text that counts up, the {gap.what} is {gap.observed:g}, where 1 is due.",
        figure=table(
            "First example of the batch",
            ("place", "input", "target"),
            [(i, int(inputs[0, i]), int(targets[0, i])) for i in range(min(8, c.context_length))],
        ),
    )


@probe("data.tokens", "Are the tokens of a batch those of the text?")
def tokens(subject: Subject, context: Context) -> Reading:
    """Draws from a random text of 16-bit ids, up to 65 535, as a token file holds them: every
    example must occur in the text, and come out as 64-bit ids for an embedding to take. Nothing is
    tolerated.
    """
    n, length = 400, context.config.context_length
    text = context.integers(65_536, n).numpy().astype(np.uint16)
    inputs, targets = subject.batch(text, 8, length, context.generator)
    windows = torch.from_numpy(text.astype(np.int64)).unfold(0, length + 1, 1)
    examples = torch.cat([inputs.long(), targets[:, -1:].long()], dim=1)
    strange = sum(not bool((windows == example).all(1).any()) for example in examples)
    gaps = (
        compare("examples of 8 that are not in the text", float(strange), 0.0, 0.0),
        compare("bytes of a token id", float(inputs.element_size()), 8.0, 0.0),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Every example is a piece of the text.",
        fires=f"The number of {gap.what} is {gap.observed:g}, where {gap.expected:g} is due.",
    )


@probe("data.starts", "Can a window start anywhere it fits, and nowhere else?")
def starts(subject: Subject, context: Context) -> Reading:
    """Draws 4000 windows from a text with room for 9 starts, and counts. Each start has one chance
    in nine, 444 times ± 20; seven standard deviations are tolerated, which chance exceeds once in
    10¹¹.
    """
    length, count, draws = 6, 9, 4000
    inputs, _ = subject.batch(_counting(length + count), draws, length, context.generator)
    drawn = torch.bincount(inputs[:, 0].clamp(0, 99).long(), minlength=count).double()
    p = 1 / count
    tolerance = 7 * math.sqrt(draws * p * (1 - p))
    due = torch.zeros_like(drawn)
    due[:count] = draws * p
    allowed = torch.zeros_like(drawn)
    allowed[:count] = tolerance
    gap = compare(f"windows of {draws} that start at a place", drawn, due, allowed)
    return reading(
        gap,
        quiet=f"All {count} places where a window fits are drawn alike.",
        fires=f"Place {gap.index[0]} is drawn {gap.observed:g} times of {draws}, where "
        f"{gap.expected:.0f} is due; {count} places fit.",
        figure=curves(
            "How often a window starts at a place",
            [float(i) for i in range(len(drawn))],
            {"observed": drawn, "due": due},
            "place",
            "draws",
        ),
    )


@probe("data.repeatable", "Does the same generator draw the same batch, and go on to another?")
def repeatable(subject: Subject, context: Context) -> Reading:
    """Draws with two generators of one seed, and once more with the first: same, then different. By
    chance two batches of 8 from 10 000 places agree once in 10³². Nothing is tolerated.
    """
    text, length = _counting(10_000), context.config.context_length
    one, two = (torch.Generator().manual_seed(context.seed) for _ in range(2))
    first, _ = subject.batch(text, 8, length, one)
    same, _ = subject.batch(text, 8, length, two)
    other, _ = subject.batch(text, 8, length, one)
    gaps = (
        compare("change of the batch with the same seed", (same - first).double(), 0.0, 0.0),
        compare(
            "batches that repeat the one before", float(bool((other == first).all())), 0.0, 0.0
        ),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The same generator draws the same batch, then another.",
        fires="The same seed draws another batch."
        if gap is gaps[0]
        else "The generator draws the same batch again and again.",
    )
