"""Looking inside a model while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from engine.lab.codebase import Codebase


class Attended(NamedTuple):
    """What one attention layer computed."""

    scores: Tensor
    """What went into the softmax, masked entries -inf: (batch, heads, seq, seq). Gradients stay."""
    weights: Tensor
    """What came out of it."""


@contextmanager
def attention_of(code: Codebase) -> Iterator[list[Attended]]:
    """Collects the scores and weights of every attention layer that runs in the meantime."""
    module: Any = code.module("transformer.attention")
    softmax = module.softmax
    collected: list[Attended] = []

    def watched(x: Tensor, dimension: int) -> Tensor:
        if x.requires_grad:
            x.retain_grad()
        weights: Tensor = softmax(x, dimension=dimension)
        collected.append(Attended(x, weights))
        return weights

    module.softmax = watched
    try:
        yield collected
    finally:
        module.softmax = softmax


def first_nonfinite(model: nn.Module, token_ids: Tensor) -> str:
    """The class of the first module to hand on a NaN or an infinity; empty when none does."""
    found: list[str] = []

    def look(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and not torch.isfinite(output).all():
            found.append(type(module).__name__)

    hooks = [module.register_forward_hook(look) for module in model.modules()]
    try:
        with torch.no_grad():
            model(token_ids)
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else ""


def gradient(model: nn.Module, *names: str) -> float:
    """The norm of the gradients of the named parameters, together."""
    parameters = dict(model.named_parameters())
    grads = [parameters[name].grad for name in names]
    return float(torch.stack([grad.norm() for grad in grads if grad is not None]).norm())


def climb(losses: tuple[float, ...]) -> float:
    """How far a loss rises above the lowest it has been, in nats; infinite once it is NaN."""
    lowest, highest = losses[0], 0.0
    for loss in losses:
        if loss != loss:
            return float("inf")
        lowest = min(lowest, loss)
        highest = max(highest, loss - lowest)
    return highest
