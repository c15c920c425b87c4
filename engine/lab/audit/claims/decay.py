"""Bug 8, weight decay applied to the momentum: what the key says of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.lab.audit.claim import LOSS, ROUNDING, Pair, Reading, Sign, Within, claim
from engine.lab.audit.watching import climb
from engine.lab.audit.workbench import STANDARD, Bench, Plan

LR, EPS, BETAS = 1e-3, 1e-8, (0.9, 0.95)
STEPS = 10


class _Course(NamedTuple):
    """A training run, and whether ten steps follow in which a token occurs for the first time."""

    plan: Plan
    newcomer: bool = False


class _Ran(NamedTuple):
    """How a training run went, in nats per character, as far as it can be told."""

    late: float
    climb: float


CAP = 3.1
"""Nats: what knowing nothing costs, ln 23. How far beyond a ruined run goes is chance."""


def _ran(bench: Bench, number: int, seed: int, course: _Course) -> _Ran:
    if not course.newcomer:
        losses = bench.trained(number, seed, course.plan).losses
    else:
        model = bench.model(number, seed, course.plan, unread=1)
        before = bench.train(number, model, seed, course.plan)
        tokens = bench.text.training.copy()
        tokens[::20] = len(bench.text.characters)
        after = Plan(lr=course.plan.lr / 10, steps=10)
        losses = before + bench.train(number, model, seed, after, tokens)
    late = sum(losses[-10:]) / 10
    return _Ran(min(late, CAP) if late == late else CAP, min(climb(losses), CAP))


@claim(
    8,
    "note 1",
    "Training is unstable or slower than expected",
    asks="the mean loss of the last ten of 100 steps, and how far the loss climbs back above the "
    "lowest it has been, in nats per character (3.1, what knowing nothing costs, stands for all "
    "above it and for NaN)",
    seen="the loss is more than 0.1 above correct code's, or climbs 0.5 further",
    opposite="the loss is more than 0.1 below correct code's",
    when="there is",
    settings={
        "a decay of 0.01": _Course(STANDARD),
        "a decay of 1, at a learning rate of 0.001": _Course(Plan(lr=1e-3, decay=1.0)),
        "a decay of 1, at a learning rate of 0.003": _Course(Plan(decay=1.0)),
        "a token that first occurs after 90 steps": _Course(Plan(steps=90), newcomer=True),
    },
    trains=True,
)
def unstable(bench: Bench, seed: int, course: _Course) -> Reading:
    """Too small to see, then a lower loss, then ruin: it depends on how strong the decay is."""
    right, wrong = (_ran(bench, number, seed, course) for number in (0, 8))
    ruined = wrong.climb > right.climb + 0.5
    slower = ruined or wrong.late > right.late + 0.1
    pairs = (
        Pair("loss", right.late, wrong.late, Within(absolute=1.5) if ruined else LOSS),
        Pair("climb", right.climb, wrong.climb, Within(absolute=1.5 if ruined else 0.1)),
    )
    return Reading(Sign.of(slower, not slower and wrong.late < right.late - 0.1), pairs)


class _Settings(NamedTuple):
    """An optimizer's."""

    decay: float
    lr: float = LR


def _gradients(seed: int) -> tuple[Tensor, list[Tensor]]:
    """A weight (64,) and a gradient of the same shape for each of ten steps."""
    draws = torch.Generator().manual_seed(seed)
    weight = torch.randn(64, generator=draws)
    return weight, [0.1 * torch.randn(64, generator=draws) for _ in range(STEPS)]


class _Walked(NamedTuple):
    """Where an optimizer has got to."""

    weight: Tensor
    m: Tensor
    v: Tensor
    largest: float
    """The largest step of any weight."""


def _walk(
    bench: Bench, number: int, weight: Tensor, grads: list[Tensor], settings: _Settings
) -> _Walked:
    """Ten steps with the gradients given."""
    p = torch.nn.Parameter(weight.clone())
    optimizer = bench.subject(number).adamw(
        [p], lr=settings.lr, betas=BETAS, eps=EPS, weight_decay=settings.decay
    )
    largest = 0.0
    for grad in grads:
        before = p.detach().clone()
        p.grad = grad.clone()
        optimizer.step()
        largest = max(largest, float((p.detach() - before).abs().max()))
    state = optimizer.state[p]
    return _Walked(p.detach(), state["m"], state["v"], largest)


def _torch_moment(weight: Tensor, grads: list[Tensor], settings: _Settings) -> Tensor:
    """The first moment that torch's own AdamW ends up with."""
    p = torch.nn.Parameter(weight.clone())
    optimizer = torch.optim.AdamW(
        [p], lr=settings.lr, betas=BETAS, eps=EPS, weight_decay=settings.decay
    )
    for grad in grads:
        p.grad = grad.clone()
        optimizer.step()
    moment: Tensor = optimizer.state[p]["exp_avg"]
    return moment


SETTINGS = {
    f"learning rate {s.lr:g}, with decay {s.decay:g}": s
    for s in (_Settings(0.01), _Settings(1.0), _Settings(0.1, 1e-2))
}


@claim(
    8,
    "note 2",
    "Compare optimizer state with a reference implementation",
    asks="the difference of the first moment from that of torch's AdamW after ten steps with the "
    "same random gradients of size 0.1, as a share of its size",
    seen="it is more than 10 times correct code's and above 0.0001",
    settings=SETTINGS,
)
def state(bench: Bench, seed: int, settings: _Settings) -> Reading:
    """The moments tell it at once."""
    weight, grads = _gradients(seed)
    right = _torch_moment(weight, grads, settings)
    clean, buggy = (
        float((_walk(bench, n, weight, grads, settings).m - right).norm() / right.norm())
        for n in (0, 8)
    )
    pair = Pair("relative difference", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > max(10 * clean, 1e-4)), (pair,))


def _length(model: torch.nn.Module) -> float:
    """The length of all weights of the blocks together."""
    weights = [p for name, p in model.named_parameters() if name.startswith("layers.")]
    return float(torch.stack([p.detach().norm() for p in weights]).norm())


@claim(
    8,
    "note 3",
    "Weight decay isn't working as expected: large weights aren't penalized",
    asks="the length of the blocks' weights after 100 steps of training, over their length before; "
    "or of a weight after ten steps with a gradient of zero (10 stands for all above it)",
    seen="it is more than 5 % above correct code's",
    opposite="it is more than 5 % below correct code's",
    when="there is",
    settings={
        "a decay of 0.01": STANDARD,
        "a decay of 1": Plan(lr=1e-3, decay=1.0),
        "a decay of 0.01 on a gradient of zero": None,
    },
    trains=True,
)
def unpenalized(bench: Bench, seed: int, plan: Plan | None) -> Reading:
    """Large weights grow."""

    def growth(number: int) -> float:
        if plan is None:
            weight, grads = _gradients(seed)
            still = [torch.zeros_like(grad) for grad in grads]
            walked = _walk(bench, number, weight, still, _Settings(0.01))
            return min(float(walked.weight.norm() / weight.norm()), 10.0)
        after = _length(bench.trained(number, seed, plan).model)
        return after / _length(bench.model(number, seed, plan))

    clean, buggy = growth(0), growth(8)
    pair = Pair("growth", clean, buggy, ROUNDING if plan is None else Within(absolute=0.01))
    return Reading(Sign.of(buggy > 1.05 * clean, buggy < 0.95 * clean), (pair,))


@claim(
    8,
    "explanation",
    "It corrupts the momentum estimate with weight values",
    asks="the difference of the first moments of two weights, one ten times the other, after ten "
    "steps with the same gradients, as a share of their size",
    seen="it is above 0.0001 where correct code's is below 0.000001",
    settings=SETTINGS,
)
def corrupted(bench: Bench, seed: int, settings: _Settings) -> Reading:
    """A moment that knows its weight is no moment of the gradient."""
    weight, grads = _gradients(seed)

    def difference(number: int) -> float:
        one, ten = (_walk(bench, number, weight * by, grads, settings).m for by in (1, 10))
        return float((ten - one).norm() / one.norm())

    clean, buggy = difference(0), difference(8)
    pair = Pair("relative difference", clean, buggy, ROUNDING)
    return Reading(Sign.of(buggy > 1e-4 and clean < 1e-6), (pair,))


@claim(
    8,
    "explanation",
    "It breaks the adaptive learning rate mechanism",
    asks="the largest of ten steps of any weight, in units of the learning rate (Adam's promise: "
    "about 1), and the difference of the second moments from correct code's, as a share of their "
    "size",
    seen="a step is more than 10 learning rates long where correct code's stay below 5",
    when="the gradients are",
    settings={"random": True, "zero": False},
)
def adaptive(bench: Bench, seed: int, moving: bool) -> Reading:
    """The estimate itself is sound; what goes through it is not."""
    weight, grads = _gradients(seed)
    grads = grads if moving else [torch.zeros_like(grad) for grad in grads]
    right, wrong = (_walk(bench, n, weight, grads, _Settings(0.01)) for n in (0, 8))
    clean, buggy = right.largest / LR, wrong.largest / LR
    off = float((wrong.v - right.v).norm() / right.v.norm().clamp_min(1e-30))
    pairs = (
        Pair("largest step / learning rate", clean, buggy, ROUNDING),
        Pair("second moments, difference", 0.0, off, ROUNDING),
    )
    return Reading(Sign.of(buggy > 10 and clean < 5), pairs)


def _unread(bench: Bench, number: int, seed: int) -> tuple[float, float]:
    """Loss after 30 steps at the defaults, and the growth of embeddings that nothing reads."""
    plan = Plan(lr=1e-3, steps=30)
    model = bench.model(number, seed, plan, unread=4)
    before = float(model.token_embeddings.weight[-4:].detach().norm())
    losses = bench.train(number, model, seed, plan)
    after = float(model.token_embeddings.weight[-4:].detach().norm())
    return sum(losses[-10:]) / 10, after / before


@claim(
    8,
    "severity",
    "Subtly wrong optimization behavior",
    asks="the mean loss of the last ten of 30 steps at a learning rate of 0.001 and a decay of "
    "0.01, in nats per character; and the growth of four embeddings that no text ever reads",
    seen="the losses are within 0.02 of each other, and the unread embeddings have grown more than "
    "tenfold where with correct code they shrink",
    settings={"at the defaults": None},
    trains=True,
)
def subtle(bench: Bench, seed: int, defaults: None) -> Reading:
    """Nothing on the dashboard, everything where nobody looks."""
    (loss, shrunk), (same, grown) = _unread(bench, 0, seed), _unread(bench, 8, seed)
    pairs = (
        Pair("loss", loss, same, LOSS),
        Pair("growth of unread rows", shrunk, grown, Within(share=0.02)),
    )
    return Reading(Sign.of(abs(loss - same) < 0.02 and shrunk < 1 and grown > 10), pairs)


CLAIMS = (unstable, state, unpenalized, corrupted, adaptive, subtle)
