"""Submissions as test data, and a court that tries them without a file or a process between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import tomli

from engine.catalog import Catalog
from engine.lab.exam import QUESTIONS, Question, answers
from engine.lab.exam.code import Code
from engine.lab.exam.comparison import differences
from engine.lab.exam.sheet import Sheet
from engine.lab.referee import Reference, compare
from engine.level import Edit, apply_edits
from engine.verdict import Check
from tests.sources import write

SEED = 7

AREAS = {
    1: ("attention", "multihead"),
    2: ("attention", "multihead"),
    3: ("multihead",),
    4: ("rms_norm",),
    5: ("rope",),
    6: ("block",),
    7: ("loss",),
    8: ("optimizer", "checkpoint"),
    9: ("attention", "multihead", "rms_norm", "rope", "block", "loss", "optimizer"),
}
"""Level -> where its wrong fixes show first."""


RIGHT_KINDS = {
    "key": "the line of the answer key",
    "formula": "another formula of the same value",
    "torch": "PyTorch's own function or type",
    "rewritten": "the code around the bug written anew",
    "order": "torch's order of weight decay",
}
WRONG_KINDS = {
    "half": "half fixed",
    "narrow": "right for one shape, constant or moment only",
    "gradient": "the right value with a wrong gradient",
    "hidden": "the symptom hidden",
    "place": "taken from the wrong place, or put there",
    "reduction": "a sum for a mean, or a mean over too much",
    "removed": "the feature removed with its bug",
    "formula": "another formula of another value",
    "beside": "right there, and broken beside it",
}


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A second edit of the same submission."""

    replace: str
    find: str
    file: str = ""


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a player makes of a level's source."""

    name: str
    kind: str
    replace: str = ""
    find: str = ""
    file: str = ""
    also: tuple[Change, ...] = ()
    mends: tuple[str, ...] = ()
    """Instead of all that: for each other level, in order, the name of a submission to it, or
    nothing where its bug is left alone."""


class Docket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All submissions to one level; ``file`` and ``find`` are where most of them edit."""

    level: int
    right: tuple[Submission, ...]
    wrong: tuple[Submission, ...]
    file: str = ""
    find: str = ""

    def source(self, submission: Submission) -> dict[str, str]:
        """The codebase as submitted."""
        edits = self._edits(submission)
        for docket, name in zip(dockets(), submission.mends, strict=False):
            edits += docket._edits(docket._named(name)) if name else ()
        return apply_edits(Catalog().find(self.level).start, edits)

    def _edits(self, submission: Submission) -> list[Edit]:
        if submission.mends:
            return []
        file = submission.file or self.file
        first = Edit(file, submission.find or self.find, submission.replace)
        return [first, *(Edit(m.file or file, m.find, m.replace) for m in submission.also)]

    def _named(self, name: str) -> Submission:
        [found] = [s for s in (*self.right, *self.wrong) if s.name == name]
        return found


@cache
def dockets() -> tuple[Docket, ...]:
    """Every docket, in the order of the levels."""
    folder = Path(__file__).parent / "submissions"
    return tuple(
        msgspec.convert(tomli.loads(path.read_text("utf-8")), Docket)
        for path in sorted(folder.glob("*.toml"))
    )


class Court:
    """Tries codebases against references that are worked out once for each seed."""

    def __init__(self, scratch: Path, clean: Path) -> None:
        self.scratch = scratch
        self._clean = clean
        self._references: dict[int, Reference] = {}
        self._count = 0

    def root(self, source: Mapping[str, str]) -> Path:
        """``source`` on disk."""
        self._count += 1
        return write(self.scratch / f"source{self._count}", source)

    def try_(
        self, root: Path, seed: int = SEED, questions: Sequence[Question] = QUESTIONS
    ) -> tuple[Check, ...]:
        """The checks of the codebase under ``root``."""
        given = answers(Code(root), seed, self.scratch, questions, lambda _: None)
        return compare(given, questions, self._reference(seed))

    def failures(
        self, root: Path, seed: int = SEED, questions: Sequence[Question] = QUESTIONS
    ) -> dict[str, str]:
        """Names and messages of the checks that fail."""
        return {c.name: c.message for c in self.try_(root, seed, questions) if not c.passed}

    def explains(self, given: Sheet, questions: Sequence[Question], form: int) -> bool:
        """Whether AdamW in that form gives the same answers."""
        expected = self._reference(given.seed)
        return not any(differences(expected(q, form), given.tensors[q.name]) for q in questions)

    def _reference(self, seed: int) -> Reference:
        if seed not in self._references:
            self._references[seed] = Reference(self._clean, seed, self.scratch)
        return self._references[seed]

    def refuses(self, root: Path, level: int, seed: int = SEED) -> bool:
        """Whether any check fails; those of the level's areas are tried first, for speed."""
        first, _ = parted(AREAS[level])
        return bool(self.failures(root, seed, first) or self.failures(root, seed))


class Parts(NamedTuple):
    """Questions in two heaps."""

    first: tuple[Question, ...]
    rest: tuple[Question, ...]


def parted(areas: Sequence[str]) -> Parts:
    """The questions of ``areas``, and the others."""
    first = tuple(q for q in QUESTIONS if q.name.partition(".")[0] in areas)
    return Parts(first, tuple(q for q in QUESTIONS if q not in first))


def questions(*names: str) -> tuple[Question, ...]:
    """The questions of those names."""
    known = {question.name: question for question in QUESTIONS}
    return tuple(known[name] for name in names)
