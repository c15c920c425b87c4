"""A training step, runs broken off and resumed, and a model that learns."""

import copy
import io
import math
import random
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.codebase.rounding import assert_within
from training.checkpoint import load_checkpoint, save_checkpoint
from training.data import get_batch
from training.loss import cross_entropy_loss
from training.optimizer import AdamW
from training.schedule import cosine_learning_rate
from training.trainer import TrainingConfig, train, train_step
from transformer.decoding import generate
from transformer.transformer import TransformerLM

VOCAB, CONTEXT = 11, 8
TOKENS = np.random.default_rng(0).integers(VOCAB, size=300)


def language_model(seed: int = 0) -> TransformerLM:
    torch.manual_seed(seed)
    return TransformerLM(VOCAB, CONTEXT, 8, 2, 2, 16, 100.0, dtype=torch.float64)


def batches(count: int) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [get_batch(TOKENS, 4, CONTEXT, generator=generator) for _ in range(count)]


@pytest.mark.parametrize("max_norm", [1e-3, 1e3], ids=["clipped", "not clipped"])
def test_a_step_is_that_of_the_same_loop_in_torch(max_norm: float) -> None:
    ours = language_model()
    theirs = copy.deepcopy(ours)
    # An eps of the size of the gradients, so that their scale is felt; see the tests of AdamW.
    lr, eps_hat = 1e-2, 0.1
    our_optimizer = AdamW(ours.parameters(), lr, eps=eps_hat, weight_decay=0)
    their_optimizer = torch.optim.AdamW(theirs.parameters(), lr, weight_decay=0)
    for t, (inputs, targets) in enumerate(batches(5), start=1):
        loss = train_step(ours, our_optimizer, inputs, targets, max_norm)

        their_optimizer.zero_grad()
        expected = F.cross_entropy(theirs(inputs).flatten(0, 1), targets.flatten())
        expected.backward()
        norm = torch.nn.utils.clip_grad_norm_(theirs.parameters(), max_norm)
        their_optimizer.param_groups[0]["eps"] = eps_hat / math.sqrt(1 - 0.999**t)
        their_optimizer.step()

        assert (norm > max_norm) == (max_norm < 1)
        # The gradients are equal to 1e4 roundings (see the tests of the model); a step of at most
        # lr / eps_hat times that adds to the weights, and those to the next gradients.
        rounding = 10**4 * torch.finfo(torch.float64).eps
        assert loss == pytest.approx(expected.item(), rel=t * rounding)
        for our, their in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert_within(our, their, t * rounding)


def test_a_step_forgets_gradients_from_before() -> None:
    fresh, stale = language_model(), language_model()
    for weight in stale.parameters():
        weight.grad = torch.ones_like(weight)
    [(inputs, targets)] = batches(1)
    for model in (fresh, stale):
        train_step(model, AdamW(model.parameters()), inputs, targets, 1.0)
    for our, their in zip(fresh.parameters(), stale.parameters(), strict=True):
        assert torch.equal(our, their)


def test_a_run_is_one_step_after_the_other_along_the_schedule() -> None:
    config = TrainingConfig(
        steps=6,
        batch_size=4,
        context_length=CONTEXT,
        max_lr=0.02,
        min_lr=0.001,
        warmup_steps=2,
        betas=(0.8, 0.9),
        eps=1e-6,
        weight_decay=0.3,
        max_grad_norm=0.5,
    )
    whole = language_model()
    seen: list[tuple[int, float]] = []
    losses = train(
        whole,
        TOKENS,
        config,
        torch.Generator().manual_seed(0),
        lambda step, loss: seen.append((step, loss)),
    )

    by_hand = language_model()
    optimizer = AdamW(by_hand.parameters(), 1.0, (0.8, 0.9), 1e-6, 0.3)
    expected = []
    for step, (inputs, targets) in enumerate(batches(6), start=1):
        [group] = optimizer.param_groups
        group["lr"] = cosine_learning_rate(step, 0.02, 0.001, 2, 6)
        expected.append(train_step(by_hand, optimizer, inputs, targets, 0.5))

    assert losses == expected
    assert seen == list(enumerate(losses, start=1))
    for our, their in zip(whole.parameters(), by_hand.parameters(), strict=True):
        assert torch.equal(our, their)


@pytest.mark.parametrize("where", ["path", "str", "file object"])
def test_a_resumed_run_goes_on_exactly_as_if_it_had_not_been_broken_off(
    where: str, tmp_path: Path
) -> None:
    todo = batches(8)
    whole = language_model()
    optimizer = AdamW(whole.parameters(), lr=0.02, weight_decay=0.1)
    uninterrupted = [train_step(whole, optimizer, *batch, 1.0) for batch in todo]

    first = language_model()
    optimizer = AdamW(first.parameters(), lr=0.02, weight_decay=0.1)
    losses = [train_step(first, optimizer, *batch, 1.0) for batch in todo[:3]]
    path, memory = tmp_path / "checkpoint.pt", io.BytesIO()
    places: dict[str, str | Path | IO[bytes]] = {
        "path": path,
        "str": str(path),
        "file object": memory,
    }
    out = places[where]
    save_checkpoint(first, optimizer, 3, out)
    for batch in todo[:2]:  # what happens after saving is not in the checkpoint
        train_step(first, optimizer, *batch, 1.0)

    memory.seek(0)
    second = language_model(seed=1)
    optimizer = AdamW(second.parameters(), lr=1.0)
    step = load_checkpoint(out, second, optimizer)
    assert step == 3
    assert optimizer.param_groups[0]["lr"] == 0.02
    losses += [train_step(second, optimizer, *batch, 1.0) for batch in todo[step:]]

    assert losses == uninterrupted
    for our, their in zip(second.parameters(), whole.parameters(), strict=True):
        assert torch.equal(our, their)


def test_a_checkpoint_restores_the_moments_too() -> None:
    model = language_model()
    optimizer = AdamW(model.parameters())
    for batch in batches(2):
        train_step(model, optimizer, *batch, 1.0)
    memory = io.BytesIO()
    save_checkpoint(model, optimizer, 2, memory)
    memory.seek(0)
    other = language_model(seed=1)
    restored = AdamW(other.parameters())
    load_checkpoint(memory, other, restored)
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        before, after = optimizer.state[ours], restored.state[theirs]
        assert after["t"] == before["t"] == 2
        assert torch.equal(after["m"], before["m"])
        assert torch.equal(after["v"], before["v"])


NAMES = ("ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal")
THINGS = ("axe", "bow", "cup", "dye", "elk", "fig", "gem", "hat")


def line(name: str, thing: str) -> str:
    return f"{name} has a {thing} and {name} sells the {thing}\n"


def test_a_model_learns_to_recall_what_a_line_began_with() -> None:
    # Name and thing are free, each log 8 nats; all else in a line follows from them, so that a line
    # holds 2 log 8 nats and no model does better. One that cannot recall the name when it comes
    # again pays log 8 more at least, and the same for the thing. Below 3 log 8 it recalls of both.
    choice = random.Random(0)
    text = "\n" + "".join(line(choice.choice(NAMES), choice.choice(THINGS)) for _ in range(400))
    vocabulary = sorted(set(text))
    ids = {character: i for i, character in enumerate(vocabulary)}
    torch.manual_seed(0)
    model = TransformerLM(
        vocab_size=len(vocabulary),
        context_length=40,
        d_model=32,
        num_layers=2,
        num_heads=4,
        d_ff=96,
        rope_theta=10_000.0,
    )
    config = TrainingConfig(
        steps=500,
        batch_size=16,
        context_length=40,
        max_lr=3e-3,
        min_lr=3e-4,
        warmup_steps=25,
    )
    tokens = np.array([ids[character] for character in text], dtype=np.uint16)
    train(model, tokens, config, torch.Generator().manual_seed(0))

    # All 64 lines, each once: their mean is the expectation, without an error of sampling.
    lines = ["\n" + line(name, thing) for name in NAMES for thing in THINGS]
    everything = torch.tensor([[ids[character] for character in each] for each in lines])
    with torch.no_grad():
        per_character = cross_entropy_loss(model(everything[:, :-1]), everything[:, 1:])
    per_line = per_character.item() * (everything.shape[1] - 1)
    assert 2 * math.log(8) < per_line < 3 * math.log(8)

    for name, thing in zip(NAMES, THINGS, strict=True):
        whole = "\n" + line(name, thing)
        prompt = whole[: whole.index("and")]
        greedy = generate(
            model, torch.tensor([ids[c] for c in prompt]), 40, 0.0, end_token=ids["\n"]
        )
        assert "".join(vocabulary[i] for i in greedy.tolist()) == whole
