"""What a probe is run at: seeded random inputs, a dtype, a model size, and a way to report."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from engine.lab.subjects import ModelConfig

Report = Callable[[int, int, float | None], None]
"""Called with done, total, and the latest point of the curve."""


def _silent(done: int, total: int, value: float | None) -> None:
    del done, total, value


@dataclass(frozen=True)
class Size:
    """A model and a batch; no two of its numbers agree, so that no mix-up of axes fits by luck."""

    name: str
    config: ModelConfig
    batch: int


SMALL = Size("small", ModelConfig(13, 6, 8, 1, 2, 20), batch=3)
MEDIUM = Size("medium", ModelConfig(37, 12, 24, 2, 3, 64), batch=5)
LARGE = Size("large", ModelConfig(101, 20, 64, 4, 4, 168), batch=7)
SIZES = (SMALL, MEDIUM, LARGE)


@dataclass(frozen=True)
class Context:
    """Everything a probe needs besides the subject."""

    seed: int = 0
    dtype: torch.dtype = torch.float32
    size: Size = MEDIUM
    progress: Report = _silent
    generator: torch.Generator = field(default_factory=torch.Generator)

    @classmethod
    def seeded(
        cls,
        probe: str,
        seed: int,
        dtype: torch.dtype = torch.float32,
        size: Size = MEDIUM,
        progress: Report = _silent,
    ) -> Context:
        """A context whose numbers depend on the probe and the seed, not on what ran before."""
        own = (zlib.crc32(probe.encode()) + 1_000_003 * seed) % 2**31
        return cls(own, dtype, size, progress, torch.Generator().manual_seed(own))

    def at_least_float32(self) -> Context:
        """The same, in float32 where the dtype is coarser: for what must move by more than rounding
        explains. Half precision's rounding would drown it."""
        fine = torch.finfo(self.dtype).eps <= torch.finfo(torch.float32).eps
        return self if fine else replace(self, dtype=torch.float32)

    @property
    def config(self) -> ModelConfig:
        """The model's sizes."""
        return self.size.config

    def normal(self, *shape: int, scale: float = 1.0) -> Tensor:
        """Normal numbers of that shape; the same in every dtype, rounding apart."""
        drawn = torch.randn(shape, generator=self.generator, dtype=torch.float64)
        return (drawn * scale).to(self.dtype)

    def weight(self, out_features: int, in_features: int) -> Tensor:
        """A random weight that keeps the variance of its input."""
        return self.normal(out_features, in_features, scale=in_features**-0.5)

    def integers(self, below: int, *shape: int) -> Tensor:
        """Integers from 0 to ``below`` - 1."""
        return torch.randint(below, shape, generator=self.generator)

    def tokens(self) -> Tensor:
        """A batch of token ids (batch, context_length)."""
        return self.integers(self.config.vocab_size, self.size.batch, self.config.context_length)

    def permutation(self, n: int) -> Tensor:
        """The numbers 0 to n - 1, shuffled, and never in order."""
        order = torch.randperm(n, generator=self.generator)
        return order.roll(1) if bool((order == torch.arange(n)).all()) else order

    def attention_weights(self) -> dict[str, Tensor]:
        """Random weights for multi-head attention, by name."""
        d = self.config.d_model
        names = ("q_proj", "k_proj", "v_proj", "output_proj")
        return {f"{name}.weight": self.weight(d, d) for name in names}

    def block_weights(self) -> dict[str, Tensor]:
        """Random weights for a transformer block, by name; gains near 1."""
        d, d_ff = self.config.d_model, self.config.d_ff
        attention = {f"attn.{name}": w for name, w in self.attention_weights().items()}
        return attention | {
            "ln1.weight": 1 + self.normal(d, scale=0.1),
            "ln2.weight": 1 + self.normal(d, scale=0.1),
            "ffn.w1.weight": self.weight(d_ff, d),
            "ffn.w2.weight": self.weight(d, d_ff),
            "ffn.w3.weight": self.weight(d_ff, d),
        }
