"""What a question of the exam is, and asking it in a steady state of torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk

Ask = Callable[[Code, Desk], None]


@dataclass(frozen=True)
class Question:
    """One question: what is asked, of which component, and how."""

    name: str
    """``area.what``, stable: it names the check of the verdict."""
    component: str
    """As shown to people."""
    asks: str
    """One sentence, the same whether the answer is right or wrong."""
    ask: Ask
    any_adamw: bool = False
    """The answer depends on which correct form AdamW has."""


class Area:
    """Collects the questions about one component, in the order of their definition."""

    def __init__(self, prefix: str, component: str, *, any_adamw: bool = False) -> None:
        self.prefix = prefix
        self.component = component
        self.any_adamw = any_adamw
        self.questions: list[Question] = []

    def question(self, ask: Ask) -> Ask:
        """Register ``rope_values`` as ``rope.values``; its docstring is the sentence that asks."""
        name = f"{self.prefix}.{ask.__name__.removeprefix(f'{self.prefix}_')}"
        asks = " ".join((ask.__doc__ or name).split())  # python -OO drops docstrings
        self.questions.append(Question(name, self.component, asks, ask, self.any_adamw))
        return ask


def put(question: Question, code: Code, desk: Desk) -> None:
    """Ask ``question`` of ``code`` at ``desk``. Raises whatever the code under test raises."""
    with steady(desk.seed):
        code.activate()
        question.ask(code, desk)


@contextmanager
def steady(seed: int) -> Iterator[None]:
    """The global state of torch as a new interpreter has it, seeded; put back at the end.

    What the code under test does to it in one question must not change another's answer.
    """
    dtype = torch.get_default_dtype()
    draws = np.random.get_state()
    with torch.random.fork_rng(devices=[]), torch.enable_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.set_default_dtype(torch.float32)
        torch.default_generator.manual_seed(seed)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            np.random.set_state(draws)
