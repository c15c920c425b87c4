"""A language model that is a function of its weights, held by a module of ours."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from engine.lab.subjects.surface import ModelConfig

Forward = Callable[[ModelConfig, Mapping[str, Tensor], Tensor], Tensor]
"""From sizes, weights and token ids (batch, seq) to logits (batch, seq, vocab)."""


class _Weight(nn.Module):
    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)


class CourseModel(nn.Module):
    """Weights under the names of the course's reference model, and a function that uses them.

    They are drawn as the course's text says: projections with variance 2 / (in + out), embeddings
    with variance 1, both truncated at three standard deviations, and gains of 1.
    """

    def __init__(self, config: ModelConfig, forward: Forward, dtype: torch.dtype) -> None:
        super().__init__()
        self.config = config
        self._function = forward

        def matrix(rows: int, columns: int) -> _Weight:
            std = math.sqrt(2 / (rows + columns))
            return drawn(rows, columns, std)

        def drawn(rows: int, columns: int, std: float) -> _Weight:
            weight = torch.empty(rows, columns, dtype=dtype)
            return _Weight(nn.init.trunc_normal_(weight, std=std, a=-3 * std, b=3 * std))

        def gain() -> _Weight:
            return _Weight(torch.ones(config.d_model, dtype=dtype))

        d, d_ff = config.d_model, config.d_ff
        self.token_embeddings = drawn(config.vocab_size, d, 1.0)
        self.layers = nn.ModuleList()
        for _ in range(config.num_layers):
            attention = ("q_proj", "k_proj", "v_proj", "output_proj")
            parts = {
                "ln1": gain(),
                "attn": nn.ModuleDict({name: matrix(d, d) for name in attention}),
                "ln2": gain(),
                "ffn": nn.ModuleDict(
                    {"w1": matrix(d_ff, d), "w2": matrix(d, d_ff), "w3": matrix(d_ff, d)}
                ),
            }
            self.layers.append(nn.ModuleDict(parts))
        self.ln_final = gain()
        self.lm_head = matrix(config.vocab_size, d)

    def forward(self, token_ids: Tensor) -> Tensor:
        """token_ids (batch, seq) -> what the function makes of them."""
        return self._function(self.config, dict(self.named_parameters()), token_ids)
