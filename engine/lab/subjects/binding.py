"""Any language model that is a ``torch.nn.Module``, bound by a small file beside it.

The file says how to build the model, how to call it and what its loss is::

    VOCAB_SIZE = 65
    CONTEXT_LENGTH = 32

    def build():                        # a fresh model, small enough for a laptop
        return GPT(GPTConfig(...))

    def logits(model, token_ids):       # integers (batch, seq) -> (batch, seq, VOCAB_SIZE)
        return model(token_ids)

All else is optional: ``loss(logits, targets)``, the mean cross-entropy in nats; ``EMBEDDING``,
``BLOCKS`` and ``HEAD``, dotted names of the token embedding, of the list of blocks and of the
output layer; ``CAUSAL = False`` for a model that may look ahead; ``LEARNING_RATE``, 0.001 unless
given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.evidence import Fault
from engine.lab.subjects.loading import Foreign
from engine.lab.subjects.surface import ModelConfig, Skip, Subject

ASKED = frozenset(
    {
        "shapes.trace",
        "shapes.batch",
        "decoding.prefix",
        "residual.depth",
        "gradients.finite_differences",
        "gradients.reach",
        "gradients.examples",
        "training.first_nonfinite",
        "training.start_loss",
        "training.overfit",
        "training.gradient_norms",
    }
)
"""Probes of a whole model, whatever it is made of."""
LONGEST = 24
"""Tokens of a sequence that is tried, where the context allows as many."""


class BoundSubject(Subject):
    """A model as its binding describes it; dropout and the like are switched off."""

    def __init__(self, source: Foreign) -> None:
        self._source = source

    def fault(self, error: BaseException) -> Fault:
        """See ``Subject``."""
        return self._source.fault(error)

    def unasked(self, probe: str) -> str | None:
        """See ``Subject``."""
        if probe == "decoding.prefix" and not getattr(self._source.module, "CAUSAL", True):
            return f"{self._source.name} says that the model may look ahead."
        if probe in ASKED or (probe.startswith("loss.") and self._has("loss")):
            return None
        return f"{self._source.name} binds a whole model, not its parts."

    @property
    def config(self) -> ModelConfig:
        """The sizes that probes draw their inputs for and bound their rounding by.

        Of a model that is not taken apart, the widest matrix stands for the width of a layer.
        """
        model = self._fresh(0)
        shapes = [
            p.shape for p in model.parameters() if p.dim() == 2 and self._vocab not in p.shape
        ]
        wide = max(shapes, key=sum, default=torch.Size((1, 1)))
        layers = len(self._listed(model)) or max(1, len(shapes) // 4)
        context = min(int(self._constant("CONTEXT_LENGTH")), LONGEST)
        return ModelConfig(self._vocab, context, min(wide), layers, 1, max(wide))

    # What a probe asks

    def language_model(self, config: ModelConfig, seed: int, dtype: torch.dtype) -> nn.Module:
        """See ``Subject``. The sizes are the model's own."""
        del config
        return self._fresh(seed).to(dtype)

    def logits(
        self, model: nn.Module, token_ids: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        """See ``Subject``."""
        if positions is not None:
            raise Skip("The model counts positions by itself.")
        try:
            y = self._function("logits")(model, token_ids)
        except RuntimeError as error:
            if any(p.dtype is torch.float64 for p in model.parameters()):
                raise Skip("The model does not run in float64.") from error
            raise
        return self._logits("logits", y, token_ids)

    def table(self, model: nn.Module) -> Tensor:
        """See ``Subject``. Unless named, the first embedding with a row for every token."""
        named = self._named(model, "EMBEDDING")
        found = named if named is not None else self._guess(model, nn.Embedding, "num_embeddings")
        if found is None:
            raise self._lacks("embedding that is known by name")
        return found.get_parameter("weight")

    def head(self, model: nn.Module) -> Tensor:
        """See ``Subject``. Unless named, the last linear layer with an output for every token."""
        named = self._named(model, "HEAD")
        found = named if named is not None else self._guess(model, nn.Linear, "out_features")
        if found is None:
            raise self._lacks("output layer that is known by name")
        weight = found.get_parameter("weight")
        if getattr(found, "bias", None) is not None:
            raise Skip("The output layer has a bias: its first loss is not known beforehand.")
        if any(
            weight is p
            for m in model.modules()
            if isinstance(m, nn.Embedding)
            for p in m.parameters()
        ):
            raise Skip(
                "The output layer shares its weight with the embedding: its first loss is not "
                "known beforehand."
            )
        if not self._normed(model, found):
            raise Skip(
                "What the output layer is given is not normed: its first loss is not known "
                "beforehand."
            )
        return weight

    def blocks(self, model: nn.Module) -> list[nn.Module]:
        """See ``Subject``. Unless named, the longest ``ModuleList``."""
        found = self._listed(model)
        if not found:
            raise self._lacks("list of blocks that is known by name")
        return found

    def cross_entropy(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See ``Subject``. The binding's loss takes (batch, seq, vocab); without one, torch's."""
        if not self._has("loss"):
            return F.cross_entropy(logits.flatten(0, -2), targets.flatten())
        rows = logits.flatten(0, -3) if logits.dim() > 3 else logits[(None,) * (3 - logits.dim())]
        loss = self._function("loss")(rows, targets.reshape(rows.shape[:-1]))
        return self._tensor("loss", loss, ())

    def adamw(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], **options: Any
    ) -> torch.optim.Optimizer:
        """See ``Subject``. torch's, at the binding's learning rate."""
        rate = float(getattr(self._source.module, "LEARNING_RATE", 1e-3))
        return torch.optim.AdamW(params, **(options | {"lr": rate}))

    def train_step(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        inputs: Tensor,
        targets: Tensor,
        max_grad_norm: float,
    ) -> float:
        """See ``Subject``. The usual one, with the binding's loss."""
        optimizer.zero_grad()
        loss = self.cross_entropy(self.logits(model, inputs), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
        optimizer.step()
        return float(loss.detach())

    # What the binding says

    def _has(self, name: str) -> bool:
        return callable(getattr(self._source.module, name, None))

    def _function(self, name: str) -> Callable[..., object]:
        if not self._has(name):
            raise self._misfit(self._source.name, f"defines no function {name}")
        found: Callable[..., object] = getattr(self._source.module, name)
        return found

    def _constant(self, name: str) -> Any:
        if not hasattr(self._source.module, name):
            raise self._misfit(self._source.name, f"does not say {name}")
        return getattr(self._source.module, name)

    @property
    def _vocab(self) -> int:
        return int(self._constant("VOCAB_SIZE"))

    def _fresh(self, seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            return self._module("build", self._function("build")()).eval()

    def _named(self, model: nn.Module, name: str) -> nn.Module | None:
        path = getattr(self._source.module, name, None)
        return None if path is None else model.get_submodule(path)

    def _guess(self, model: nn.Module, kind: type[nn.Module], size: str) -> nn.Module | None:
        fits = [
            m for m in model.modules() if isinstance(m, kind) and getattr(m, size) == self._vocab
        ]
        return fits[0 if kind is nn.Embedding else -1] if fits else None

    def _listed(self, model: nn.Module) -> list[nn.Module]:
        named = self._named(model, "BLOCKS")
        if named is not None:
            return list(named.children())
        lists = [list(m.children()) for m in model.modules() if isinstance(m, nn.ModuleList)]
        return max(lists, key=len, default=[])

    def _normed(self, model: nn.Module, head: nn.Module) -> bool:
        """Whether every vector that ``head`` is given has a mean square of 1, to a hundredth."""
        squares: list[Tensor] = []
        hook = head.register_forward_pre_hook(
            lambda _, inputs: squares.append(inputs[0].detach().square().mean(-1))
        )
        try:
            with torch.no_grad():
                self.logits(model, torch.zeros(1, 2, dtype=torch.long))
        finally:
            hook.remove()
        return bool(squares) and bool(
            (torch.cat([s.flatten() for s in squares]) - 1).abs().max() < 0.01
        )

    def _home(self, name: str) -> str | None:
        del name
        return self._source.name
