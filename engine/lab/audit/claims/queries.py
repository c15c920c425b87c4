"""Bug 2, softmax over the queries: what the key says of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.lab.audit.claim import LOSS, ROUNDING, Pair, Reading, Sign, Within, claim
from engine.lab.audit.workbench import Bench, Plan

SEQ = 24


class _Scene(NamedTuple):
    """A head's size, and whether the future is masked."""

    d_k: int
    causal: bool


SCENES = {
    f"{'causal mask' if causal else 'no mask'}, with d_k {d_k}": _Scene(d_k, causal)
    for causal in (True, False)
    for d_k in (4, 64)
}


def _off_one(bench: Bench, number: int, seed: int, scene: _Scene, dim: int) -> float:
    """How far the worst sum of attention weights along ``dim`` is from 1."""
    draws = torch.Generator().manual_seed(seed)
    q, k = (torch.randn(4, SEQ, scene.d_k, generator=draws) for _ in range(2))
    mask = torch.ones(SEQ, SEQ, dtype=torch.bool).tril() if scene.causal else None
    weights: Tensor = bench.subject(number).attention(q, k, torch.eye(SEQ).expand(4, -1, -1), mask)
    return (weights.sum(dim) - 1).abs().max().item()


@claim(
    2,
    "note 1",
    "Each query's weights should add up to 1 over the keys; check that they do",
    asks="how far the worst of 96 rows of attention weights is from adding up to 1",
    seen="it is more than 0.1 off where correct code is less than 0.001 off",
    settings=SCENES,
)
def rows(bench: Bench, seed: int, scene: _Scene) -> Reading:
    """The sums over keys."""
    clean, buggy = (_off_one(bench, number, seed, scene, -1) for number in (0, 2))
    pair = Pair("worst row, off 1 by", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0.1 and clean < 1e-3), (pair,))


@claim(
    2,
    "note 2, explanation",
    "Each key's weights add up to 1 over the queries instead",
    asks="how far the worst of 96 columns of attention weights is from adding up to 1",
    seen="it is less than 0.001 off where correct code is more than 0.1 off",
    settings=SCENES,
)
def columns(bench: Bench, seed: int, scene: _Scene) -> Reading:
    """The sums over queries."""
    clean, buggy = (_off_one(bench, number, seed, scene, -2) for number in (0, 2))
    pair = Pair("worst column, off 1 by", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy < 1e-3 and clean > 0.1), (pair,))


def _share_of_words(bench: Bench, number: int, seed: int) -> float:
    """How many of the words in 110 characters it writes are words of the training text."""
    generate = bench.code(number).module("transformer.decoding").generate
    model = bench.trained(number, seed).model
    prompt = bench.text.encode("the cat sees ")
    draws = torch.Generator().manual_seed(seed)
    written = bench.text.decode(generate(model, prompt, 110, generator=draws)[len(prompt) :])
    words = written.split()[:-1]
    return sum(word in bench.text.words for word in words) / max(len(words), 1)


@claim(
    2,
    "note 3",
    "Model will produce nonsensical outputs",
    asks="cross-entropy of a trained model on the validation text, predicted from the whole window "
    "(which is how training and validation score) or from the text before each character (which is "
    "how it writes); and the share of real words in what it writes",
    seen="the loss is more than 0.1 above correct code's",
    opposite="it is below correct code's",
    when="it predicts from",
    settings={"the whole window": True, "the text before each character": False},
    trains=True,
)
def nonsense(bench: Bench, seed: int, whole: bool) -> Reading:
    """Scoring sees the future, writing does not."""
    clean, buggy = (
        bench.writing(bench.trained(number, seed).model, whole=whole) for number in (0, 2)
    )
    pairs = [Pair("loss", clean, buggy, LOSS if whole else Within(absolute=0.15))]
    if not whole:
        right, written = (_share_of_words(bench, number, seed) for number in (0, 2))
        pairs.append(Pair("share of real words", right, written, Within(absolute=0.2)))
    return Reading(Sign.of(buggy > clean + 0.1, buggy < clean), tuple(pairs))


def _leak(bench: Bench, number: int, seed: int, plan: Plan) -> float:
    """How far the logits before the last token move when the last token changes."""
    model = bench.model(number, seed, plan)
    inputs, _ = bench.batch(seed)
    changed = inputs.clone()
    changed[:, -1] = (changed[:, -1] + 1) % len(bench.text.characters)
    with torch.no_grad():
        return float((model(inputs) - model(changed))[:, :-1].abs().max())


@claim(
    2,
    "severity",
    "It fundamentally breaks the attention mechanism",
    asks="how far the logits of earlier positions of an untrained model move when the last token "
    "changes, which a causal model must not show",
    seen="they move by more than 0.01 where those of correct code stay within 0.001",
    when="the model has",
    settings={f"{n} layer{'s' * (n > 1)}": Plan(layers=n) for n in (1, 2, 8)},
)
def future(bench: Bench, seed: int, plan: Plan) -> Reading:
    """The future gets past the causal mask."""
    clean, buggy = (_leak(bench, number, seed, plan) for number in (0, 2))
    pair = Pair("largest move", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 0.01 and clean < 1e-3), (pair,))


CLAIMS = (rows, columns, nonsense, future)
