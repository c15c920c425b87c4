"""What probes see of the code under test: its parts as functions, named after the field.

Every method takes and returns plain tensors, so that the same probes run on anybody's transformer.
A class of subjects implements the parts that it has: each of the others tells a probe that it is
not there, by Skip. What code under test returns is checked here, once, for kind and shape: a misfit
is a CodeFault that names the part, and a probe never has to look.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor, nn

from engine.evidence import Fault
from engine.lab.codebase import CodeFault

Weights = Mapping[str, Tensor]
"""Parameters by the names that a state_dict gives them, for example ``q_proj.weight``."""


class Skip(Exception):
    """The subject gives a probe nothing to work on; the message says why, as a sentence."""


@dataclass(frozen=True)
class ModelConfig:
    """The sizes of a language model."""

    vocab_size: int
    context_length: int
    d_model: int
    num_layers: int
    num_heads: int
    d_ff: int
    rope_theta: float = 10_000.0

    @property
    def d_head(self) -> int:
        """Dimensions of one head."""
        return self.d_model // self.num_heads


class Subject:
    """A transformer's parts, live. Methods raise Skip, CodeFault, or whatever the code raises."""

    def activate(self) -> None:
        """Make imports inside the code under test find its own modules."""

    def fault(self, error: BaseException) -> Fault:
        """What was raised, and where in the code under test."""
        raise NotImplementedError

    def home(self, file: str) -> str | None:
        """The name within the code under test of the file that a function came from; None for
        code that is not, or where nobody wants to go there."""
        del file
        return None

    def unasked(self, probe: str) -> str | None:
        """Why the probe of that name has nothing to ask of such a subject; None when it has."""
        del probe
        return None

    # Layers

    def linear(self, x: Tensor, weight: Tensor) -> Tensor:
        """x (..., in), weight (out, in) -> (..., out)."""
        raise self._lacks("linear layer")

    def embedding(self, token_ids: Tensor, weight: Tensor) -> Tensor:
        """token_ids (...), weight (vocab, d) -> (..., d)."""
        raise self._lacks("embedding")

    def rms_norm(self, x: Tensor, gain: Tensor, eps: float) -> Tensor:
        """x (..., d), gain (d) -> (..., d)."""
        raise self._lacks("norm")

    def silu(self, x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        raise self._lacks("silu")

    def swiglu(self, x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
        """x (..., d), w1 and w3 (d_ff, d), w2 (d, d_ff) -> (..., d); w3 is the gate's partner."""
        raise self._lacks("feed-forward network")

    def rope(self, x: Tensor, positions: Tensor, theta: float, max_seq_len: int) -> Tensor:
        """x (..., seq, d_k), positions (seq) or (..., seq) -> (..., seq, d_k)."""
        raise self._lacks("rotary embedding")

    def softmax(self, x: Tensor, dimension: int) -> Tensor:
        """x (...) -> (...), normalised along ``dimension``."""
        raise self._lacks("softmax")

    # Attention and above

    def attention(self, Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> Tensor:
        """Q (..., n, d_k), K (..., m, d_k), V (..., m, d_v) -> (..., n, d_v).

        mask (n, m) or (..., n, m): True where a query may attend.
        """
        raise self._lacks("attention")

    def multihead(
        self,
        x: Tensor,
        weights: Weights,
        num_heads: int,
        positions: Tensor | None = None,
        theta: float = 10_000.0,
        max_seq_len: int | None = None,
    ) -> Tensor:
        """Causal self-attention: x (batch, seq, d) -> (batch, seq, d).

        weights: q_proj, k_proj, v_proj and output_proj, each ``.weight`` (d, d). Without positions
        nothing is rotated.
        """
        raise self._lacks("multi-head attention")

    def block(
        self,
        x: Tensor,
        weights: Weights,
        num_heads: int,
        positions: Tensor | None = None,
        theta: float = 10_000.0,
        max_seq_len: int | None = None,
    ) -> Tensor:
        """One pre-norm block: x (batch, seq, d) -> (batch, seq, d).

        weights: those of its parts behind ``ln1.``, ``attn.``, ``ln2.`` and ``ffn.``.
        """
        raise self._lacks("transformer block")

    def language_model(self, config: ModelConfig, seed: int, dtype: torch.dtype) -> nn.Module:
        """A freshly initialised model; call it through ``logits``. Same seed, same weights."""
        raise self._lacks("language model")

    def logits(
        self, model: nn.Module, token_ids: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        """token_ids (batch, seq) -> (batch, seq, vocab)."""
        raise self._lacks("language model")

    def table(self, model: nn.Module) -> Tensor:
        """The parameter (vocab, d) whose rows are the model's token embeddings."""
        raise self._lacks("embedding that is known by name")

    def head(self, model: nn.Module) -> Tensor:
        """The parameter (vocab, d) that makes logits of normed vectors, with no bias."""
        raise self._lacks("output layer that is known by name")

    def blocks(self, model: nn.Module) -> list[nn.Module]:
        """The model's blocks in order, modules that take the stream and hand it on."""
        raise self._lacks("list of blocks that is known by name")

    # Decoding

    def next_token_distribution(
        self, logits: Tensor, temperature: float = 1.0, top_p: float = 1.0
    ) -> Tensor:
        """logits (..., vocab) -> probabilities (..., vocab)."""
        raise self._lacks("decoding")

    def generate(
        self, model: nn.Module, prompt: Tensor, max_new_tokens: int, **options: object
    ) -> Tensor:
        """prompt (n) -> token ids (n + at most max_new_tokens). Options as the code names them."""
        raise self._lacks("decoding")

    # Training

    def cross_entropy(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (..., vocab), targets (...) -> the mean, a scalar."""
        raise self._lacks("loss")

    def adamw(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], **options: Any
    ) -> torch.optim.Optimizer:
        """An optimizer over params; options: lr, betas, eps, weight_decay."""
        raise self._lacks("optimizer")

    def learning_rate(
        self, step: int, max_lr: float, min_lr: float, warmup_steps: int, total_steps: int
    ) -> float:
        """The scheduled learning rate at ``step``, counted from 0."""
        raise self._lacks("schedule")

    def clip(self, parameters: Sequence[Tensor], max_norm: float) -> float | None:
        """Clips the gradients in place; the total norm before, or None if it is not told."""
        raise self._lacks("gradient clipping")

    def batch(
        self,
        tokens: np.ndarray[Any, Any],
        batch_size: int,
        context_length: int,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """tokens (n) -> inputs and targets, each (batch_size, context_length)."""
        raise self._lacks("way to draw batches")

    def save(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, step: int, out: BinaryIO
    ) -> None:
        """Write a checkpoint to a binary file object."""
        raise self._lacks("way to save and load")

    def load(self, source: BinaryIO, model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        """Restore a checkpoint into model and optimizer; the step it was saved at."""
        raise self._lacks("way to save and load")

    def train_step(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        inputs: Tensor,
        targets: Tensor,
        max_grad_norm: float,
    ) -> float:
        """One update; the loss before it."""
        raise self._lacks("training step")

    def train(
        self,
        model: nn.Module,
        tokens: np.ndarray[Any, Any],
        generator: torch.Generator,
        **settings: float,
    ) -> None:
        """A training run on tokens (n); ``settings`` are those of the training configuration."""
        raise self._lacks("training loop")

    # What the code returns is checked

    def _lacks(self, what: str) -> Skip:
        return Skip(f"There is no {what} to ask.")

    def _home(self, name: str) -> str | None:
        """The file, relative to the root, that the part of that name comes from."""
        del name
        return None

    def _misfit(self, name: str, what: str) -> CodeFault:
        return CodeFault(Fault(f"{name} {what}", self._home(name)))

    def _tensor(self, name: str, value: object, shape: Sequence[int] | None) -> Tensor:
        """``value``, if it is a floating-point tensor of that shape (None: of any)."""
        if not isinstance(value, Tensor) or not value.is_floating_point():
            raise self._misfit(name, f"returned {kind(value)} where real numbers were expected")
        if shape is not None and value.shape != tuple(shape):
            raise self._misfit(
                name, f"returned shape {tuple(value.shape)} where {tuple(shape)} was expected"
            )
        return value

    def _logits(self, name: str, value: object, token_ids: Tensor) -> Tensor:
        """``value``, if it is logits for each of ``token_ids``."""
        y = self._tensor(name, value, None)
        if y.shape[:-1] != token_ids.shape:
            wanted = "(" + ", ".join(str(n) for n in (*token_ids.shape, "vocab")) + ")"
            raise self._misfit(name, f"returned shape {tuple(y.shape)} where {wanted} was expected")
        return y

    def _batch(self, name: str, pair: object, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """``pair``, if it is inputs and targets, both token ids of that shape."""
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise self._misfit(name, f"returned {kind(pair)} where a pair was expected")
        for part, ids in zip(("inputs", "targets"), pair, strict=True):
            fits = isinstance(ids, Tensor) and ids.shape == shape
            if not fits or ids.is_floating_point():
                raise self._misfit(
                    name,
                    f"returned {kind(ids)} for its {part} where token ids of shape "
                    f"{shape} were expected",
                )
        return pair[0], pair[1]

    def _optimizer(self, name: str, value: object) -> torch.optim.Optimizer:
        if not isinstance(value, torch.optim.Optimizer):
            raise self._misfit(name, f"gave {kind(value)}, not a torch.optim.Optimizer")
        return value

    def _module(self, name: str, value: object) -> nn.Module:
        if not isinstance(value, nn.Module):
            raise self._misfit(name, f"gave {kind(value)}, not a torch.nn.Module")
        return value

    def _number(self, name: str, value: object) -> float:
        if isinstance(value, Tensor) and value.numel() == 1 and not value.is_complex():
            return float(value.detach())
        if isinstance(value, Real) and not isinstance(value, bool):
            return float(value)
        raise self._misfit(name, f"returned {kind(value)} where a number was expected")


def kind(value: object) -> str:
    """What ``value`` is, in a few words."""
    if isinstance(value, Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        return f"a {dtype} tensor of shape {tuple(value.shape)}"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return "None" if value is None else f"a {type(value).__name__}"
