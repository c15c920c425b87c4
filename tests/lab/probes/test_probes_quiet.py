"""On correct code every probe is quiet: each seed, size and dtype, however the code is written."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.lab.probes.catalogue import PROBES
from engine.lab.probes.context import LARGE, MEDIUM, SMALL, Size
from engine.lab.subjects import Subject
from tests.lab.probes.alike import ALIKE
from tests.lab.probes.bench import not_quiet, subject_of

SLOW = tuple(probe.info.name for probe in PROBES if probe.info.slow)
SIZES = (SMALL, MEDIUM, LARGE)
DTYPES = (torch.float32, torch.float64)
TENS = [range(first, first + 10) for first in range(0, 50, 10)]


@pytest.mark.parametrize("seeds", TENS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_every_fast_probe_is_quiet_on_the_clean_codebase(
    clean: Subject, size: Size, dtype: torch.dtype, seeds: range
) -> None:
    assert {seed: found for seed in seeds if (found := not_quiet(clean, seed, dtype, size))} == {}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_every_fast_probe_is_quiet_in_bfloat16(clean: Subject, size: Size) -> None:
    """What must move by more than rounding is asked in float32: see ``at_least_float32``."""
    found = {seed: not_quiet(clean, seed, torch.bfloat16, size) for seed in range(5)}
    assert {seed: firing for seed, firing in found.items() if firing} == {}


@pytest.mark.parametrize("seed", range(2))
def test_probes_that_train_are_quiet_on_the_clean_codebase(clean: Subject, seed: int) -> None:
    assert not_quiet(clean, seed, size=SMALL, names=SLOW) == {}


@pytest.mark.parametrize("name", ALIKE)
def test_correct_code_written_differently_stays_quiet(tmp_path: Path, name: str) -> None:
    subject = subject_of(tmp_path, ALIKE[name])
    assert not_quiet(subject, 0, torch.float32, SMALL) == {}
    if "float32" in name:  # inside a model of float64
        assert not_quiet(subject, 1, torch.float64, SMALL) == {}


def test_probes_that_train_do_not_rely_on_what_a_step_leaves_behind(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, ALIKE["gradients set to None after the step"])
    assert not_quiet(subject, size=SMALL, names=SLOW) == {}
