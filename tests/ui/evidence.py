"""Evidence of every kind, for the tests to show."""

from __future__ import annotations

import math

from engine.evidence import (
    Curves,
    Evidence,
    Fault,
    Heatmap,
    Measurement,
    Status,
)

ROWS = "attention.row_sums"
FIRES = Evidence(
    ROWS,
    "attention",
    Status.FIRES,
    "The weights of query 3 sum to 2.5.",
    (Measurement("sum of 8 weights, query 3", 2.5, 1.0, 1e-6), Measurement("queries", 8.0)),
    Heatmap("Weights", ((0.25, 0.75), (None, -0.5)), "query", "key"),
    seconds=0.21,
)
MAP = Heatmap(
    "Weights of head 0",
    tuple(
        tuple(round(math.exp(-abs(q - k) / 3) * (k <= q), 3) for k in range(20)) for q in range(20)
    ),
    "query",
    "key",
)
STEPS = tuple(float(step) for step in range(0, 200, 4))
CURVE = Evidence(
    "training.curve",
    "training",
    Status.FIRES,
    "The loss stays above 3 nats; 2.1 is what a bigram model reaches.",
    (Measurement("loss after 200 steps", 3.187, 2.1, 0.2, "nats"),),
    Curves("Loss", STEPS, {"loss": tuple(3 + math.exp(-x / 40) for x in STEPS)}, "step", "nats"),
    seconds=4.4,
)


def fault(line: int, sentence: str = "ValueError: not today") -> Evidence:
    """The loss cannot be had, for what its file raises at ``line``."""
    place = Fault(sentence, "training/loss.py", line)
    return Evidence("loss.sign", "loss", Status.FAILED, "The loss could not be had.", fault=place)
