"""Anybody's transformer behind the adapter functions of Stanford's CS336, assignment 1.

The names and arguments are those of ``tests/adapters.py`` in stanford-cs336/assignment1-basics; a
function is called as the course's own tests call it. What those tests leave open is left open here:
dtypes other than float32, a generator for batches, a norm reported by clipping, positions for block
and model, and whether gradients come back to weights that a function is given.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor, nn

from engine.evidence import Fault
from engine.lab.subjects.course_model import CourseModel
from engine.lab.subjects.layout import Layout
from engine.lab.subjects.loading import Foreign
from engine.lab.subjects.surface import ModelConfig, Skip, Subject, Weights

UNASKED = {
    "shapes.dtypes": "The course's adapters are for float32 alone.",
    "shapes.parameters": "run_transformer_lm is a function: its parameters cannot be counted.",
    "residual.stream": "run_transformer_lm is a function: its blocks cannot be watched.",
    "residual.depth": "run_transformer_lm is a function: its blocks cannot be watched.",
    "data.repeatable": "run_get_batch takes no generator.",
}
"""Probes that have nothing to ask of such functions, and why."""


class AdapterSubject(Subject):
    """Any subset of the course's functions, in one module."""

    def __init__(self, source: Foreign, layout: Layout = Layout.NEIGHBOURS) -> None:
        self._source = source
        self._layout = layout
        self._follows: bool | None = None

    def fault(self, error: BaseException) -> Fault:
        """See ``Subject``."""
        return self._source.fault(error)

    def unasked(self, probe: str) -> str | None:
        """See ``Subject``."""
        return UNASKED.get(probe)

    # Layers

    def linear(self, x: Tensor, weight: Tensor) -> Tensor:
        """See ``Subject``."""
        d_out, d_in = weight.shape
        return self._part(
            "run_linear",
            (*x.shape[:-1], d_out),
            (x,),
            d_in=d_in,
            d_out=d_out,
            weights=weight,
            in_features=x,
        )

    def embedding(self, token_ids: Tensor, weight: Tensor) -> Tensor:
        """See ``Subject``."""
        vocab, d = weight.shape
        return self._part(
            "run_embedding",
            (*token_ids.shape, d),
            (),
            vocab_size=vocab,
            d_model=d,
            weights=weight,
            token_ids=token_ids,
        )

    def rms_norm(self, x: Tensor, gain: Tensor, eps: float) -> Tensor:
        """See ``Subject``."""
        name = "run_rmsnorm"
        y = self._part(name, x.shape, (x,), d_model=len(gain), eps=eps, weights=gain, in_features=x)
        if gain.requires_grad and not _connected(y, [gain]):
            raise Skip(f"{name} copies its weights, so that no gradient comes back to them.")
        return y

    def silu(self, x: Tensor) -> Tensor:
        """See ``Subject``."""
        return self._part("run_silu", x.shape, (x,), x)

    def swiglu(self, x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
        """See ``Subject``."""
        d_ff, d_model = w1.shape
        return self._part(
            "run_swiglu",
            x.shape,
            (x,),
            d_model=d_model,
            d_ff=d_ff,
            w1_weight=w1,
            w2_weight=w2,
            w3_weight=w3,
            in_features=x,
        )

    def rope(self, x: Tensor, positions: Tensor, theta: float, max_seq_len: int) -> Tensor:
        """See ``Subject``."""
        y = self._part(
            "run_rope",
            x.shape,
            (x,),
            d_k=x.shape[-1],
            theta=theta,
            max_seq_len=max_seq_len,
            in_query_or_key=self._layout.given(x),
            token_positions=positions,
        )
        return self._layout.taken(y)

    def softmax(self, x: Tensor, dimension: int) -> Tensor:
        """See ``Subject``."""
        return self._part("run_softmax", x.shape, (x,), x, dim=dimension)

    # Attention and above

    def attention(self, Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> Tensor:
        """See ``Subject``. The mask is handed on in full, (..., n, m)."""
        if mask is not None:
            mask = mask.expand(*Q.shape[:-1], K.shape[-2])
        return self._part(
            "run_scaled_dot_product_attention",
            (*Q.shape[:-1], V.shape[-1]),
            (Q, K, V),
            Q=Q.contiguous(),
            K=K.contiguous(),
            V=V.contiguous(),
            mask=mask,
        )

    def multihead(
        self,
        x: Tensor,
        weights: Weights,
        num_heads: int,
        positions: Tensor | None = None,
        theta: float = 10_000.0,
        max_seq_len: int | None = None,
    ) -> Tensor:
        """See ``Subject``. One row of positions serves the whole batch, as in the course's test."""
        q, k, v, o = (weights[f"{name}_proj.weight"] for name in ("q", "k", "v", "output"))
        shared = {
            "d_model": x.shape[-1],
            "num_heads": num_heads,
            "v_proj_weight": v,
            "o_proj_weight": o,
            "in_features": x,
        }
        if positions is None:
            return self._part(
                "run_multihead_self_attention",
                x.shape,
                (x,),
                **shared,
                q_proj_weight=q,
                k_proj_weight=k,
            )
        name = "run_multihead_self_attention_with_rope"
        rotated = {
            "max_seq_len": x.shape[-2] if max_seq_len is None else max_seq_len,
            "theta": theta,
            "q_proj_weight": self._layout.projection(q, num_heads),
            "k_proj_weight": self._layout.projection(k, num_heads),
        }
        own = positions.dim() > 1
        rotated["token_positions"] = positions if own else positions[None]
        try:
            return self._part(name, x.shape, (x,), **shared, **rotated)
        except (RuntimeError, IndexError, ValueError) as error:
            if own:
                raise Skip(f"{name} takes one row of positions for all of a batch.") from error
            raise

    def block(
        self,
        x: Tensor,
        weights: Weights,
        num_heads: int,
        positions: Tensor | None = None,
        theta: float = 10_000.0,
        max_seq_len: int | None = None,
    ) -> Tensor:
        """See ``Subject``. The function counts positions from 0 by itself."""
        name = "run_transformer_block"
        if positions is None or not torch.equal(positions, torch.arange(x.shape[-2])):
            raise Skip(f"{name} counts positions by itself.")
        return self._part(
            name,
            x.shape,
            (x,),
            d_model=x.shape[-1],
            num_heads=num_heads,
            d_ff=weights["ffn.w1.weight"].shape[0],
            max_seq_len=x.shape[-2] if max_seq_len is None else max_seq_len,
            theta=theta,
            weights=self._arranged(weights, num_heads),
            in_features=x,
        )

    def language_model(self, config: ModelConfig, seed: int, dtype: torch.dtype) -> nn.Module:
        """See ``Subject``. A holder of the weights, for the function takes them with each call."""
        name = "run_transformer_lm"
        self._function(name)

        def forward(c: ModelConfig, weights: Mapping[str, Tensor], token_ids: Tensor) -> Tensor:
            y = self._call(
                name,
                vocab_size=c.vocab_size,
                context_length=c.context_length,
                d_model=c.d_model,
                num_layers=c.num_layers,
                num_heads=c.num_heads,
                d_ff=c.d_ff,
                rope_theta=c.rope_theta,
                weights=self._arranged(weights, c.num_heads),
                in_indices=token_ids,
            )
            return self._logits(name, y, token_ids)

        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            return CourseModel(config, forward, dtype)

    def logits(
        self, model: nn.Module, token_ids: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        """See ``Subject``. Where gradients are wanted, they must come back to the weights."""
        name = "run_transformer_lm"
        if positions is not None:
            raise Skip(f"{name} counts positions by itself.")
        y = self._logits(name, model(token_ids), token_ids)
        if torch.is_grad_enabled():
            if self._follows is None:
                self._follows = _connected(y, list(model.parameters()))
            if not self._follows:
                raise Skip(f"{name} copies its weights, so that no gradient comes back to them.")
        return y

    def table(self, model: nn.Module) -> Tensor:
        """See ``Subject``."""
        return model.get_submodule("token_embeddings").get_parameter("weight")

    def head(self, model: nn.Module) -> Tensor:
        """See ``Subject``."""
        return model.get_submodule("lm_head").get_parameter("weight")

    # Training

    def cross_entropy(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See ``Subject``. The course's function takes logits (batch, vocab), targets (batch)."""
        name = "run_cross_entropy"
        return self._part(name, (), (logits,), logits.flatten(0, -2), targets.flatten())

    def adamw(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], **options: Any
    ) -> torch.optim.Optimizer:
        """See ``Subject``. Every option is given: the class may have no defaults."""
        name = "get_adamw_cls"
        given = {"lr": 1e-3, "weight_decay": 0.01, "betas": (0.9, 0.999), "eps": 1e-8} | options
        build = self._call(name)
        if not callable(build):
            raise self._misfit(name, "returned what is not a class")
        return self._optimizer(name, build(params, **given))

    def learning_rate(
        self, step: int, max_lr: float, min_lr: float, warmup_steps: int, total_steps: int
    ) -> float:
        """See ``Subject``."""
        name = "run_get_lr_cosine_schedule"
        rate = self._call(
            name,
            it=step,
            max_learning_rate=max_lr,
            min_learning_rate=min_lr,
            warmup_iters=warmup_steps,
            cosine_cycle_iters=total_steps,
        )
        return self._number(name, rate)

    def clip(self, parameters: Sequence[Tensor], max_norm: float) -> None:
        """See ``Subject``. The course's function reports nothing."""
        self._call("run_gradient_clipping", parameters, max_norm)

    def batch(
        self,
        tokens: np.ndarray[Any, Any],
        batch_size: int,
        context_length: int,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """See ``Subject``. The generator seeds whatever global one the function draws from."""
        name = "run_get_batch"
        seed = int(torch.randint(2**31, (), generator=generator))
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        pair = self._call(
            name,
            dataset=tokens,
            batch_size=batch_size,
            context_length=context_length,
            device="cpu",
        )
        return self._batch(name, pair, (batch_size, context_length))

    def save(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, step: int, out: BinaryIO
    ) -> None:
        """See ``Subject``. Through a path, which is what the course's test gives."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "checkpoint.pt")
            self._call("run_save_checkpoint", model, optimizer, iteration=step, out=path)
            if not path.is_file():
                raise self._misfit("run_save_checkpoint", "wrote no file where it was told to")
            out.write(path.read_bytes())

    def load(self, source: BinaryIO, model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        """See ``Subject``. Through a path, which is what the course's test gives."""
        name = "run_load_checkpoint"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "checkpoint.pt")
            path.write_bytes(source.read())
            step = self._call(name, src=path, model=model, optimizer=optimizer)
        return self._number(name, step)

    # How the functions are found and called

    def _function(self, name: str) -> Callable[..., object]:
        found: Callable[..., object] | None = getattr(self._source.module, name, None)
        if found is None:
            raise Skip(f"{self._source.name} has no {name}.")
        return found

    def _call(self, name: str, *inputs: object, **options: object) -> object:
        """What the function of that name returns.

        Raises Skip where it is not written yet, or fails on a dtype that the course does not use.
        """
        function = self._function(name)
        try:
            return function(*inputs, **options)
        except NotImplementedError as error:
            if self._source.raised(error):
                raise Skip(f"{name} is not implemented yet.") from error
            raise
        except (RuntimeError, TypeError, ValueError) as error:
            if unusual := _unusual([*inputs, *options.values()]):
                raise Skip(f"{name} does not take {unusual}.") from error
            raise

    def _part(
        self,
        name: str,
        shape: Sequence[int],
        inputs: Sequence[Tensor],
        *positional: object,
        **options: object,
    ) -> Tensor:
        """A tensor of that shape, through which gradients can come back to ``inputs``."""
        output = self._tensor(name, self._call(name, *positional, **options), shape)
        wanted = torch.is_grad_enabled() and any(x.requires_grad for x in inputs)
        if wanted and not output.requires_grad:
            raise Skip(f"{name} returns a tensor without a graph: no gradient can come back.")
        return output

    def _arranged(self, weights: Weights, num_heads: int) -> dict[str, Tensor]:
        """``weights`` with queries and keys in the order that is rotated."""
        rotated = ("q_proj.weight", "k_proj.weight")
        return {
            name: self._layout.projection(w, num_heads) if name.endswith(rotated) else w
            for name, w in weights.items()
        }

    def _home(self, name: str) -> str | None:
        del name
        return self._source.name


def _unusual(given: Iterable[object]) -> str:
    """A floating-point dtype other than float32 among the tensors given; empty without one."""
    for value in given:
        if isinstance(value, Mapping) and (within := _unusual(value.values())):
            return within
        dtype = value.dtype if isinstance(value, Tensor) else torch.float32
        if dtype.is_floating_point and dtype is not torch.float32:
            return str(dtype).removeprefix("torch.")
    return ""


def _connected(y: Tensor, weights: list[Tensor]) -> bool:
    """Whether a gradient of ``y`` reaches every one of ``weights``."""
    if not y.requires_grad:
        return False
    found = torch.autograd.grad(y.sum(), weights, retain_graph=True, allow_unused=True)
    return all(gradient is not None for gradient in found)
