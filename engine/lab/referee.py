"""Who compares a submission's answers with the clean codebase's. Never loads the player's code."""

from __future__ import annotations

import contextlib
import importlib.resources
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from engine.evidence import Fault
from engine.lab.exam import sheet
from engine.lab.exam.adamw_forms import FORMS
from engine.lab.exam.catalogue import QUESTIONS
from engine.lab.exam.code import Code
from engine.lab.exam.comparison import differences
from engine.lab.exam.desk import Case, Desk
from engine.lab.exam.question import Question, put
from engine.lab.exam.sheet import Sheet, Unreadable
from engine.verdict import Check, Verdict

Expected = Mapping[str, Case]

_LOOK = 0.002
"""Seconds between two looks for the answers."""

ADAMW = "AdamW"
"""The component whose answers decide which of its correct forms a submission has."""


def attend(files: Iterable[Path], seed: int) -> Iterator[Verdict]:
    """The verdicts on answers that may be on their way yet: for ever, if they never come.

    Until the first are there, what is expected of all of them is worked out.
    """
    with _reference(seed) as reference:
        for question in QUESTIONS:
            reference(question)
        for answers in files:
            while not os.path.lexists(answers):
                time.sleep(_LOOK)
            yield _judge(answers, seed, reference)


def judge(answers: Path, seed: int) -> Verdict:
    """The verdict on the answers in a file: solved when every check passes."""
    with _reference(seed) as reference:
        return _judge(answers, seed, reference)


def _judge(answers: Path, seed: int, reference: Reference) -> Verdict:
    try:
        given = sheet.read(answers)
    except Unreadable as error:
        return Verdict(solved=False, reason=str(error), seed=seed)
    reason = _misfit(given, seed)
    if reason:
        return Verdict(solved=False, reason=reason, seed=seed)
    checks = compare(given, QUESTIONS, reference)
    return Verdict(all(check.passed for check in checks), checks, seed=seed)


@contextlib.contextmanager
def _reference(seed: int) -> Iterator[Reference]:
    with (
        importlib.resources.as_file(importlib.resources.files("levels") / "codebase") as clean,
        tempfile.TemporaryDirectory(prefix="referee-") as scratch,
    ):
        yield Reference(clean, seed, Path(scratch))


class Reference:
    """The clean codebase's own answers, in each form of AdamW; a codebase is loaded for each."""

    def __init__(self, clean: Path, seed: int, scratch: Path) -> None:
        self.seed = seed
        self._clean = clean
        self._scratch = scratch
        self._codes: dict[int, Code] = {}
        self._expected: dict[tuple[str, int], Expected] = {}

    def __call__(self, question: Question, form: int = 0) -> Expected:
        """What is expected of ``question`` where AdamW has the form of that number."""
        form = form if question.any_adamw else 0
        key = (question.name, form)
        if key not in self._expected:
            desk = Desk(question.name, self.seed, self._scratch, exact=True)
            put(question, self._code(form), desk)
            self._expected[key] = desk.cases
        return self._expected[key]

    def _code(self, form: int) -> Code:
        if form not in self._codes:
            code = self._codes[form] = Code(self._clean)
            if form:  # the first is the clean codebase's own
                code.replace("training.optimizer", "AdamW", FORMS[form])
        return self._codes[form]


def compare(given: Sheet, questions: Sequence[Question], expected: Reference) -> tuple[Check, ...]:
    """One check for each of ``questions``.

    AdamW has more than one correct form, and any will do; but one form has to explain all answers.
    Where none explains all of the optimizer's own, the one that explains most is held against them.
    """
    own = [question for question in questions if question.component == ADAMW]
    best: dict[str, Check] = {}
    chosen = 0
    for form in range(len(FORMS)):
        tried = {q.name: _check(q, form, expected, given) for q in own}
        if form == 0 or _failed(tried) < _failed(best):
            best, chosen = tried, form
        if not _failed(best):
            break
    return tuple(
        best.get(question.name) or _check(question, chosen, expected, given)
        for question in questions
    )


def _misfit(given: Sheet, seed: int) -> str:
    """Why these are no answers to this exam, or nothing."""
    if given.seed != seed:
        return "The answers are those of another exam."
    known = {question.name for question in QUESTIONS}
    if any(name not in known for name in (*given.tensors, *given.faults)):
        return "The answers are to questions that nobody asked."
    return ""


def _failed(checks: Mapping[str, Check]) -> int:
    return sum(not check.passed for check in checks.values())


def _check(question: Question, form: int, reference: Reference, given: Sheet) -> Check:
    fault = given.faults.get(question.name)
    expected = reference(question, form)
    observed = given.tensors.get(question.name, {})
    if fault is not None:
        # Answers come in order: the first that is missing is the one that could not be had.
        inputs = [case.given for name, case in expected.items() if name not in observed]
        where = f"For {inputs[0]}: an" if inputs else "An"
        return _refused(
            question, f"{where} answer is expected. Observed: {_sentence(fault)}", fault
        )
    wrong = differences(expected, observed)
    if not wrong:
        return Check(question.name, question.component, passed=True, message=question.asks)
    more = f" {len(wrong)} of {len(expected)} answers are wrong." if len(wrong) > 1 else ""
    return _refused(question, f"{wrong[0]}{more}", None)


def _refused(question: Question, said: str, fault: Fault | None) -> Check:
    return Check(
        question.name,
        question.component,
        passed=False,
        message=f"{question.asks} {said}",
        fault=fault,
    )


def _sentence(fault: Fault) -> str:
    said = str(fault)
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."
