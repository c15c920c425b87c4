"""A file of answers comes from a process that ran anything: whatever it holds, we judge it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.lab import exam
from engine.lab.exam import QUESTIONS, sheet
from engine.lab.exam.sheet import LARGEST, Sheet, Unreadable
from engine.lab.referee import Reference, compare, judge

SEED = 5


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory, clean: Path) -> bytes:
    """The right answers, as a file's content."""
    out = tmp_path_factory.mktemp("honest") / "answers"
    exam.answer(clean, SEED, out, lambda _: None)
    return out.read_bytes()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, clean: Path) -> Reference:
    return Reference(clean, SEED, tmp_path_factory.mktemp("reference"))


def answers_of(data: bytes, path: Path) -> Sheet:
    path.write_bytes(data)
    return sheet.read(path)


def unsolved(path: Path) -> str:
    """The reason why the answers at ``path`` are none."""
    verdict = judge(path, SEED)
    assert not verdict.solved
    assert verdict.checks == ()
    assert verdict.reason.endswith(".")
    assert "\n" not in verdict.reason
    return verdict.reason


def test_no_file_is_no_answers(tmp_path: Path) -> None:
    assert unsolved(tmp_path / "nothing") == "The submission gave no answers."


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 9, 100, 5000, -1])
def test_a_truncated_file_is_damaged(tmp_path: Path, honest: bytes, kept: int) -> None:
    path = tmp_path / "answers"
    path.write_bytes(honest[:kept])
    assert unsolved(path) == "The file of answers is damaged."


def test_a_shape_longer_than_any_message_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    metadata = {"seed": str(SEED), "faults": "{}"}
    answer = {"dtype": "F32", "shape": [1] * 3_000_000, "data_offsets": [0, 4]}
    header = json.dumps({"__metadata__": metadata, "silu.values/a": answer}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    assert unsolved(path) == "The file of answers is damaged."


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with path.open("wb") as file:
        file.truncate(LARGEST * 1000)
    assert "larger than 16 MB" in unsolved(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX file types")
def test_what_is_no_ordinary_file_is_not_waited_for(tmp_path: Path, honest: bytes) -> None:
    (tmp_path / "real").write_bytes(honest)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert unsolved(tmp_path / "link") == "The file of answers cannot be opened."
    assert unsolved(tmp_path / "pipe") == "The answers are not an ordinary file."
    assert unsolved(tmp_path / "folder") in {
        "The answers are not an ordinary file.",
        "The file of answers cannot be opened.",
    }
    assert "answers" in unsolved(Path("/dev/zero"))


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"seed": str(SEED)},
        {"seed": "five", "faults": "{}"},
        {"seed": "9" * 5000, "faults": "{}"},
        {"seed": str(SEED), "faults": "{"},
        {"seed": str(SEED), "faults": "[]"},
        {"seed": str(SEED), "faults": '{"silu.values": 3}'},
        {"seed": str(SEED), "faults": '{"silu.values": {"sentence": null}}'},
        {"seed": str(SEED), "faults": "[" * 100_000},
        {"seed": str(SEED), "faults": '{"silu.values": {"sentence": "\\ud800"}}'},
    ],
)
def test_a_file_that_does_not_say_what_it_answers_is_refused(
    tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    path = tmp_path / "answers"
    path.write_bytes(safetensors.torch.save({"silu.values/a": torch.zeros(1)}, metadata))
    assert unsolved(path) == "The file of answers does not say what it answers."


def test_answers_to_another_exam_are_refused(tmp_path: Path, honest: bytes) -> None:
    path = tmp_path / "answers"
    path.write_bytes(honest)
    verdict = judge(path, SEED + 1)
    assert (verdict.solved, verdict.reason) == (False, "The answers are those of another exam.")


@pytest.mark.parametrize("name", ["", "/", "silu", "silu.nothing/a", "../../etc/passwd", "\n\t/x"])
def test_answers_to_unknown_questions_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "answers"
    metadata = {"seed": str(SEED), "faults": "{}"}
    path.write_bytes(safetensors.torch.save({name: torch.zeros(1)}, metadata))
    assert unsolved(path) == "The answers are to questions that nobody asked."


def test_a_file_without_answers_fails_every_check(reference: Reference) -> None:
    checks = compare(Sheet(SEED), QUESTIONS, reference)
    assert len(checks) == len(QUESTIONS)
    assert not any(check.passed for check in checks)


def test_a_faults_text_is_made_fit_to_be_shown(tmp_path: Path, reference: Reference) -> None:
    fault = {"sentence": "\x1b[31mred\n" + "x" * 9999, "file": "a\nb" * 999, "line": -4}
    data = {"seed": str(SEED), "faults": json.dumps({"silu.values": fault})}
    read = answers_of(safetensors.torch.save({}, data), tmp_path / "answers")
    check = next(c for c in compare(read, QUESTIONS, reference) if c.name == "silu.values")
    assert not check.passed
    assert check.message.isprintable()
    assert len(check.message) < 800
    assert check.fault is not None
    assert check.fault.line is None


def elsewhere(tensor: Tensor) -> Tensor:
    changed = tensor.clone().flatten()
    changed[-1] = (
        changed[-1] + 1 + changed[-1].abs() if changed.is_floating_point() else ~changed[-1]
    )
    return changed.view_as(tensor)


SPOILS: dict[str, Callable[[Tensor], Tensor]] = {
    "nan": lambda t: torch.full_like(t, torch.nan) if t.is_floating_point() else t.double() * 0,
    "infinity": lambda t: torch.full_like(t, torch.inf) if t.is_floating_point() else t.float(),
    "zeros in another shape": lambda t: torch.zeros(2, 0, 3, dtype=t.dtype),
    "one more axis": lambda t: t.unsqueeze(0),
    "other integers": lambda t: t.to(torch.int32),
    "complex numbers": lambda t: t.to(torch.complex64),
    "float16": lambda t: t.to(torch.float16),
    "eight bits": lambda t: t.to(torch.float32).to(torch.float8_e4m3fn),
    "booleans": lambda t: t.to(torch.int8) if t.dtype == torch.bool else t != 0,
    "the last number": elsewhere,
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
def test_spoilt_answers_fail_every_check(
    tmp_path: Path, honest: bytes, reference: Reference, spoil: Callable[[Tensor], Tensor]
) -> None:
    given_answers = answers_of(honest, tmp_path / "answers")
    for cases in given_answers.tensors.values():
        for case, tensor in cases.items():
            cases[case] = spoil(tensor)
    checks = compare(given_answers, QUESTIONS, reference)
    assert [check.name for check in checks if check.passed] == []
    assert all(check.message.isprintable() for check in checks)


def test_one_missing_and_one_extra_answer_fail_their_checks(
    tmp_path: Path, honest: bytes, reference: Reference
) -> None:
    given_answers = answers_of(honest, tmp_path / "answers")
    del given_answers.tensors["silu.values"]["large"]
    given_answers.tensors["loss.values"]["extra"] = torch.zeros(3)
    failed = {
        c.name: c.message for c in compare(given_answers, QUESTIONS, reference) if not c.passed
    }
    assert failed.keys() == {"silu.values", "loss.values"}
    assert "no answer was observed" in failed["silu.values"]
    assert "nobody asked" in failed["loss.values"]


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damage_anywhere_in_a_file_ends_in_answers_or_in_a_sentence(
    tmp_path: Path, honest: bytes, data: st.DataObject
) -> None:
    spoilt = bytearray(honest)
    header = 8 + int.from_bytes(honest[:8], "little")
    end = data.draw(st.sampled_from([16, header, len(honest)]))
    for _ in range(data.draw(st.integers(1, 8))):
        spoilt[data.draw(st.integers(0, end - 1))] = data.draw(st.integers(0, 255))
    with suppress(Unreadable):
        answers_of(bytes(spoilt), tmp_path / "answers")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
ENTRY = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(
            ["F32", "F64", "BF16", "I64", "BOOL", "F8_E8M0", "F4", "C64", "X"]
        ),
        "shape": st.lists(st.integers(-1, 2**63), max_size=3),
        "data_offsets": st.lists(st.integers(-1, 64), min_size=1, max_size=3),
    }
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from(["__metadata__", "silu.values/a", "x"]), JSON | ENTRY))
def test_any_header_at_all_ends_in_answers_or_in_a_sentence(
    tmp_path: Path, header: dict[str, Any]
) -> None:
    text = json.dumps(header).encode("utf-8", "surrogatepass")
    with suppress(Unreadable):
        answers_of(len(text).to_bytes(8, "little") + text + bytes(64), tmp_path / "answers")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(position=st.integers(0, 2**40), value=st.integers(0, 255))
def test_a_byte_changed_in_the_numbers_never_ends_the_referee(
    tmp_path: Path, honest: bytes, reference: Reference, position: int, value: int
) -> None:
    header = 8 + int.from_bytes(honest[:8], "little")
    spoilt = bytearray(honest)
    spoilt[header + position % (len(honest) - header)] = value
    checks = compare(answers_of(bytes(spoilt), tmp_path / "answers"), QUESTIONS, reference)
    assert sum(not check.passed for check in checks) <= 1
