"""The two orders in which features are paired for a rotation, and the way from one to the other.

Su et al. 2021 pair neighbours, 2i and 2i + 1; GPT-NeoX and Llama's port to transformers pair i with
i + d/2. The two differ by the order of a head's features alone, so that scores, and everything that
follows from them, agree when the rows of the query and key projections are put in that order.
"""

from __future__ import annotations

from enum import StrEnum

import torch
from torch import Tensor


class Layout(StrEnum):
    """Which features turn together."""

    NEIGHBOURS = "neighbours"
    HALF = "half"

    def given(self, x: Tensor) -> Tensor:
        """x (..., d) with neighbours paired, in this order."""
        return x[..., self._order(x.shape[-1])]

    def taken(self, x: Tensor) -> Tensor:
        """x (..., d) in this order, with neighbours paired again."""
        return x[..., self._order(x.shape[-1]).argsort()]

    def projection(self, weight: Tensor, num_heads: int) -> Tensor:
        """The weight (heads·d, in) of queries or keys with every head's rows in this order."""
        rows = torch.arange(len(weight)).view(num_heads, -1)
        return weight[self.given(rows).flatten()]

    def _order(self, d: int) -> Tensor:
        every = torch.arange(d)
        return every if self is Layout.NEIGHBOURS else torch.cat([every[0::2], every[1::2]])
