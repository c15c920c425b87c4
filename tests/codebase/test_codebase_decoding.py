"""From logits to tokens: what temperature and top-p are defined to do, and the loop."""

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.codebase.rounding import assert_same_real_number, normal
from transformer.decoding import generate, next_token_distribution
from transformer.transformer import TransformerLM

VOCAB, CONTEXT = 9, 8

seeds = st.integers(0, 2**32 - 1)
temperatures = st.floats(0.05, 20)
many = settings(max_examples=100, deadline=None)


def language_model(seed: int = 0) -> TransformerLM:
    torch.manual_seed(seed)
    return TransformerLM(VOCAB, CONTEXT, 8, 2, 2, 16, 100.0, dtype=torch.float64)


def logits_after(model: TransformerLM, token_ids: Tensor) -> Tensor:
    logits: Tensor = model(token_ids.unsqueeze(0))
    return logits[0, -1].detach()


@many
@given(st.lists(st.integers(1, 3), max_size=2), st.integers(1, 12), temperatures, seeds)
def test_temperature_divides_the_logits(
    leading: list[int], vocab: int, temperature: float, seed: int
) -> None:
    logits = normal(*leading, vocab, seed=seed)
    expected = torch.softmax(logits / temperature, dim=-1)
    largest = logits.abs().max().item() / temperature
    assert_same_real_number(
        next_token_distribution(logits, temperature),
        expected,
        operations=math.ceil(4 * largest) + vocab + 8,
    )


def test_temperature_zero_puts_all_on_the_largest_logit() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0], [-1.0, -2.0, -0.5]])
    expected = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert torch.equal(next_token_distribution(logits, temperature=0), expected)
    assert torch.equal(next_token_distribution(logits, temperature=0, top_p=0.5), expected)


def test_temperature_zero_chooses_one_of_equals() -> None:
    probabilities = next_token_distribution(torch.zeros(5), temperature=0)
    assert sorted(probabilities.tolist()) == [0, 0, 0, 0, 1]


@many
@given(st.integers(1, 12), st.floats(0.5, 2), st.floats(0.01, 0.99), seeds)
def test_the_nucleus_is_the_smallest_set_of_most_probable_tokens_that_reaches_top_p(
    vocab: int, temperature: float, top_p: float, seed: int
) -> None:
    logits = normal(2, vocab, seed=seed)
    everything = torch.softmax(logits / temperature, dim=-1)
    ours = next_token_distribution(logits, temperature, top_p)
    for probabilities, kept in zip(everything.tolist(), ours.tolist(), strict=True):
        ranked = sorted(range(vocab), key=lambda token: -probabilities[token])
        sums = [math.fsum(probabilities[t] for t in ranked[: n + 1]) for n in range(vocab)]
        rounding = 100 * torch.finfo(torch.float64).eps
        assume(all(abs(total - top_p) > rounding for total in sums))
        size = 1 + next(n for n, total in enumerate(sums) if total >= top_p or n == vocab - 1)
        nucleus = set(ranked[:size])
        assert {token for token in range(vocab) if kept[token] > 0} == nucleus
        for token in nucleus:
            expected = probabilities[token] / sums[size - 1]
            assert kept[token] == pytest.approx(expected, rel=rounding, abs=0)


def test_a_set_that_reaches_top_p_exactly_is_enough() -> None:
    four_quarters = torch.zeros(4, dtype=torch.float64)  # sums of quarters are exact
    for top_p, size in ((0.1, 1), (0.25, 1), (0.26, 2), (0.5, 2), (0.75, 3), (0.8, 4), (1.0, 4)):
        probabilities = next_token_distribution(four_quarters, top_p=top_p)
        assert int((probabilities > 0).sum()) == size
        assert probabilities.sum().item() == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_top_p_of_one_keeps_even_the_least_probable_token(dtype: torch.dtype) -> None:
    logits = torch.linspace(0, -20, 1000).to(dtype)
    assert bool((next_token_distribution(logits) > 0).all())


@pytest.mark.parametrize(
    ("temperature", "top_p"), [(-0.1, 1.0), (1.0, 0.0), (1.0, 1.1), (1.0, -0.5)]
)
def test_settings_without_a_meaning_are_refused(temperature: float, top_p: float) -> None:
    with pytest.raises(ValueError, match="must"):
        next_token_distribution(torch.zeros(3), temperature, top_p)


def test_greedy_text_takes_the_likeliest_token_each_time() -> None:
    model = language_model()
    prompt = torch.tensor([1, 5, 2])
    token_ids = prompt
    for _ in range(10):  # past the context length
        best = logits_after(model, token_ids[-CONTEXT:]).argmax()
        token_ids = torch.cat((token_ids, best.reshape(1)))
    assert torch.equal(generate(model, prompt, 10, temperature=0), token_ids)


def test_a_prompt_beyond_the_context_is_seen_from_its_end() -> None:
    model = language_model()
    long = torch.randint(VOCAB, (3 * CONTEXT,), generator=torch.Generator().manual_seed(0))
    text = generate(model, long, 1, temperature=0)
    assert torch.equal(text[:-1], long)
    assert text[-1] == logits_after(model, long[-CONTEXT:]).argmax()


def test_tokens_are_drawn_from_the_distribution_after_the_last_token() -> None:
    model = language_model()
    prompt = torch.tensor([3, 3, 1])
    probabilities = next_token_distribution(logits_after(model, prompt), 0.7, 0.9)
    for seed in range(20):
        expected = torch.multinomial(
            probabilities, 1, generator=torch.Generator().manual_seed(seed)
        )
        drawn = generate(model, prompt, 1, 0.7, 0.9, generator=torch.Generator().manual_seed(seed))
        assert drawn[3:].tolist() == expected.tolist()


def test_the_same_generator_draws_the_same_text() -> None:
    model = language_model()
    texts = [
        generate(model, torch.tensor([0]), 20, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert torch.equal(texts[0], texts[1])
    assert not torch.equal(texts[0], texts[2])


def test_the_end_token_is_kept_and_ends_the_text() -> None:
    model = language_model()
    prompt = torch.tensor([4])
    free = generate(model, prompt, 20, generator=torch.Generator().manual_seed(0))
    end = int(free[6])
    first = free[1:].tolist().index(end) + 1
    ended = generate(model, prompt, 20, end_token=end, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ended, free[: first + 1])


def test_an_end_token_in_the_prompt_ends_nothing() -> None:
    text = generate(language_model(), torch.tensor([4]), 3, temperature=0, end_token=4)
    assert len(text) > 1


def test_no_new_tokens_leave_the_prompt_and_no_text_carries_gradients() -> None:
    prompt = torch.tensor([1, 2])
    assert torch.equal(generate(language_model(), prompt, 0), prompt)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("prompt", [torch.zeros(0, dtype=torch.int64), torch.tensor([[1]])])
def test_a_prompt_that_is_not_a_text_is_refused(prompt: Tensor) -> None:
    with pytest.raises(ValueError, match="prompt"):
        generate(language_model(), prompt, 1)
