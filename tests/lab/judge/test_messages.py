"""What a failed check says: the input and the numbers, neither the fix nor the code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import pytest

from engine.catalog import Catalog
from engine.lab.exam import QUESTIONS, Question
from engine.lab.exam.isolation import ISOLATING
from engine.verdict import Check
from tests.lab.judge.court import Court, questions

CODE = {
    line.strip()
    for text in Catalog().codebase.values()
    for line in text.splitlines()
    if len(line.strip()) > 12
}


def failed(
    court: Court, source: dict[str, str], asked: Sequence[Question] = QUESTIONS
) -> dict[str, Check]:
    """Checks that fail, by name."""
    checks = court.try_(court.root(source), questions=asked)
    return {check.name: check for check in checks if not check.passed}


@cache
def of_level(court: Court, level: int) -> dict[str, Check]:
    """Checks that fail when a level is submitted as it is."""
    return failed(court, dict(Catalog().find(level).start))


@pytest.mark.parametrize("level", range(1, 10))
def test_messages_hold_no_line_of_the_clean_code(court: Court, level: int) -> None:
    for check in of_level(court, level).values():
        assert not [line for line in CODE if line in check.message]
        assert "\n" not in check.message


@pytest.mark.parametrize("level", range(1, 9))
def test_a_message_names_input_observed_and_expected(court: Court, level: int) -> None:
    checks = of_level(court, level)
    for name in list(ISOLATING.values())[level - 1]:
        assert re.search(r"\. For .+: ", checks[name].message)
        assert re.search(r"-?\d[\d.e+-]* was observed", checks[name].message.replace("nan", "0"))
        assert "expected" in checks[name].message


def edited(file: str, find: str, replace: str) -> dict[str, str]:
    """The clean codebase with one edit."""
    source = dict(Catalog().codebase)
    assert source[file].count(find) == 1
    return source | {file: source[file].replace(find, replace)}


def test_what_raises_is_named_with_its_place(court: Court) -> None:
    source = edited("transformer/core.py", "return x * torch.sigmoid(x)", "return x @ undefined")
    check = failed(court, source)["silu.values"]
    assert check.fault is not None
    assert check.fault.file == "transformer/core.py"
    assert check.fault.line is not None
    assert "name 'undefined' is not defined" in check.message
    assert f"transformer/core.py:{check.fault.line}" in check.message


def test_a_file_that_cannot_be_read_as_python_fails_what_needs_it_and_no_more(court: Court) -> None:
    source = dict(Catalog().codebase) | {"training/loss.py": "def cross_entropy_loss(:\n"}
    checks = failed(court, source)
    areas = {name.partition(".")[0] for name in checks}
    assert areas == {"loss", "training"}
    fault = checks["loss.values"].fault
    assert fault is not None
    assert (fault.file, fault.line) == ("training/loss.py", 1)
    assert "SyntaxError" in checks["loss.values"].message


def test_a_missing_name_is_said_to_be_missing(court: Court) -> None:
    source = edited("training/clipping.py", "def clip_gradients(", "def clip(")
    assert "defines no clip_gradients" in failed(court, source)["clipping.scales"].message


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ("return None", "gave None where a tensor belongs"),
        ("return [1.0]", "gave a list where a tensor belongs"),
        ("return x.sum()", "is expected"),
        ("return (x * torch.sigmoid(x)).half()", "float16 was observed"),
        ("return x * torch.nan", "not finite"),
        ("return (x * torch.sigmoid(x)).expand(1000, 1000, *x.shape)", "far too large"),
        ("return (x * torch.sigmoid(x)).to_sparse()", "not an ordinary one"),
        ("return torch.empty_like(x, device='meta')", "not an ordinary one"),
        ("raise SystemExit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return silu(x)", "RecursionError"),
    ],
)
def test_a_result_of_the_wrong_kind_is_a_failed_check(
    court: Court, instead: str, said: str
) -> None:
    source = edited("transformer/core.py", "return x * torch.sigmoid(x)", instead)
    asked = questions("silu.values", "linear.values", "rope.values", "loss.values")
    checks = failed(court, source, asked)
    assert checks.keys() == {"silu.values"}
    assert said in checks["silu.values"].message
