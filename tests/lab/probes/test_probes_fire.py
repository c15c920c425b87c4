"""Every bug is caught: the answer key's by the probes that should, and by no others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.evidence import Status
from engine.lab.codebase import Codebase
from engine.lab.probes.context import LARGE, MEDIUM, SMALL
from engine.lab.subjects import CodebaseSubject, Subject
from tests.lab.probes.bench import CATALOG, evidence, not_quiet, subject_of
from tests.lab.probes.planted import PLANTED_IN_MODEL, Planted
from tests.lab.probes.planted_training import PLANTED_IN_TRAINING
from tests.sources import write

MATRIX: dict[int, set[str]] = {
    1: {
        "attention.reference",
        "attention.score_scale",
        "attention.score_spread",
        "attention.entropy",
        "attention.gradient",
        "heads.reference",
        "heads.reference_rope",
    },
    2: {
        "attention.row_sums",
        "attention.column_sums",
        "attention.reference",
        "attention.uniform",
        "attention.keys_shifted",
        "attention.queries_apart",
        "attention.score_scale",
        "attention.score_spread",
        "attention.entropy",
        "attention.gradient",
        "attention.causality",
        "attention.causality_gradient",
        "heads.order",
        "heads.reference",
        "heads.reference_rope",
        "heads.maps",
        "decoding.prefix",
    },
    3: {"heads.lone_position", "heads.shift", "heads.reference_rope"},
    4: {
        "norm.zero_row",
        "norm.zero_row_gradient",
        "norm.scale_sweep",
        "norm.eps",
        "norm.constant_row",
        "training.first_nonfinite",
    },
    5: {
        "rope.position_zero",
        "rope.composition",
        "rope.orientation",
        "rope.complex",
        "heads.reference_rope",
    },
    6: {
        "residual.identity",
        "residual.attention_added",
        "residual.feed_forward_added",
        "residual.gradient",
        "residual.jacobian",
        "residual.pre_norm",
        "residual.stream",
    },
    7: {
        "loss.uniform",
        "loss.non_negative",
        "loss.huge_logits",
        "loss.reference",
        "loss.gradient",
        "training.start_loss",
        "training.reported_loss",
        "training.descent",
    },
    8: {
        "optimizer.decay",
        "optimizer.groups",
        "optimizer.decoupled",
        "optimizer.moments",
        "optimizer.trajectory",
    },
}
"""Per level, the fast probes that fire: at every seed, and nothing else does."""


def start_of(number: int, root: Path) -> Subject:
    return CodebaseSubject(Codebase(write(root, CATALOG.find(number).start)))


@pytest.mark.parametrize("number", MATRIX)
def test_a_bug_is_caught_by_its_probes_and_leaves_the_others_quiet(
    number: int, tmp_path: Path
) -> None:
    assert set(not_quiet(start_of(number, tmp_path))) == MATRIX[number]


@pytest.mark.parametrize("number", MATRIX)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_bug_is_caught_at_every_seed_and_size(
    number: int, dtype: torch.dtype, tmp_path: Path
) -> None:
    subject = start_of(number, tmp_path)
    for seed, size in enumerate((SMALL, MEDIUM, LARGE), 1):
        for name in MATRIX[number]:
            seen = evidence(subject, name, seed, dtype, size)
            assert seen.status is Status.FIRES, f"{name}, {size.name}, seed {seed}"


def test_all_eight_bugs_at_once_are_still_caught_by_two_probes_each(tmp_path: Path) -> None:
    subject = start_of(9, tmp_path)
    firing = set(not_quiet(subject))
    for number, wanted in MATRIX.items():
        assert len(firing & wanted) >= 2, f"bug {number}"


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (2, "training.entropy_bound"),
        (3, "training.attention_map"),
        (7, "training.overfit"),
    ],
)
def test_a_bug_is_caught_by_training(number: int, name: str, tmp_path: Path) -> None:
    assert evidence(start_of(number, tmp_path), name, size=SMALL).status is Status.FIRES


@pytest.mark.parametrize(
    "planted", PLANTED_IN_MODEL + PLANTED_IN_TRAINING, ids=lambda planted: planted.name
)
def test_a_planted_bug_is_caught(planted: Planted, tmp_path: Path) -> None:
    subject = subject_of(tmp_path, planted.edits)
    for seed in range(2):
        seen = evidence(subject, planted.probe, seed)
        assert seen.status in (Status.FIRES, Status.FAILED), seen.finding
