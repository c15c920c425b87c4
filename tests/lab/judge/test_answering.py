"""Answering the exam: what is reported and written, and what no question does to another."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from engine.catalog import Catalog
from engine.lab import exam
from engine.lab.codebase import CodeFault
from engine.lab.exam import QUESTIONS, sheet
from engine.lab.exam.adamw_forms import FORMS
from engine.lab.exam.code import Code
from engine.lab.referee import judge
from engine.sandbox.ended import is_memory
from engine.sandbox.messages import Event, Progress
from tests.lab.judge.court import Court, questions
from tests.sources import write


def test_each_question_is_reported_when_it_is_answered(tmp_path: Path, clean: Path) -> None:
    events: list[Event] = []
    exam.answer(clean, 0, tmp_path / "answers", events.append)
    assert events == [
        Progress(question.name, done, len(QUESTIONS))
        for done, question in enumerate(QUESTIONS, start=1)
    ]


def test_nothing_but_the_answers_is_left_behind(tmp_path: Path, clean: Path) -> None:
    exam.answer(clean, 0, tmp_path / "answers", lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["answers"]
    assert (tmp_path / "answers").stat().st_size < 1 << 20


def test_the_same_seed_gives_the_same_answers(tmp_path: Path, clean: Path) -> None:
    first, second = (
        exam.answers(Code(clean), 4, tmp_path, QUESTIONS, lambda _: None) for _ in "12"
    )
    for question, cases in first.tensors.items():
        again = second.tensors[question]
        assert cases.keys() == again.keys()
        assert all(torch.equal(cases[case], again[case]) for case in cases)


def test_a_codebase_that_cannot_be_imported_is_judged(tmp_path: Path) -> None:
    root = write(tmp_path, dict.fromkeys(Catalog().codebase, "import nothing_of_that_name\n"))
    exam.answer(root, 0, tmp_path / "answers", lambda _: None)
    verdict = judge(tmp_path / "answers", 0)
    assert not verdict.solved
    assert not any(check.passed for check in verdict.checks)
    assert all(check.fault is not None for check in verdict.checks)


def test_no_codebase_at_all_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the folders that the tests themselves import a codebase from.
    bare = [entry for entry in sys.path if not (Path(entry) / "transformer").exists()]
    monkeypatch.setattr(sys, "path", bare)
    (tmp_path / "empty").mkdir()
    exam.answer(tmp_path / "empty", 0, tmp_path / "answers", lambda _: None)
    assert not any(check.passed for check in judge(tmp_path / "answers", 0).checks)


@pytest.mark.parametrize("more", ["def silu(x: Tensor) -> Tensor:\n    ", ""])
def test_running_out_of_memory_is_not_a_fault_of_one_question(tmp_path: Path, more: str) -> None:
    source = dict(Catalog().codebase)
    source["transformer/core.py"] += f"\n\n{more}raise MemoryError\n"
    with pytest.raises((MemoryError, CodeFault)) as caught:
        exam.answer(write(tmp_path, source), 0, tmp_path / "answers", lambda _: None)
    assert is_memory(caught.value)
    assert not (tmp_path / "answers").exists()


def test_torch_is_as_it_was_after_code_that_changes_it(court: Court) -> None:
    source = dict(Catalog().codebase)
    source["transformer/core.py"] = source["transformer/core.py"].replace(
        "    return x * torch.sigmoid(x)\n",
        "    torch.set_default_dtype(torch.float64)\n"
        "    torch.manual_seed(1)\n"
        "    torch.set_grad_enabled(False)\n"
        "    return torch.zeros(3)\n",
    )
    state = torch.get_rng_state()
    failures = court.failures(court.root(source))
    assert "silu.values" in failures
    assert not [name for name in failures if name.startswith(("linear", "rope", "loss", "batches"))]
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state)


def test_the_verdict_does_not_depend_on_the_ambient_dtype_or_thread_count(
    court: Court, clean: Path
) -> None:
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    try:
        assert court.failures(clean) == {}
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)


def test_each_form_of_adamw_explains_its_own_answers_and_no_other_does(court: Court) -> None:
    source = dict(Catalog().codebase)
    telling = questions("optimizer.trajectory", "optimizer.first_step", "training.loop")
    for number, form in enumerate(FORMS):
        code = Code(court.root(source))
        code.replace("training.optimizer", "AdamW", form)
        given = exam.answers(code, 2, court.scratch, telling, lambda _: None)
        explained = [court.explains(given, telling, other) for other in range(len(FORMS))]
        assert explained == [other == number for other in range(len(FORMS))]


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "answers"
    out.write_bytes(b"old")
    sheet.write(sheet.Sheet(1), out)
    assert sheet.read(out) == sheet.Sheet(1)
    assert [path.name for path in tmp_path.iterdir()] == ["answers"]
