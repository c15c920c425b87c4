"""Bug 6, no residual connection around the feed-forward network: what the key says of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.lab.audit.claim import LOSS, ROUNDING, Pair, Reading, Sign, Within, claim
from engine.lab.audit.watching import gradient
from engine.lab.audit.workbench import Bench, Plan

D_MODEL, SEQ = 64, 16
DEPTHS = {f"{layers} layers": Plan(layers=layers, steps=50) for layers in (2, 8, 16)}
"""Fifty steps are enough to tell whether the model gets anywhere."""
FIRST = "layers.0.ffn.w1.weight"


class _When(NamedTuple):
    """A depth, and whether the model has been trained."""

    plan: Plan
    trained: bool


@claim(
    6,
    "note 1",
    "Gradients vanish in deep models",
    asks="the norm of the gradient of the first block's feed-forward weights",
    seen="correct code's is more than 1.5 times as large",
    opposite="it is more than 1.5 times correct code's",
    when="the model has",
    settings={
        f"{depth}, {'after 50 steps' if trained else 'before training'}": _When(plan, trained)
        for trained in (False, True)
        for depth, plan in DEPTHS.items()
    },
    trains=True,
)
def vanishing(bench: Bench, seed: int, case: _When) -> Reading:
    """They explode before they vanish."""

    def norm(number: int) -> float:
        run = bench.trained(number, seed, case.plan).model if case.trained else None
        model = run or bench.model(number, seed, case.plan)
        bench.backward(model, seed)
        return gradient(model, FIRST)

    clean, buggy = norm(0), norm(6)
    within = Within(absolute=0.05, share=0.2) if case.trained else Within(share=0.05)
    pair = Pair("gradient norm", clean, buggy, within)
    return Reading(Sign.of(clean > 1.5 * buggy, buggy > 1.5 * clean), (pair,))


@claim(
    6,
    "note 2",
    "Loss doesn't decrease",
    asks="the mean loss of the last ten of 50 steps, in nats per character",
    seen="it is no more than 0.1 below the entropy of the letters' frequencies",
    opposite="it is more than 0.05 below correct code's",
    when="the model has",
    settings=DEPTHS,
    trains=True,
)
def stuck(bench: Bench, seed: int, plan: Plan) -> Reading:
    """It learns how often each letter occurs, and nothing of its context."""
    clean, buggy = (bench.trained(number, seed, plan).late for number in (0, 6))
    pair = Pair("loss", clean, buggy, LOSS)
    return Reading(Sign.of(buggy > bench.text.letter_entropy - 0.1, buggy < clean - 0.05), (pair,))


def _weights(seed: int) -> dict[str, Tensor]:
    """One block's weights, of which the attention adds nothing and the feed-forward network, too,
    is silent."""
    draws = torch.Generator().manual_seed(seed)

    def drawn(rows: int, columns: int) -> Tensor:
        return torch.randn(rows, columns, generator=draws).div(D_MODEL**0.5)

    names = ("q_proj", "k_proj", "v_proj")
    return {
        **{f"attn.{name}.weight": drawn(D_MODEL, D_MODEL) for name in names},
        "attn.output_proj.weight": torch.zeros(D_MODEL, D_MODEL),
        "ln1.weight": torch.ones(D_MODEL),
        "ln2.weight": torch.ones(D_MODEL),
        "ffn.w1.weight": drawn(2 * D_MODEL, D_MODEL),
        "ffn.w2.weight": torch.zeros(D_MODEL, 2 * D_MODEL),
        "ffn.w3.weight": drawn(2 * D_MODEL, D_MODEL),
    }


class _Through(NamedTuple):
    """What gets through silent blocks, as a share of what went in."""

    values: float
    gradient: float


def _silent(bench: Bench, number: int, seed: int, blocks: int) -> _Through:
    draws = torch.Generator().manual_seed(seed + 1)
    x = torch.randn(2, SEQ, D_MODEL, generator=draws, requires_grad=True)
    weights = _weights(seed)
    y = x
    for _ in range(blocks):
        y = bench.subject(number).block(y, weights, 4, torch.arange(SEQ))
    # The square of the length, so that what comes back is twice y's share of x.
    y.pow(2).sum().backward()
    back = 0.0 if x.grad is None else float(x.grad.norm()) / 2
    return _Through(float(y.detach().norm() / x.detach().norm()), back / float(x.detach().norm()))


BLOCKS = {f"{n} silent block{'s' * (n > 1)}": n for n in (1, 8)}


@claim(
    6,
    "note 3, explanation",
    "Check that the output has a contribution from the input; without it the block loses its "
    "identity shortcut",
    asks="the length of a block's output over that of its input, with the output weights of both "
    "sublayers set to zero",
    seen="it is below 0.01 where correct code's is 1 within 0.001",
    settings=BLOCKS,
)
def shortcut(bench: Bench, seed: int, blocks: int) -> Reading:
    """Nothing of the input is left but what the feed-forward network makes of it."""
    clean, buggy = (_silent(bench, number, seed, blocks).values for number in (0, 6))
    pair = Pair("output over input", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy < 0.01 and abs(clean - 1) < 1e-3), (pair,))


@claim(
    6,
    "explanation",
    "Residual connections allow gradients to flow directly through the network",
    asks="the share of a gradient that gets back through blocks whose sublayers are silent",
    seen="it is below 0.01 where correct code's is 1 within 0.001",
    settings=BLOCKS,
)
def direct_gradient(bench: Bench, seed: int, blocks: int) -> Reading:
    """The same shortcut, on the way back."""
    clean, buggy = (_silent(bench, number, seed, blocks).gradient for number in (0, 6))
    pair = Pair("gradient back", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy < 0.01 and abs(clean - 1) < 1e-3), (pair,))


def _kept(bench: Bench, number: int, seed: int, plan: Plan) -> float:
    """Mean cosine of the embeddings and the stream behind the last block, before training."""
    model = bench.model(number, seed, plan)
    inputs, _ = bench.batch(seed)
    streams: list[Tensor] = []

    def look(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        streams.append(output)

    for module in (model.token_embeddings, model.layers[-1]):
        module.register_forward_hook(look)
    with torch.no_grad():
        model(inputs)
    return F.cosine_similarity(streams[0], streams[1], dim=-1).mean().item()


@claim(
    6,
    "explanation",
    "Residual connections help preserve information from earlier layers",
    asks="the mean cosine between a token's embedding and the residual stream behind the last "
    "block of an untrained model",
    seen="it is within 0.1 of zero where correct code's is above 0.2",
    when="the model has",
    settings=DEPTHS,
)
def preserved(bench: Bench, seed: int, plan: Plan) -> Reading:
    """How much of the token is still there at the end."""
    clean, buggy = (_kept(bench, number, seed, plan) for number in (0, 6))
    pair = Pair("cosine", clean, buggy, ROUNDING)
    return Reading(Sign.of(abs(buggy) < 0.1 and clean > 0.2), (pair,))


@claim(
    6,
    "explanation, severity",
    "The model becomes much harder to train, the architecture is fundamentally broken",
    asks="cross-entropy on the validation text after 50 steps, in nats per character",
    seen="it is more than 0.1 above correct code's",
    opposite="it is more than 0.05 below correct code's",
    when="the model has",
    settings=DEPTHS,
    trains=True,
)
def harder(bench: Bench, seed: int, plan: Plan) -> Reading:
    """Shallow models train faster without it."""
    clean, buggy = (bench.scored(bench.trained(n, seed, plan).model) for n in (0, 6))
    pair = Pair("validation loss", clean, buggy, LOSS)
    return Reading(Sign.of(buggy > clean + 0.1, buggy < clean - 0.05), (pair,))


CLAIMS = (vanishing, stuck, shortcut, direct_gradient, preserved, harder)
