"""Questions about the cross-entropy loss."""

from __future__ import annotations

import math

import torch

from engine.lab.exam import rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, words
from engine.lab.exam.question import Area
from engine.lab.exam.rounding import ELEMENTWISE

LOSS = Area("loss", "Cross-entropy")

_BATCHES = (
    ((), 5, torch.float32),
    ((4,), 7, torch.float64),
    ((2, 3), 11, torch.float32),
    ((2, 1, 3), 2, torch.float64),
)


@LOSS.question
def loss_values(code: Code, desk: Desk) -> None:
    """The loss of ordinary logits, for any number of leading dimensions."""
    for lead, vocab, dtype in _BATCHES:
        logits = desk.normal(*lead, vocab, dtype=dtype, scale=2.0)
        targets = desk.integers(0, vocab, *lead)
        desk.answer(
            f"{len(lead)}",
            code.cross_entropy_loss(logits, targets),
            given=words(dtype, logits=logits),
            dtype=dtype,
            roundings=rounding.softmax(vocab, 8),
            scale=1.0,
        )


@LOSS.question
def loss_uniform(code: Code, desk: Desk) -> None:
    """The loss of logits that are all the same."""
    for vocab, level in ((2, 0.0), (10, 3.0), (50, -20.0)):
        logits = desk.exactly(torch.full((2, 3, vocab), level))
        desk.answer(
            f"{vocab}",
            code.cross_entropy_loss(logits, desk.integers(0, vocab, 2, 3)),
            given=f"logits of shape (2, 3, {vocab}), all {level:g}",
            roundings=rounding.softmax(vocab, abs(level)),
        )


@LOSS.question
def loss_large_logits(code: Code, desk: Desk) -> None:
    """The loss of huge logits, right and wrong, and of logits shifted by a large constant."""
    for dtype in (torch.float32, torch.float64):
        logits = desk.exactly(
            [[1e4, 0.0, -1e4], [-2e4, 2e4, 0.0], [5e3, 5e3 + 1, 5e3 + 3], [-1e4, -1e4, -1e4 - 2]],
            dtype,
        )
        for said, targets in (("likely", [0, 1, 2, 0]), ("unlikely", [2, 0, 0, 2])):
            desk.answer(
                f"{dtype} {said}",
                code.cross_entropy_loss(logits, torch.tensor(targets)),
                given=f"{words(dtype, logits=logits)}, up to 2e4, targets {targets}",
                dtype=dtype,
                roundings=ELEMENTWISE,
                # log-sum-exp minus the target's logit: both up to 2e4, each rounded.
                scale=2e4,
            )


@LOSS.question
def loss_gradients(code: Code, desk: Desk) -> None:
    """The gradient of the loss, for ordinary logits and for huge ones."""
    for lead, vocab, dtype in _BATCHES:
        logits = desk.normal(*lead, vocab, dtype=dtype, scale=2.0, leaf=True)
        _gradient(code, desk, f"{len(lead)}", logits, desk.integers(0, vocab, *lead), dtype)
    logits = desk.exactly([[1e4, 0.0, -1e4], [-2e4, 2e4, 0.0]], leaf=True)
    _gradient(code, desk, "large", logits, torch.tensor([0, 2]), torch.float32)


@LOSS.question
def loss_bfloat16(code: Code, desk: Desk) -> None:
    """The loss of logits in bfloat16."""
    logits = desk.normal(2, 4, 6, dtype=torch.bfloat16)
    desk.answer(
        "value",
        code.cross_entropy_loss(logits, desk.integers(0, 6, 2, 4)),
        given=words(torch.bfloat16, logits=logits),
        dtype=None,  # widening the result is as good
        unit=torch.bfloat16,
        # Differences up to 6 rounded, then exponential, sum, logarithm, difference, mean.
        roundings=16,
        scale=1.0,
    )


@LOSS.question
def loss_contract(code: Code, desk: Desk) -> None:
    """What is fixed about the loss besides its value."""
    logits = desk.normal(2, 3, 5)
    before = logits.clone()
    code.cross_entropy_loss(logits, desk.integers(0, 5, 2, 3))
    desk.unchanged("input", before, logits, given=words(torch.float32, logits=logits))


def _gradient(
    code: Code,
    desk: Desk,
    case: str,
    logits: torch.Tensor,
    targets: torch.Tensor,
    dtype: torch.dtype,
) -> None:
    desk.gradients(
        case,
        code.cross_entropy_loss(logits, targets),
        {"logits": logits},
        shape=(),
        given=words(dtype, logits=logits),
        dtype=dtype,
        # The error of a probability, weighed by the random factor of the projection.
        roundings=4 * rounding.backward(rounding.softmax(logits.shape[-1], 8)),
        scale=1.0 / math.prod(targets.shape),
    )
