"""Each thing that a check can say of a wrong answer: input, observed, expected, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.catalog import Catalog
from engine.evidence import Fault
from engine.lab.exam import QUESTIONS
from engine.lab.exam.desk import Case
from engine.lab.exam.sheet import Sheet
from engine.lab.referee import Reference, compare

LONGEST = 480
"""Characters: six lines of a terminal."""
SEED = 7
AREAS = sorted({question.name.partition(".")[0] for question in QUESTIONS})


@dataclass(frozen=True)
class Said:
    """A message, and the case that it is about."""

    name: str
    given: str
    text: str


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, clean: Path) -> Reference:
    return Reference(clean, SEED, tmp_path_factory.mktemp("reference"))


def messages(reference: Reference, area: str) -> Iterator[Said]:
    """What is said of each answer of an area: wrong, not finite, of another kind, not there."""
    for question in QUESTIONS:
        if question.name.partition(".")[0] != area:
            continue
        expected = reference(question)
        right = {name: answer(case) for name, case in expected.items()}
        for name, case in expected.items():
            for wrong in spoilt(right[name]):
                given = Sheet(SEED, {question.name: {**right, name: wrong}})
                [check] = compare(given, [question], reference)
                assert not check.passed, (question.name, case.given)
                yield Said(question.name, case.given, check.message)
        raised = Sheet(SEED, {}, {question.name: Fault("ValueError: no", "training/loss.py", 3)})
        [check] = compare(raised, [question], reference)
        yield Said(question.name, next(iter(expected.values())).given, check.message)


def answer(case: Case) -> Tensor:
    """The right answer to ``case``, in the dtype that is asked for."""
    return case.value.to(case.dtype or torch.float32)


def spoilt(value: Tensor) -> Iterator[Tensor]:
    """``value`` made wrong in several ways."""
    if value.dtype is torch.bool:
        yield ~value
    elif value.dtype.is_floating_point:
        yield value + 3e5
        yield torch.full_like(value, torch.nan)
        yield value.half()
    else:
        yield value + 1
    yield torch.cat((value.flatten(), value.flatten()))


@pytest.fixture(scope="module", params=AREAS)
def area(request: pytest.FixtureRequest, reference: Reference) -> list[Said]:
    """All that is said of one area."""
    return list(messages(reference, request.param))


def test_a_message_names_what_was_asked_for_which_input_observed_and_expected(
    area: list[Said],
) -> None:
    asks = {question.name: question.asks for question in QUESTIONS}
    for said in area:
        assert said.text.startswith(f"{asks[said.name]} For {said.given}: ")
        after = said.text.removeprefix(f"{asks[said.name]} For {said.given}: ")
        assert re.search(r"\b[Oo]bserved\b", after), said.text
        assert re.search(r"\bexpected\b", after), said.text
        assert not re.search(r"\b(are|is) (differ|was)\b", after), said.text


def test_a_message_is_one_short_line_of_words(area: list[Said]) -> None:
    for said in area:
        assert len(said.text) <= LONGEST
        assert said.text.isprintable()
        assert not re.search(r"tensor\(|torch\.|\bobject at\b|  |\.\.|: :", said.text), said.text


def test_no_message_holds_a_line_of_the_key_or_what_it_comes_to(area: list[Said]) -> None:
    giving_away = {squeezed(part) for part in solutions()}
    for said in area:
        text = squeezed(said.text)
        assert not [part for part in giving_away if part in text], said.text


def solutions() -> Iterator[str]:
    """Every line that the answer key puts in, and every right-hand side of one."""
    for level in Catalog().levels:
        for edit in level.edits:
            for line in edit.find.splitlines():
                code = line.partition("#")[0].strip()
                yield from (part for part in (code, code.partition(" = ")[2]) if len(part) > 5)


def squeezed(text: str) -> str:
    """``text`` without spaces: code reads the same however it is set."""
    return re.sub(r"\s", "", text)


def test_what_the_key_puts_in_is_looked_for() -> None:
    found = {squeezed(part) for part in solutions()}
    assert "qk_dot_product/(d_k**0.5)" in found
    assert "-target_log_probs.mean()" in found
    assert all(len(part) > 5 for part in found)
