"""The exam: questions about the whole codebase, answered beside the player's code.

``answer`` runs in the process that loads the player's code. It writes down what that code gives
and decides nothing; ``engine.lab.referee`` compares, elsewhere.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.lab.codebase import fault_of
from engine.lab.exam import sheet
from engine.lab.exam.catalogue import QUESTIONS
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk
from engine.lab.exam.question import Question, put, steady
from engine.sandbox.ended import is_memory
from engine.sandbox.messages import Event, Progress

__all__ = ["QUESTIONS", "Question", "answer", "answers"]


def answer(root: Path, seed: int, out: Path, emit: Callable[[Event], None]) -> None:
    """Ask every question of the code under ``root`` and write the answers to ``out``."""
    with tempfile.TemporaryDirectory(prefix="exam-", dir=out.parent) as scratch:
        given = answers(Code(root), seed, Path(scratch), QUESTIONS, emit)
    sheet.write(given, out)


def answers(
    code: Code,
    seed: int,
    scratch: Path,
    questions: Sequence[Question],
    emit: Callable[[Event], None],
) -> sheet.Sheet:
    """The answers of ``code`` to ``questions``; files that they need are written to ``scratch``.

    A question that raises has a fault; the others are asked all the same. Only where memory has run
    out is there no going on: that error is raised.
    """
    given = sheet.Sheet(seed)
    with steady(seed):
        code.load()
    for done, question in enumerate(questions, start=1):
        desk = Desk(question.name, seed, scratch, exact=False)
        try:
            put(question, code, desk)
        except BaseException as error:  # SystemExit is the player's code too
            if is_memory(error):
                raise
            given.faults[question.name] = fault_of(error, code.root)
        given.tensors[question.name] = {name: case.value for name, case in desk.cases.items()}
        emit(Progress(question.name, done, len(questions)))
    return given
