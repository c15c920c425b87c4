"""The game's own codebase as a subject: a workspace, or any folder laid out like it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from engine.evidence import Fault
from engine.lab.codebase import HOMES, Codebase, fault_of, relative
from engine.lab.subjects.surface import ModelConfig, Subject, Weights, kind


class CodebaseSubject(Subject):
    """The parts of a codebase, live; all of them are there, or it is a fault that they are not."""

    def __init__(self, codebase: Codebase) -> None:
        self._codebase = codebase
        self._found: dict[str, Callable[..., object]] = {}

    def activate(self) -> None:
        """See ``Subject``."""
        self._codebase.activate()

    def fault(self, error: BaseException) -> Fault:
        """See ``Subject``."""
        return fault_of(error, self._codebase.root)

    def home(self, file: str) -> str | None:
        """See ``Subject``."""
        return relative(file, self._codebase.root)

    # Layers

    def linear(self, x: Tensor, weight: Tensor) -> Tensor:
        """See ``Subject``."""
        out_features, in_features = weight.shape
        module = self._build("Linear", in_features, out_features, dtype=weight.dtype)
        y = self._apply("Linear", module, {"weight": weight}, x)
        return self._tensor("Linear", y, (*x.shape[:-1], out_features))

    def embedding(self, token_ids: Tensor, weight: Tensor) -> Tensor:
        """See ``Subject``."""
        module = self._build("Embedding", *weight.shape, dtype=weight.dtype)
        y = self._apply("Embedding", module, {"weight": weight}, token_ids)
        return self._tensor("Embedding", y, (*token_ids.shape, weight.shape[1]))

    def rms_norm(self, x: Tensor, gain: Tensor, eps: float) -> Tensor:
        """See ``Subject``."""
        module = self._build("RMSNorm", gain.shape[0], eps=eps, dtype=gain.dtype)
        y = self._apply("RMSNorm", module, {"weight": gain}, x)
        return self._tensor("RMSNorm", y, x.shape)

    def silu(self, x: Tensor) -> Tensor:
        """See ``Subject``."""
        return self._tensor("silu", self._get("silu")(x), x.shape)

    def swiglu(self, x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
        """See ``Subject``."""
        d_ff, d_model = w1.shape
        module = self._build("SwiGLU", d_model, d_ff, dtype=w1.dtype)
        weights = {"w1.weight": w1, "w2.weight": w2, "w3.weight": w3}
        return self._tensor("SwiGLU", self._apply("SwiGLU", module, weights, x), x.shape)

    def rope(self, x: Tensor, positions: Tensor, theta: float, max_seq_len: int) -> Tensor:
        """See ``Subject``."""
        module = self._build("RotaryPositionalEmbedding", x.shape[-1], theta, max_seq_len)
        y = module(x, token_positions=positions)
        return self._tensor("RotaryPositionalEmbedding", y, x.shape)

    def softmax(self, x: Tensor, dimension: int) -> Tensor:
        """See ``Subject``."""
        return self._tensor("softmax", self._get("softmax")(x, dimension=dimension), x.shape)

    # Attention and above

    def attention(self, Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> Tensor:
        """See ``Subject``."""
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
        """See ``Subject``."""
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
        """See ``Subject``."""
        name = "TransformerBlock"
        length = x.shape[-2] if max_seq_len is None else max_seq_len
        d_ff = weights["ffn.w1.weight"].shape[0]
        module = self._build(name, x.shape[-1], num_heads, d_ff, length, theta, dtype=x.dtype)
        y = self._apply(name, module, weights, x, token_positions=positions)
        return self._tensor(name, y, x.shape)

    def language_model(self, config: ModelConfig, seed: int, dtype: torch.dtype) -> nn.Module:
        """See ``Subject``."""
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
        """See ``Subject``."""
        y = model(token_ids) if positions is None else model(token_ids, token_positions=positions)
        return self._logits("TransformerLM", y, token_ids)

    def table(self, model: nn.Module) -> Tensor:
        """See ``Subject``."""
        return model.get_submodule("token_embeddings").get_parameter("weight")

    def head(self, model: nn.Module) -> Tensor:
        """See ``Subject``."""
        return model.get_submodule("lm_head").get_parameter("weight")

    def blocks(self, model: nn.Module) -> list[nn.Module]:
        """See ``Subject``."""
        return list(model.get_submodule("layers").children())

    # Decoding

    def next_token_distribution(
        self, logits: Tensor, temperature: float = 1.0, top_p: float = 1.0
    ) -> Tensor:
        """See ``Subject``."""
        name = "next_token_distribution"
        y = self._get(name)(logits, temperature=temperature, top_p=top_p)
        return self._tensor(name, y, logits.shape)

    def generate(
        self, model: nn.Module, prompt: Tensor, max_new_tokens: int, **options: object
    ) -> Tensor:
        """See ``Subject``."""
        y = self._get("generate")(model, prompt, max_new_tokens, **options)
        if not isinstance(y, Tensor) or y.dim() != 1 or y.is_floating_point():
            raise self._misfit("generate", f"returned {kind(y)} where 1-D token ids were expected")
        return y

    # Training

    def cross_entropy(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See ``Subject``."""
        y = self._get("cross_entropy_loss")(logits, targets)
        return self._tensor("cross_entropy_loss", y, ())

    def adamw(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], **options: Any
    ) -> torch.optim.Optimizer:
        """See ``Subject``."""
        return self._optimizer("AdamW", self._get("AdamW")(params, **options))

    def learning_rate(
        self, step: int, max_lr: float, min_lr: float, warmup_steps: int, total_steps: int
    ) -> float:
        """See ``Subject``."""
        name = "cosine_learning_rate"
        return self._number(name, self._get(name)(step, max_lr, min_lr, warmup_steps, total_steps))

    def clip(self, parameters: Sequence[Tensor], max_norm: float) -> float:
        """See ``Subject``."""
        name = "clip_gradients"
        return self._number(name, self._get(name)(parameters, max_norm))

    def batch(
        self,
        tokens: np.ndarray[Any, Any],
        batch_size: int,
        context_length: int,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """See ``Subject``."""
        pair = self._get("get_batch")(tokens, batch_size, context_length, generator=generator)
        return self._batch("get_batch", pair, (batch_size, context_length))

    def save(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, step: int, out: BinaryIO
    ) -> None:
        """See ``Subject``."""
        self._get("save_checkpoint")(model, optimizer, step, out)

    def load(self, source: BinaryIO, model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        """See ``Subject``."""
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
        """See ``Subject``."""
        name = "train_step"
        return self._number(name, self._get(name)(model, optimizer, inputs, targets, max_grad_norm))

    def train(
        self,
        model: nn.Module,
        tokens: np.ndarray[Any, Any],
        generator: torch.Generator,
        **settings: float,
    ) -> None:
        """See ``Subject``."""
        config = self._get("TrainingConfig")(**settings)
        self._get("train")(model, tokens, config, generator)

    # How the parts are found and called

    def _get(self, name: str) -> Callable[..., object]:
        if name not in self._found:
            self._found[name] = self._codebase.attribute(HOMES[name], name)
        return self._found[name]

    def _build(self, name: str, *sizes: object, **options: object) -> nn.Module:
        return self._module(name, self._get(name)(*sizes, **options))

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

    def _home(self, name: str) -> str | None:
        return f"{HOMES[name].replace('.', '/')}.py"
