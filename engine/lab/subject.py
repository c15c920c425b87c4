"""What probes see of the code under test: its parts as functions, named after the field.

Every method takes and returns plain tensors, so that the same probes can run on anybody's
transformer through another implementation of this surface. Results are checked for kind and shape
here, once: a misfit is a CodeFault that names the part, and a probe never has to look.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from engine.evidence import Fault
from engine.lab.codebase import HOMES, Codebase, CodeFault, fault_of

Weights = Mapping[str, Tensor]
"""Parameters by the names that a state_dict gives them, for example ``q_proj.weight``."""


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
    """The parts of a codebase, live. Methods raise CodeFault, or whatever the code raises."""

    def __init__(self, codebase: Codebase) -> None:
        self._codebase = codebase
        self._found: dict[str, Callable[..., object]] = {}

    def activate(self) -> None:
        """Make imports inside the code under test find its own modules."""
        self._codebase.activate()

    def fault(self, error: BaseException) -> Fault:
        """What was raised, and where in the code under test."""
        return fault_of(error, self._codebase.root)

    # Layers

    def linear(self, x: Tensor, weight: Tensor) -> Tensor:
        """x (..., in), weight (out, in) -> (..., out)."""
        out_features, in_features = weight.shape
        module = self._build("Linear", in_features, out_features, dtype=weight.dtype)
        y = self._apply("Linear", module, {"weight": weight}, x)
        return self._tensor("Linear", y, (*x.shape[:-1], out_features))

    def embedding(self, token_ids: Tensor, weight: Tensor) -> Tensor:
        """token_ids (...), weight (vocab, d) -> (..., d)."""
        module = self._build("Embedding", *weight.shape, dtype=weight.dtype)
        y = self._apply("Embedding", module, {"weight": weight}, token_ids)
        return self._tensor("Embedding", y, (*token_ids.shape, weight.shape[1]))

    def rms_norm(self, x: Tensor, gain: Tensor, eps: float) -> Tensor:
        """x (..., d), gain (d) -> (..., d)."""
        module = self._build("RMSNorm", gain.shape[0], eps=eps, dtype=gain.dtype)
        y = self._apply("RMSNorm", module, {"weight": gain}, x)
        return self._tensor("RMSNorm", y, x.shape)

    def silu(self, x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        return self._tensor("silu", self._get("silu")(x), x.shape)

    def swiglu(self, x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
        """x (..., d), w1 and w3 (d_ff, d), w2 (d, d_ff) -> (..., d); w3 is the gate's partner."""
        d_ff, d_model = w1.shape
        module = self._build("SwiGLU", d_model, d_ff, dtype=w1.dtype)
        weights = {"w1.weight": w1, "w2.weight": w2, "w3.weight": w3}
        return self._tensor("SwiGLU", self._apply("SwiGLU", module, weights, x), x.shape)

    def rope(self, x: Tensor, positions: Tensor, theta: float, max_seq_len: int) -> Tensor:
        """x (..., seq, d_k), positions (seq) or (..., seq) -> (..., seq, d_k)."""
        module = self._build("RotaryPositionalEmbedding", x.shape[-1], theta, max_seq_len)
        y = module(x, token_positions=positions)
        return self._tensor("RotaryPositionalEmbedding", y, x.shape)

    def softmax(self, x: Tensor, dimension: int) -> Tensor:
        """x (...) -> (...), normalised along ``dimension``."""
        return self._tensor("softmax", self._get("softmax")(x, dimension=dimension), x.shape)

    # Attention and above

    def attention(self, Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> Tensor:
        """Q (..., n, d_k), K (..., m, d_k), V (..., m, d_v) -> (..., n, d_v).

        mask (n, m) or (..., n, m): True where a query may attend.
        """
        name = "scaled_dot_product_attention"
        y = self._get(name)(Q, K, V, mask=mask)
        return self._tensor(name, y, (*Q.shape[:-1], V.shape[-1]))

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
        name = "CausalMultiHeadAttention"
        length = x.shape[-2] if max_seq_len is None else max_seq_len
        module = self._build(name, x.shape[-1], num_heads, length, theta, dtype=x.dtype)
        y = self._apply(name, module, weights, x, token_positions=positions)
        return self._tensor(name, y, x.shape)

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
        name = "TransformerBlock"
        length = x.shape[-2] if max_seq_len is None else max_seq_len
        d_ff = weights["ffn.w1.weight"].shape[0]
        module = self._build(name, x.shape[-1], num_heads, d_ff, length, theta, dtype=x.dtype)
        y = self._apply(name, module, weights, x, token_positions=positions)
        return self._tensor(name, y, x.shape)

    def language_model(self, config: ModelConfig, seed: int, dtype: torch.dtype) -> nn.Module:
        """A freshly initialised model; call it through ``logits``. Same seed, same weights."""
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            model = self._build(
                "TransformerLM",
                config.vocab_size,
                config.context_length,
                config.d_model,
                config.num_layers,
                config.num_heads,
                config.d_ff,
                config.rope_theta,
                dtype=dtype,
            )
        if not any(True for _ in model.parameters()):
            raise self._misfit("TransformerLM", "has no parameters")
        return model

    def logits(
        self, model: nn.Module, token_ids: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        """token_ids (batch, seq) -> (batch, seq, vocab)."""
        y = model(token_ids) if positions is None else model(token_ids, token_positions=positions)
        y = self._tensor("TransformerLM", y, None)
        if y.shape[:-1] != token_ids.shape:
            wanted = "(" + ", ".join(str(n) for n in (*token_ids.shape, "vocab")) + ")"
            raise self._misfit(
                "TransformerLM", f"returned shape {tuple(y.shape)} where {wanted} was expected"
            )
        return y

    # Decoding

    def next_token_distribution(
        self, logits: Tensor, temperature: float = 1.0, top_p: float = 1.0
    ) -> Tensor:
        """logits (..., vocab) -> probabilities (..., vocab)."""
        name = "next_token_distribution"
        y = self._get(name)(logits, temperature=temperature, top_p=top_p)
        return self._tensor(name, y, logits.shape)

    def generate(
        self, model: nn.Module, prompt: Tensor, max_new_tokens: int, **options: object
    ) -> Tensor:
        """prompt (n) -> token ids (n + at most max_new_tokens). Options as the code names them."""
        y = self._get("generate")(model, prompt, max_new_tokens, **options)
        if not isinstance(y, Tensor) or y.dim() != 1 or y.is_floating_point():
            raise self._misfit("generate", f"returned {_kind(y)} where 1-D token ids were expected")
        return y

    # Training

    def cross_entropy(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (..., vocab), targets (...) -> the mean, a scalar."""
        y = self._get("cross_entropy_loss")(logits, targets)
        return self._tensor("cross_entropy_loss", y, ())

    def adamw(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], **options: object
    ) -> torch.optim.Optimizer:
        """An optimizer over params; options: lr, betas, eps, weight_decay."""
        optimizer = self._get("AdamW")(params, **options)
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise self._misfit("AdamW", f"gave {_kind(optimizer)}, not a torch.optim.Optimizer")
        return optimizer

    def learning_rate(
        self, step: int, max_lr: float, min_lr: float, warmup_steps: int, total_steps: int
    ) -> float:
        """The scheduled learning rate at ``step``, counted from 0."""
        name = "cosine_learning_rate"
        return self._number(name, self._get(name)(step, max_lr, min_lr, warmup_steps, total_steps))

    def clip(self, parameters: Sequence[Tensor], max_norm: float) -> float:
        """Clips the gradients in place; the total norm before."""
        name = "clip_gradients"
        return self._number(name, self._get(name)(parameters, max_norm))

    def batch(
        self,
        tokens: np.ndarray[Any, Any],
        batch_size: int,
        context_length: int,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """tokens (n) -> inputs and targets, each (batch_size, context_length)."""
        pair = self._get("get_batch")(tokens, batch_size, context_length, generator=generator)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise self._misfit("get_batch", f"returned {_kind(pair)} where a pair was expected")
        for part, ids in zip(("inputs", "targets"), pair, strict=True):
            fits = isinstance(ids, Tensor) and ids.shape == (batch_size, context_length)
            if not fits or ids.is_floating_point():
                raise self._misfit(
                    "get_batch",
                    f"returned {_kind(ids)} for its {part} where token ids of shape "
                    f"{(batch_size, context_length)} were expected",
                )
        return pair[0], pair[1]

    def save(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, step: int, out: BinaryIO
    ) -> None:
        """Write a checkpoint to a binary file object."""
        self._get("save_checkpoint")(model, optimizer, step, out)

    def load(self, source: BinaryIO, model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        """Restore a checkpoint into model and optimizer; the step it was saved at."""
        return self._number(
            "load_checkpoint", self._get("load_checkpoint")(source, model, optimizer)
        )

    def train_step(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        inputs: Tensor,
        targets: Tensor,
        max_grad_norm: float,
    ) -> float:
        """One update; the loss before it."""
        name = "train_step"
        return self._number(name, self._get(name)(model, optimizer, inputs, targets, max_grad_norm))

    # How the parts are found, called and checked

    def _get(self, name: str) -> Callable[..., object]:
        if name not in self._found:
            self._found[name] = self._codebase.attribute(HOMES[name], name)
        return self._found[name]

    def _build(self, name: str, *sizes: object, **options: object) -> nn.Module:
        module = self._get(name)(*sizes, **options)
        if not isinstance(module, nn.Module):
            raise self._misfit(name, f"gave {_kind(module)}, not a torch.nn.Module")
        return module

    def _apply(
        self, name: str, module: nn.Module, weights: Weights, *inputs: object, **options: object
    ) -> object:
        """Call ``module`` with ``weights`` in place of its own; gradients reach the weights."""
        own = dict(module.named_parameters())
        for key, weight in weights.items():
            if key not in own:
                raise self._misfit(name, f"has no parameter {key}")
            if own[key].shape != weight.shape:
                raise self._misfit(
                    name,
                    f"has a {key} of shape {tuple(own[key].shape)} "
                    f"where {tuple(weight.shape)} was expected",
                )
        return functional_call(module, dict(weights), inputs, options)

    def _tensor(self, name: str, value: object, shape: Sequence[int] | None) -> Tensor:
        """``value``, if it is a floating-point tensor of that shape (None: of any)."""
        if not isinstance(value, Tensor) or not value.is_floating_point():
            raise self._misfit(name, f"returned {_kind(value)} where real numbers were expected")
        if shape is not None and value.shape != tuple(shape):
            raise self._misfit(
                name, f"returned shape {tuple(value.shape)} where {tuple(shape)} was expected"
            )
        return value

    def _number(self, name: str, value: object) -> float:
        if isinstance(value, Tensor) and value.numel() == 1 and not value.is_complex():
            return float(value.detach())
        if isinstance(value, Real) and not isinstance(value, bool):
            return float(value)
        raise self._misfit(name, f"returned {_kind(value)} where a number was expected")

    def _misfit(self, name: str, what: str) -> CodeFault:
        file = f"{HOMES[name].replace('.', '/')}.py"
        return CodeFault(Fault(f"{name} {what}", file))


def _kind(value: object) -> str:
    """What ``value`` is, in a few words."""
    if isinstance(value, Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        return f"a {dtype} tensor of shape {tuple(value.shape)}"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return "None" if value is None else f"a {type(value).__name__}"
