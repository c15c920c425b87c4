"""Decoding: from logits to the distribution of the next token, and to text."""

from __future__ import annotations

import math

import torch

from engine.lab.probes.context import Context
from engine.lab.probes.figures import table
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.probes.references import depth_tolerance
from engine.lab.subjects import ModelConfig, Subject


@probe("decoding.temperature", "Does temperature divide the logits?")
def temperature(subject: Subject, context: Context) -> Reading:
    """Compares with softmax(logits / temperature) in float64 for temperatures from 0.25 to 4: below
    1 sharper, above 1 flatter. Tolerated: (V + 16)·eps, and eps of the divided logits, through the
    exponential.
    """
    logits = context.normal(3, context.config.vocab_size, scale=2.0)
    gaps = []
    for t in (0.25, 0.5, 1.0, 2.0, 4.0):
        scaled = wide(logits) / t
        tolerance = (logits.shape[-1] + 16 + 4 * float(scaled.abs().max())) * rounding(
            context.dtype
        )
        observed = subject.next_token_distribution(logits, temperature=t)
        gaps.append(
            compare(f"probability at temperature {t:g}", observed, scaled.softmax(-1), tolerance)
        )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Temperature divides the logits.",
        fires=f"The {gap.what} is {gap}, for token {gap.index[-1]}.",
    )


@probe("decoding.greedy_limit", "Does temperature 0 put everything on the likeliest token?")
def greedy_limit(subject: Subject, context: Context) -> Reading:
    """Temperature 0 is the limit: 1 for the largest logit, 0 for the rest, and no division by zero.
    Nothing is tolerated.
    """
    logits = context.normal(4, context.config.vocab_size)
    observed = subject.next_token_distribution(logits, temperature=0.0)
    expected = torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1])
    gap = compare("probability at temperature 0", observed, expected, 0.0)
    return reading(
        gap,
        quiet="Temperature 0 puts everything on the likeliest token.",
        fires=f"The {gap.what} is {gap.observed:.4g} for token {gap.index[1]}, where "
        f"{gap.expected:g} is due.",
    )


@probe("decoding.top_p", "Does top-p keep the smallest set that reaches p?")
def top_p(subject: Subject, context: Context) -> Reading:
    """Four tokens of probability 0.4, 0.3, 0.2 and 0.1, in random order, and p between the sums,
    where rounding cannot tip it: 0.3 keeps one, 0.6 two, 0.8 three, 0.95 and 1 all, renormalised
    (Holtzman et al. 2020, eq. 2). Sums and quotients of four: 32·eps.
    """
    ranked = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    order = context.permutation(4)
    logits = ranked.log()[order].to(context.dtype)
    gaps, rows = [], []
    for p, kept in ((0.3, 1), (0.6, 2), (0.8, 3), (0.95, 4), (1.0, 4)):
        expected = torch.where(torch.arange(4) < kept, ranked, 0.0)
        expected = (expected / expected.sum())[order]
        observed = subject.next_token_distribution(logits, top_p=p)
        rows.append((p, int((wide(observed) > 0).sum()), kept))
        tolerance = 32 * rounding(context.dtype)
        gaps.append(compare(f"probability with top-p {p:g}", observed, expected, tolerance))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Top-p keeps the smallest set that reaches p.",
        fires=f"For the token of probability {float(ranked[order][gap.index]):g} the {gap.what} is "
        f"{gap}.",
        figure=table("Tokens kept of 0.4, 0.3, 0.2, 0.1", ("p", "observed", "due"), rows),
    )


@probe("decoding.order", "Are the probabilities in the order of the logits, and each row its own?")
def order(subject: Subject, context: Context) -> Reading:
    """Shuffles the vocabulary and a batch's rows: temperature and top-p must follow. A row's kept
    tokens depend on that row alone. Tolerated: the rounding of sums over the vocabulary, (V +
    16)·eps.
    """
    vocab = context.config.vocab_size
    logits = context.normal(4, vocab, scale=2.0)
    order = context.permutation(vocab)
    plain = wide(subject.next_token_distribution(logits, temperature=0.8, top_p=0.7))
    shuffled = subject.next_token_distribution(logits[:, order], temperature=0.8, top_p=0.7)
    alone = subject.next_token_distribution(logits[2], temperature=0.8, top_p=0.7)
    tolerance = (vocab + 16) * rounding(context.dtype)
    gaps = (
        compare("probability with the vocabulary shuffled", shuffled, plain[:, order], tolerance),
        compare("probability of a row alone", alone, plain[2], tolerance),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Probabilities follow their logits.",
        fires=f"The {gap.what} is {gap}.",
    )


@probe("decoding.prefix", "Are the logits of a prefix the prefix of the logits?")
def prefix(subject: Subject, context: Context) -> Reading:
    """Runs the model on a sequence and on its first tokens alone. Generation sees prefixes,
    training whole sequences: unless the two agree, the model writes something else than it has
    learnt. Tolerated: 64·layers·width·eps of the largest logit.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    tokens = context.tokens()[:2]
    gaps = []
    with torch.no_grad():
        whole = subject.logits(model, tokens)
        tolerance = depth_tolerance(c, whole, context.dtype)
        for length in (1, c.context_length // 2, c.context_length - 1):
            part = subject.logits(model, tokens[:, :length])
            difference = wide(part) - wide(whole)[:, :length]
            cut = f"cut off after {length} of {c.context_length} tokens"
            gaps.append(compare(f"move of a logit, {cut}", difference, 0.0, tolerance))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The logits of a prefix are the prefix of the logits.",
        fires=f"At token {gap.index[1]} the {gap.what}, is {gap.observed:.4g}; 0 is due.",
    )


@probe("decoding.generate", "Does greedy generation take the likeliest token every time?")
def generate(subject: Subject, context: Context) -> Reading:
    """Generates at temperature 0, past the context length, and runs the model on what was there
    before each new token, at most the last context_length of it: the token chosen must have the
    largest logit. Another may win when the two are within 64·layers·width·eps of each other.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    prompt, new = context.integers(c.vocab_size, 3), c.context_length
    text = subject.generate(model, prompt, new, temperature=0.0)
    kept = float(len(text) >= 3 and bool((text[:3] == prompt).all()))
    gaps = [
        compare("tokens in all", float(len(text)), float(3 + new), 0.0),
        compare("prompt kept", kept, 1.0, 0.0),
    ]
    if not worst(*gaps).exceeds:
        behind = []
        for i in range(3, len(text)):
            with torch.no_grad():
                logits = wide(subject.logits(model, text[max(0, i - c.context_length) : i][None]))[
                    0, -1
                ]
            behind.append(float(logits.max() - logits[text[i]]))
            tolerance = depth_tolerance(c, logits, context.dtype)
        gaps.append(
            compare(
                "largest logit minus that of the token chosen", torch.tensor(behind), 0.0, tolerance
            )
        )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Greedy generation takes the likeliest token every time.",
        fires=f"At new token {gap.index[0]} the {gap.what} is {gap.observed:.4g}."
        if gap.index
        else f"{gap.what.capitalize()}: {gap.observed:g}, where {gap.expected:g} is due.",
    )


@probe("decoding.sampling", "Are tokens drawn as often as their probability says?")
def sampling(subject: Subject, context: Context) -> Reading:
    """Draws 64 single tokens from a tiny model whose distribution is known, and looks at the share
    of the likeliest one and at the mean surprise, -log p, which is the distribution's entropy. Six
    standard deviations of each are tolerated, which chance exceeds twice in 10⁹.
    """
    vocab, draws = context.config.vocab_size, 64
    model = subject.language_model(ModelConfig(vocab, 8, 8, 1, 2, 8), context.seed, context.dtype)
    head = subject.head(model)
    with torch.no_grad():
        # Logits of standard deviation 2: some tokens are likely, and none is certain.
        head.mul_(2 / (8 * head.square().mean()).sqrt())
        table = wide(subject.logits(model, torch.arange(vocab)[:, None]))[:, 0].softmax(-1)
    likeliest = table.amax(-1)
    prompt = (likeliest - 0.4).abs().argmin()
    p = table[prompt]
    drawn = torch.stack(
        [
            subject.generate(model, prompt[None], 1, generator=context.generator)[-1]
            for _ in range(draws)
        ]
    )
    surprise, top = -p.log(), float(likeliest[prompt])
    entropy = float((p * surprise).sum())
    spread = float((p * (surprise - entropy).square()).sum())
    gaps = (
        compare(
            f"share of the likeliest token of {draws} drawn",
            (drawn == p.argmax()).double().mean(),
            top,
            6 * math.sqrt(top * (1 - top) / draws),
        ),
        compare(
            f"mean surprise of {draws} tokens drawn",
            surprise[drawn].mean(),
            entropy,
            6 * math.sqrt(spread / draws),
            "nat",
        ),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Tokens are drawn as often as their probability says.",
        fires=f"The {gap.what} is {gap}.",
    )


@probe("decoding.end_token", "Does generation stop at the end token?")
def end_token(subject: Subject, context: Context) -> Reading:
    """Generates greedily once, then again with the first new token declared the end: one new token,
    kept, and no more. Nothing is tolerated.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    prompt = context.integers(c.vocab_size, 2)
    text = subject.generate(model, prompt, 4, temperature=0.0)
    end = int(text[2]) if len(text) > 2 else 0
    stopped = subject.generate(model, prompt, 4, temperature=0.0, end_token=end)
    gap = compare("tokens after the prompt", float(len(stopped) - 2), 1.0, 0.0)
    return reading(
        gap,
        quiet="Generation stops at the end token, and keeps it.",
        fires=f"With the first new token declared the end, {gap.observed:g} tokens follow the "
        "prompt, where 1 is due.",
    )
