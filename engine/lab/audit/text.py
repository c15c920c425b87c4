"""The text that models are trained on: made here, so that it is the same on every machine."""

from __future__ import annotations

import random
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

TRAINING, VALIDATION = 60_000, 8_000
"""Characters of each part."""

_WHO = ("the cat", "a dog", "my friend", "the old man", "one bird", "the child")
_DOES = ("sees", "likes", "follows", "finds", "hears")
_WHAT = ("the moon", "a tree", "the river", "some bread", "a song", "the road")


def sentences(seed: int, length: int) -> str:
    """``length`` characters of small talk in which every sentence names one thing twice."""
    draw = random.Random(seed)
    text = ""
    while len(text) < length:
        who, does, what = draw.choice(_WHO), draw.choice(_DOES), draw.choice(_WHAT)
        text += f"{who} {does} {what}, and {what} waits for {who}. "
    return text[:length]


class Text:
    """A text to train on and another to validate on, character by character."""

    def __init__(self) -> None:
        training, validation = sentences(0, TRAINING), sentences(1, VALIDATION)
        self.characters = sorted(set(training + validation))
        index = {character: i for i, character in enumerate(self.characters)}
        self.training = np.array([index[character] for character in training])
        self.validation = torch.tensor([index[character] for character in validation])
        self._index = index

    def encode(self, text: str) -> Tensor:
        """Token ids (seq,)."""
        return torch.tensor([self._index[character] for character in text])

    def decode(self, token_ids: Tensor) -> str:
        """The characters of token ids (seq,)."""
        return "".join(self.characters[int(i)] for i in token_ids)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the text, punctuation included."""
        return frozenset(" ".join((*_WHO, *_DOES, *_WHAT, "and waits for")).split())

    @cached_property
    def letter_entropy(self) -> float:
        """Nats per character of a model that knows how often each occurs, and nothing else."""
        share = np.bincount(self.training) / len(self.training)
        return float(-(share * np.log(share)).sum())
