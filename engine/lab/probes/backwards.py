"""Gradients of what the code under test computed, with zeros where no path leads back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.lab.probes.reading import wide


def gradients_of(
    output: Tensor, inputs: Sequence[Tensor], sent: Tensor | None = None
) -> list[Tensor]:
    """The gradients of ``output`` with respect to each input, in float64.

    ``sent`` is what flows into the output, of its shape; not needed for a scalar. An input that
    the output does not depend on, or is cut off from, gets zeros. The graph is kept.
    """
    if not output.requires_grad:
        return [torch.zeros_like(wide(x)) for x in inputs]
    found = torch.autograd.grad(output, inputs, sent, retain_graph=True, allow_unused=True)
    pairs = zip(inputs, found, strict=True)
    return [torch.zeros_like(wide(x)) if g is None else wide(g) for x, g in pairs]
