"""Batches: windows of the text, targets one token later, every window reachable."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.codebase.rounding import few
from training.data import get_batch, load_tokens


@few
@given(
    dtype=st.sampled_from([np.uint8, np.uint16, np.int32, np.int64]),
    batch_size=st.integers(1, 6),
    context=st.integers(1, 20),
    spare=st.integers(1, 30),
    seed=st.integers(0, 2**32 - 1),
)
def test_inputs_are_windows_of_the_text_and_targets_the_same_one_token_later(
    dtype: type[np.integer], batch_size: int, context: int, spare: int, seed: int
) -> None:
    tokens = np.arange(7, 7 + context + spare).astype(dtype)  # each token tells its place
    inputs, targets = get_batch(
        tokens, batch_size, context, generator=torch.Generator().manual_seed(seed)
    )
    assert inputs.shape == targets.shape == (batch_size, context)
    assert inputs.dtype == targets.dtype == torch.int64
    starts = inputs[:, :1]
    assert bool((starts >= 7).all())
    assert torch.equal(inputs, starts + torch.arange(context))
    assert torch.equal(targets, inputs + 1)


def test_every_window_that_fits_is_drawn_about_equally_often() -> None:
    tokens, context, draws = np.arange(13), 8, 20_000
    inputs, targets = get_batch(tokens, draws, context, generator=torch.Generator().manual_seed(0))
    counts = torch.bincount(inputs[:, 0], minlength=13)
    starts = 13 - context
    assert counts[starts:].sum() == 0
    assert int(targets.max()) == 12  # the last token is a target
    # Six standard deviations of a binomial count.
    six = 6 * math.sqrt(draws * (1 / starts) * (1 - 1 / starts))
    assert bool(((counts[:starts] - draws / starts).abs() < six).all())


def test_the_shortest_text_has_one_window() -> None:
    inputs, targets = get_batch(np.array([3, 1, 4]), 2, 2)
    assert inputs.tolist() == [[3, 1], [3, 1]]
    assert targets.tolist() == [[1, 4], [1, 4]]


@pytest.mark.parametrize("length", [0, 1, 2])
def test_a_text_without_room_for_a_target_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="too few"):
        get_batch(np.arange(length), 1, 2)


def test_the_same_generator_draws_the_same_batch() -> None:
    tokens = np.arange(1000)
    batches = [
        get_batch(tokens, 4, 8, generator=torch.Generator().manual_seed(seed))[0]
        for seed in (0, 0, 1)
    ]
    assert torch.equal(batches[0], batches[1])
    assert not torch.equal(batches[0], batches[2])


def test_a_file_of_tokens_is_mapped_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "tokens.bin"
    written = np.arange(65_000, 65_536).astype(np.uint16)
    written.tofile(path)
    tokens = load_tokens(path, np.uint16)
    assert isinstance(tokens, np.memmap)
    assert not tokens.flags.writeable
    assert tokens.shape == (536,)
    assert np.array_equal(tokens, written)
    assert load_tokens(str(path), "uint8").shape == (1072,)

    inputs, targets = get_batch(tokens, 5, 16)
    assert int(inputs.min()) >= 65_000  # 16 bits, unsigned
    assert torch.equal(targets, inputs + 1)


def test_a_batch_is_a_copy_of_the_text() -> None:
    tokens = np.arange(10)
    inputs, _ = get_batch(tokens, 1, 4)
    inputs.fill_(-1)
    assert np.array_equal(tokens, np.arange(10))


def test_a_batch_goes_to_the_device_asked_for() -> None:
    inputs, targets = get_batch(np.arange(10), 1, 4, device="meta")
    assert inputs.device.type == targets.device.type == "meta"
