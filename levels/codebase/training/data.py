"""Batches for next-token prediction, cut at random from one long array of token ids.

Shapes are written as einops patterns, slowest axis first:

    tokens    the whole text
    batch     windows of it, drawn independently
    seq       positions in a window, context_length of them
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

TokenArray = npt.NDArray[np.integer[Any]]


def load_tokens(path: str | Path, dtype: npt.DTypeLike) -> TokenArray:
    """The token ids in a raw binary file of ``dtype``, as a 1-D array (tokens,), read-only.

    The file is memory-mapped: only what is looked at is read from disk, so that the array may be
    larger than memory.
    """
    return np.memmap(path, dtype=dtype, mode="r")


def get_batch(
    tokens: TokenArray,
    batch_size: int,
    context_length: int,
    device: torch.device | str = "cpu",
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Random windows of ``tokens``, and the same windows one token later.

    tokens: integers (tokens,)
    generator: a seeded one, on the CPU, makes the draw repeatable

    Returns inputs and targets, both int64 (batch, seq): targets[b, i] is the token that follows
    inputs[b, i] in the text. Every window that fits is equally likely. Raises ValueError when none
    fits.
    """
    num_starts = len(tokens) - context_length  # the last target needs one token more
    if num_starts < 1:
        raise ValueError(f"{len(tokens)} tokens are too few for a context of {context_length}")
    starts = torch.randint(num_starts, (batch_size, 1), generator=generator)  # (batch, 1)
    indices = starts + torch.arange(context_length + 1)  # (batch, seq + 1)
    windows = torch.from_numpy(tokens[indices.numpy()].astype(np.int64))  # (batch, seq + 1)
    windows = windows.to(device)
    return windows[:, :-1], windows[:, 1:]
