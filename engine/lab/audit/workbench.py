"""Models of correct and of buggy code, side by side: built, trained once, kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.catalog import Catalog
from engine.lab.audit.text import Text
from engine.lab.codebase import Codebase
from engine.lab.subjects import CodebaseSubject, ModelConfig, Subject

CLEAN = 0
"""The number of the clean codebase; bug n is level n's."""

CONTEXT = 64
BATCH = 4
WARMUP = 10


@dataclass(frozen=True)
class Plan:
    """A model's sizes, and how it is trained."""

    layers: int = 2
    heads: int = 4
    width: int = 64
    steps: int = 100
    lr: float = 3e-3
    decay: float = 0.01

    @property
    def head(self) -> int:
        """Features of one head, d_k."""
        return self.width // self.heads


STANDARD = Plan()


class Run(NamedTuple):
    """A trained model and the loss of each step."""

    model: nn.Module
    losses: tuple[float, ...]

    @property
    def late(self) -> float:
        """The mean loss of the last ten steps."""
        return sum(self.losses[-10:]) / 10


class Bench:
    """Builds, trains and scores the models that claims are measured on."""

    def __init__(self, folder: Path) -> None:
        """``folder`` takes a copy of each codebase."""
        self._folder = folder
        self.text = Text()
        self.code = cache(self._code)
        self.subject = cache(self._subject)
        self.trained = cache(self._trained)

    def _code(self, number: int) -> Codebase:
        """The clean codebase, or that of a level."""
        catalog = Catalog()
        source = catalog.find(number).start if number else catalog.codebase
        root = self._folder / str(number)
        for file, content in source.items():
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
        return Codebase(root)

    def _subject(self, number: int) -> Subject:
        """The same code, part by part."""
        return CodebaseSubject(self.code(number))

    def model(self, number: int, seed: int, plan: Plan = STANDARD, unread: int = 0) -> Any:
        """A fresh model, the same weights for every codebase; ``unread`` tokens never occur."""
        vocab = len(self.text.characters) + unread
        config = ModelConfig(
            vocab, 2 * CONTEXT, plan.width, plan.layers, plan.heads, 2 * plan.width
        )
        return self.subject(number).language_model(config, seed, torch.float32)

    def train(
        self,
        number: int,
        model: nn.Module,
        seed: int,
        plan: Plan,
        tokens: npt.NDArray[np.int64] | None = None,
    ) -> tuple[float, ...]:
        """Train ``model`` with the trainer of that codebase; the loss of each step.

        ``tokens`` stand in for the training text.
        """
        trainer = self.code(number).module("training.trainer")
        config = trainer.TrainingConfig(
            steps=plan.steps,
            batch_size=BATCH,
            context_length=CONTEXT,
            max_lr=plan.lr,
            min_lr=plan.lr / 10,
            warmup_steps=WARMUP,
            weight_decay=plan.decay,
        )
        draws = torch.Generator().manual_seed(seed)
        tokens = self.text.training if tokens is None else tokens
        return tuple(trainer.train(model, tokens, config, draws))

    def _trained(self, number: int, seed: int, plan: Plan = STANDARD) -> Run:
        """A model trained once, then kept: leave its weights alone."""
        model = self.model(number, seed, plan)
        return Run(model, self.train(number, model, seed, plan))

    def crossed(self, model: nn.Module, number: int, plan: Plan = STANDARD) -> Any:
        """The weights of ``model`` under the code of another codebase."""
        guest = self.model(number, 0, plan)
        guest.load_state_dict(model.state_dict())
        return guest

    def batch(self, seed: int, size: int = 8, length: int = CONTEXT) -> tuple[Tensor, Tensor]:
        """Inputs and targets (size, length) of the training text, the same for every codebase."""
        draws = torch.Generator().manual_seed(1000 + seed)
        starts = torch.randint(len(self.text.training) - length, (size, 1), generator=draws)
        windows = torch.from_numpy(self.text.training[starts + torch.arange(length + 1)])
        return windows[:, :-1], windows[:, 1:]

    def backward(self, model: nn.Module, seed: int) -> float:
        """Fill in the gradients of torch's own cross-entropy on one batch; the loss."""
        inputs, targets = self.batch(seed)
        model.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        return loss.item()

    def scored(self, model: nn.Module, positions: Tensor | None = None) -> float:
        """Cross-entropy on the validation text as training scores it, in nats per character."""
        inputs, targets = self._windows()
        with torch.no_grad():
            logits = model(inputs) if positions is None else model(inputs, positions)
            return F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()

    def writing(self, model: nn.Module, *, whole: bool) -> float:
        """Cross-entropy at every fourth character of the validation windows.

        ``whole``: with the whole window in view, as in scoring. Otherwise each prediction is made
        from the text before it and nothing else, as in writing. Correct code makes no difference.
        """
        inputs, targets = self._windows()
        ends = range(2, CONTEXT, 4)
        with torch.no_grad():
            if whole:
                logits = model(inputs)[:, 1::4]
            else:
                logits = torch.stack([model(inputs[:, :end])[:, -1] for end in ends], 1)
        return F.cross_entropy(logits.flatten(0, 1), targets[:, 1::4].flatten()).item()

    def accuracy(self, model: nn.Module) -> float:
        """Share of validation characters that the model ranks first."""
        inputs, targets = self._windows()
        with torch.no_grad():
            return float((model(inputs).argmax(-1) == targets).double().mean())

    def _windows(self) -> tuple[Tensor, Tensor]:
        length = 32 * CONTEXT
        ids = self.text.validation
        return ids[:length].view(32, CONTEXT), ids[1 : length + 1].view(32, CONTEXT)
