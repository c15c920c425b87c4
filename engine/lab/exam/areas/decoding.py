"""Questions about next-token distributions and generation."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from engine.lab.exam import rounding
from engine.lab.exam.areas.model import tiny_model
from engine.lab.exam.chance import stray
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, expect, words
from engine.lab.exam.question import Area
from engine.lab.exam.stubs import Bigram, Counter

DECODING = Area("decoding", "Decoding")
GENERATION = Area("generation", "Generation")


@DECODING.question
def decoding_temperature(code: Code, desk: Desk) -> None:
    """Distributions at several temperatures, for any number of leading dimensions."""
    for lead, dtype in (((), torch.float32), ((3,), torch.float64), ((2, 3), torch.float32)):
        logits = desk.normal(*lead, 7, dtype=dtype, scale=2.0)
        desk.answer(
            f"{lead}",
            code.next_token_distribution(logits),
            given=f"{words(dtype, logits=logits)}, neither temperature nor top_p given",
            dtype=dtype,
            roundings=rounding.softmax(7, 20),
            scale=1.0,
        )
        for temperature in (1.0, 0.4, 3.0):
            desk.answer(
                f"{lead} {temperature}",
                code.next_token_distribution(logits, temperature),
                given=f"{words(dtype, logits=logits)}, temperature {temperature:g}",
                dtype=dtype,
                roundings=rounding.softmax(7, 20),
                scale=1.0,
            )


@DECODING.question
def decoding_greedy(code: Code, desk: Desk) -> None:
    """Distributions at temperature 0: everything on the largest logit."""
    for lead in ((), (4,), (2, 3)):
        logits = desk.normal(*lead, 9)
        for top_p in (1.0, 0.5):
            desk.answer(
                f"{lead} {top_p}",
                code.next_token_distribution(logits, 0.0, top_p),
                given=f"{words(torch.float32, logits=logits)}, temperature 0, top_p {top_p:g}",
            )


@DECODING.question
def decoding_top_p(code: Code, desk: Desk) -> None:
    """Distributions cut to the most probable tokens, at several temperatures."""
    # No sum of these comes near a top_p that is asked for, whichever the temperature.
    masses = torch.tensor([0.4, 0.25, 0.15, 0.12, 0.08], dtype=torch.float64)
    for dtype in (torch.float32, torch.float64):
        orders = torch.stack([desk.shuffled(5) for _ in range(4)])
        for temperature in (1.0, 0.5, 2.0):
            logits = desk.exactly(temperature * masses.log()[orders] + 3, dtype)
            for top_p in (1e-6, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0):
                desk.answer(
                    f"{dtype} {temperature} {top_p}",
                    code.next_token_distribution(logits, temperature, top_p),
                    given=f"{words(dtype, logits=logits)}, temperature {temperature:g}, "
                    f"top_p {top_p:g}",
                    dtype=dtype,
                    roundings=rounding.softmax(5, 20),
                    scale=1.0,
                )

    # The first probability rounds to one: a running sum leaves no room for the others.
    logits = desk.exactly([0.0, -20.0, -30.0, -40.0])
    desk.holds(
        "rare",
        bool((code.next_token_distribution(logits, 1.0, 1.0) > 0).all()),
        given="logits [0, -20, -30, -40], temperature 1, top_p 1",
        wanted="a probability above zero for each token",
        otherwise="a probability of zero",
    )


@DECODING.question
def decoding_edges(code: Code, desk: Desk) -> None:
    """Distributions of huge logits, and of settings that make no sense."""
    logits = desk.exactly([[1e4, 1e4 - 1, -1e4], [-2e4, -2e4, -2e4 - 3]])
    before = logits.clone()
    for temperature, top_p in ((1.0, 1.0), (2.0, 0.9)):
        desk.answer(
            f"{temperature}",
            code.next_token_distribution(logits, temperature, top_p),
            given=f"logits up to 2e4, temperature {temperature:g}, top_p {top_p:g}",
            scale=1.0,
        )
    desk.unchanged("input", before, logits, given="logits up to 2e4")
    for said, temperature, top_p in (
        ("a temperature of -1", -1.0, 1.0),
        ("a top_p of 0", 1.0, 0.0),
        ("a top_p of 1.5", 1.0, 1.5),
        ("a top_p of -0.5", 1.0, -0.5),
    ):
        desk.refuses(
            said,
            partial(code.next_token_distribution, logits, temperature, top_p),
            given=said,
        )


@GENERATION.question
def generation_greedy(code: Code, desk: Desk) -> None:
    """Text continued at temperature 0, within the context and beyond it."""
    table = desk.normal(17, 5)
    for prompt, new, context in (([2], 3, 8), ([1, 4, 0], 12, 6), ([3, 1, 2, 2, 4, 0, 1], 4, 4)):
        model = Counter(table.clone(), context)
        given = f"prompt {prompt}, {new} new tokens, context {context}"
        start = torch.tensor(prompt)
        got = code.generate(model, start, new, temperature=0.0)
        desk.answer(f"{len(prompt)}", got, given=given, dtype=torch.int64)
        desk.holds(
            f"{len(prompt)} window",
            model.longest <= context,
            given=given,
            wanted=f"at most {context} tokens for the model",
            otherwise="a longer sequence",
        )
        desk.unchanged(f"{len(prompt)} prompt", torch.tensor(prompt), start, given=given)
    got = code.generate(Counter(table.clone(), 4), torch.tensor([1, 2]), 0)
    desk.answer("none", got, given="prompt [1, 2], no new tokens, context 4", dtype=torch.int64)


@GENERATION.question
def generation_end(code: Code, desk: Desk) -> None:
    """Text that ends with an end token, or would."""
    # Each token leads to the next: 0, 1, 2, 3, 4, 0, …
    model = Bigram(desk.exactly(100 * torch.eye(5).roll(1, dims=1)))
    for end, prompt in ((3, [0]), (0, [0, 1]), (9, [2])):
        got = code.generate(model, torch.tensor(prompt), 7, end_token=end)
        given = f"prompt {prompt}, at most 7 new tokens, end token {end}"
        desk.answer(f"{end}", got, given=given, dtype=torch.int64)


@GENERATION.question
def generation_settings(code: Code, desk: Desk) -> None:
    """Text drawn with a temperature and a top_p: which tokens can come, and how often."""
    masses = torch.tensor([0.9, 0.06, 0.03, 0.01], dtype=torch.float64)
    model = Bigram(desk.exactly(masses.log().expand(4, 4)))
    count = 50

    def drawn(temperature: float, top_p: float) -> Tensor:
        generator = torch.Generator().manual_seed(desk.seed)
        got = code.generate(
            model, torch.tensor([0]), count, temperature, top_p, generator=generator
        )
        return expect(got, (count + 1,))[1:]

    for temperature, top_p, kept in ((1.0, 1.0, 4), (100.0, 1.0, 4), (5.0, 0.5, 2)):
        given = f"{count} draws, temperature {temperature:g}, top_p {top_p:g}"
        tokens = drawn(temperature, top_p)
        flat = masses[:kept] ** (1 / temperature)
        share = float(flat[0] / flat.sum())
        desk.number(
            f"{temperature}",
            (tokens == 0).sum(),
            given=f"how often the likeliest token comes in {given}",
            expected=count * share,
            within=stray(count, share),
        )
        desk.holds(
            f"{temperature} kept",
            bool((tokens < kept).all()),
            given=given,
            wanted=f"none but the {kept} likeliest tokens",
            otherwise="another token",
        )


@GENERATION.question
def generation_generator(code: Code, desk: Desk) -> None:
    """Text drawn with a generator, and drawn again with one of the same seed."""
    table = desk.normal(17, 9)

    def drawn(seed: int, ambient: int, *settings: float) -> Tensor:
        torch.manual_seed(ambient)
        generator = torch.Generator().manual_seed(seed)
        prompt = torch.tensor([1, 2])
        model = Counter(table.clone(), 4)
        got = code.generate(model, prompt, 16, *settings, generator=generator)
        return expect(got, (18,))

    first = drawn(1, 10)
    desk.holds(
        "same",
        torch.equal(first, drawn(1, 20)),
        given="16 tokens drawn twice, with generators of one seed",
        wanted="the same text",
        otherwise="a difference",
    )
    desk.holds(
        "other",
        not torch.equal(first, drawn(2, 10)),
        given="16 tokens drawn twice, with generators of two seeds",
        wanted="a difference",
        otherwise="the same text",
    )
    desk.holds(
        "settings",
        torch.equal(first, drawn(1, 10, 1.0, 1.0)),
        given="16 tokens drawn with a temperature and a top_p of 1, and with neither given",
        wanted="the same text",
        otherwise="a difference",
    )


@GENERATION.question
def generation_with_the_model(code: Code, desk: Desk) -> None:
    """Text continued by the language model, beyond its context."""
    model = tiny_model(code, desk, torch.float32, layers=1)
    prompt = desk.integers(0, 11, 8)
    got = expect(code.generate(model, prompt, 4), (12,))
    desk.answer(
        "prompt",
        got[:8],
        given="a prompt of 8 tokens, with which the text begins",
        dtype=torch.int64,
    )
    desk.holds(
        "tokens",
        bool(((got >= 0) & (got < 11)).all()),
        given="a prompt of 8 tokens, 4 new ones, 11 tokens in the vocabulary",
        wanted="token ids from 0 to 10",
        otherwise="another one",
    )
    for said, bad in (("an empty", torch.tensor([], dtype=torch.int64)), ("a 2-D", prompt[None])):
        desk.refuses(
            said,
            partial(code.generate, model, bad, 1),
            given=f"{said} prompt",
        )
