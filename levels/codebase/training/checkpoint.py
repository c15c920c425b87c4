"""Saving the state of a training run, and taking it up again."""

from pathlib import Path
from typing import IO

import torch
from torch import nn


def save_checkpoint(
    model: nn.Module, optimizer: torch.optim.Optimizer, step: int, out: str | Path | IO[bytes]
) -> None:
    """Write the state of the model and of the optimizer, and the steps done so far, to ``out``."""
    checkpoint = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
    }
    torch.save(checkpoint, out)


def load_checkpoint(
    source: str | Path | IO[bytes], model: nn.Module, optimizer: torch.optim.Optimizer
) -> int:
    """Restore ``model`` and ``optimizer``, in place, from ``source``; returns the steps done."""
    # Read to the CPU: loading then copies to wherever the model's parameters are.
    checkpoint = torch.load(source, map_location="cpu", weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    step: int = checkpoint["step"]
    return step
