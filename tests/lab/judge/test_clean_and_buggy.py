"""The clean codebase passes for every seed, each level fails for every seed, and says where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.lab import exam
from engine.lab.exam import QUESTIONS
from engine.lab.exam.isolation import ISOLATING
from engine.lab.referee import judge
from tests.lab.judge.court import AREAS, Court, parted, questions

SEEDS = range(20)
PROPERTIES = dict(enumerate(ISOLATING, start=1))
"""Level -> the property that its bug breaks."""


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clean_codebase_passes_every_check(court: Court, clean: Path, seed: int) -> None:
    assert court.failures(clean, seed) == {}


@pytest.mark.parametrize("level", range(1, 9))
def test_each_bug_is_caught_for_many_seeds_in_its_own_component(court: Court, level: int) -> None:
    root = court.root(Catalog().find(level).start)
    telling = questions(*ISOLATING[PROPERTIES[level]])
    for seed in SEEDS[:12]:
        assert set(court.failures(root, seed, telling)) == {q.name for q in telling}


@pytest.mark.parametrize("level", range(1, 9))
def test_a_bug_leaves_the_components_beside_it_alone(court: Court, level: int) -> None:
    beside = {"linear", "embedding", "silu", "swiglu", "softmax", "schedule", "clipping", "batches"}
    failures = court.failures(court.root(Catalog().find(level).start))
    assert failures
    assert not [name for name in failures if name.partition(".")[0] in beside]
    assert any(name.partition(".")[0] in AREAS[level] for name in failures)


def test_all_eight_bugs_at_once_are_judged(court: Court) -> None:
    failures = court.failures(court.root(Catalog().find(9).start))
    assert {name for names in ISOLATING.values() for name in names} <= set(failures)


def test_a_file_of_answers_is_judged_as_the_answers_are(tmp_path: Path, clean: Path) -> None:
    out = tmp_path / "answers.safetensors"
    exam.answer(clean, 3, out, lambda _: None)
    verdict = judge(out, 3)
    assert verdict.solved
    assert verdict.reason == ""
    assert verdict.seed == 3
    assert [check.name for check in verdict.checks] == [question.name for question in QUESTIONS]
    assert all(check.passed and check.message for check in verdict.checks)


def test_questions_have_names_that_level_files_can_hold() -> None:
    names = [question.name for question in QUESTIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_0-9]+\.[a-z_0-9]+", name) for name in names)
    assert all(q.asks.endswith(".") and "\n" not in q.asks for q in QUESTIONS)
    first, rest = parted([name.partition(".")[0] for name in names])
    assert len(first) == len(QUESTIONS)
    assert rest == ()
