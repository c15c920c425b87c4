"""Models simple enough to be right by inspection, for questions about what is done with a model."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Bigram(nn.Module):
    """A table of logits: what comes next depends on the last token alone."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = nn.Parameter(table)  # (vocab, vocab)
        self.idle = nn.Parameter(torch.ones(2, dtype=table.dtype))  # takes no part in the logits
        self.context_length = 4
        self.shapes: set[tuple[int, ...]] = set()  # of the token ids it was called with

    def forward(self, token_ids: Tensor, token_positions: Tensor | None = None) -> Tensor:
        """(batch, seq) -> (batch, seq, vocab)."""
        self.shapes.add(tuple(token_ids.shape))
        return self.table[token_ids]


class Counter(nn.Module):
    """A table of logits by the sum of all tokens seen: what comes next depends on the window."""

    def __init__(self, table: Tensor, context_length: int) -> None:
        super().__init__()
        self.table = nn.Parameter(table)  # (sums, vocab)
        self.context_length = context_length
        self.longest = 0

    def forward(self, token_ids: Tensor, token_positions: Tensor | None = None) -> Tensor:
        """(batch, seq) -> (batch, seq, vocab)."""
        self.longest = max(self.longest, token_ids.shape[-1])
        return self.table[token_ids.cumsum(dim=-1) % len(self.table)]
