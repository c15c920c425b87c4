"""The little language model that the briefs tell of, and the text it is trained on."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.catalog import Catalog
from engine.lab.codebase import Codebase

CONTEXT = 64


def sentences(seed: int, length: int) -> str:
    """``length`` characters of small talk in which every sentence names one thing twice."""
    draw = random.Random(seed)
    who = ["the cat", "a dog", "my friend", "the old man", "one bird", "the child"]
    does = ["sees", "likes", "follows", "finds", "hears"]
    what = ["the moon", "a tree", "the river", "some bread", "a song", "the road"]
    text = ""
    while len(text) < length:
        a, b, c = draw.choice(who), draw.choice(does), draw.choice(what)
        text += f"{a} {b} {c}, and {c} waits for {a}. "
    return text[:length]


class Text(NamedTuple):
    """A text to train on and one to validate on, as characters and as token ids."""

    characters: list[str]
    training: Any
    validation: Tensor

    def encode(self, text: str) -> Tensor:
        """Token ids (seq,)."""
        return torch.tensor([self.characters.index(c) for c in text])


@pytest.fixture(scope="session")
def text() -> Text:
    training, validation = sentences(0, 60_000), sentences(1, 8_000)
    characters = sorted(set(training + validation))
    index = {c: i for i, c in enumerate(characters)}
    return Text(
        characters,
        np.array([index[c] for c in training]),
        torch.tensor([index[c] for c in validation]),
    )


class Run(NamedTuple):
    """A trained model and the loss of each step."""

    code: Codebase
    model: Any
    losses: list[float]


class Bench:
    """Builds and trains the model of any level; 0 is the clean codebase."""

    def __init__(self, folder: Path, text: Text) -> None:
        self.folder = folder
        self.text = text
        self.trained = cache(self._trained)

    def code(self, number: int) -> Codebase:
        """The codebase of a level."""
        catalog = Catalog()
        root = self.folder / str(number)
        source = catalog.find(number).start if number else catalog.codebase
        for file, content in source.items():
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
        return Codebase(root)

    def model(
        self, code: Codebase, seed: int = 0, layers: int = 2, extra: int = 0, width: int = 64
    ) -> Any:
        """A fresh model with four heads; ``extra`` tokens never occur in the text."""
        torch.manual_seed(seed)
        build = code.attribute("transformer.transformer", "TransformerLM")
        vocab = len(self.text.characters) + extra
        return build(vocab, 128, width, layers, 4, 2 * width, 10_000.0)

    def _trained(
        self, number: int, steps: int, layers: int = 2, extra: int = 0, decay: float = 0.01
    ) -> Run:
        code = self.code(number)
        model = self.model(code, layers=layers, extra=extra)
        config = code.attribute("training.trainer", "TrainingConfig")(
            steps=steps,
            batch_size=16,
            context_length=CONTEXT,
            max_lr=1e-3,
            min_lr=1e-4,
            warmup_steps=10,
            weight_decay=decay,
        )
        train = code.attribute("training.trainer", "train")
        draws = torch.Generator().manual_seed(0)
        return Run(code, model, train(model, self.text.training, config, draws))

    def validation_loss(self, model: Any) -> float:
        """Cross-entropy on the validation text as training scores it, in nats per character."""
        inputs, targets = self._windows()
        with torch.no_grad():
            return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()

    def honest_loss(self, model: Any) -> float:
        """The same with each prediction made from the text before it and nothing else."""
        inputs, targets = self._windows()
        ends = range(8, CONTEXT + 1, 8)
        with torch.no_grad():
            logits = torch.stack([model(inputs[:, :end])[:, -1] for end in ends], 1)
        return F.cross_entropy(logits.flatten(0, 1), targets[:, 7::8].flatten()).item()

    def accuracy(self, model: Any) -> float:
        """Share of validation characters that the model ranks first."""
        inputs, targets = self._windows()
        with torch.no_grad():
            return float((model(inputs).argmax(-1) == targets).double().mean())

    def _windows(self) -> tuple[Tensor, Tensor]:
        length = 32 * CONTEXT
        ids = self.text.validation
        return ids[:length].view(32, CONTEXT), ids[1 : length + 1].view(32, CONTEXT)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, text: Text) -> Bench:
    torch.set_num_threads(1)
    return Bench(tmp_path_factory.mktemp("codebases"), text)
