"""On correct code every probe is quiet: each seed, size and dtype, however the code is written."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.lab.probes.catalogue import PROBES
from engine.lab.probes.context import LARGE, MEDIUM, SMALL, Size
from engine.lab.subject import Subject
from tests.lab.probes.alike import ALIKE
from tests.lab.probes.bench import not_quiet, subject_of

SLOW = tuple(probe.info.name for probe in PROBES if probe.info.slow)
OTHERS = [
    (size, dtype)
    for size in (SMALL, MEDIUM, LARGE)
    for dtype in (torch.float32, torch.float64)
    if (size, dtype) != (MEDIUM, torch.float32)
]


@pytest.mark.parametrize("seed", range(10))
def test_every_fast_probe_is_quiet_on_the_clean_codebase(clean: Subject, seed: int) -> None:
    assert not_quiet(clean, seed) == {}


@pytest.mark.parametrize(("size", "dtype"), OTHERS, ids=lambda v: getattr(v, "name", str(v)))
def test_every_fast_probe_is_quiet_at_other_sizes_and_dtypes(
    clean: Subject, size: Size, dtype: torch.dtype
) -> None:
    assert not_quiet(clean, 10, dtype, size) == {}


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
