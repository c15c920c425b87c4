"""Submissions as test data, and a court that tries them without a file or a process between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
}
"""Level -> where its wrong fixes show first."""


class Change(msgspec.Struct, frozen=True):
    """A second edit of the same submission."""

    replace: str
    find: str
    file: str = ""


class Submission(msgspec.Struct, frozen=True):
    """What a player makes of a level's source."""

    name: str
    replace: str
    find: str = ""
    file: str = ""
    also: tuple[Change, ...] = ()


class Docket(msgspec.Struct, frozen=True):
    """All submissions to one level; ``file`` and ``find`` are where most of them edit."""

    level: int
    file: str
    find: str
    right: tuple[Submission, ...]
    wrong: tuple[Submission, ...]

    def source(self, submission: Submission) -> dict[str, str]:
        """The codebase as submitted."""
        file = submission.file or self.file
        edits = [Edit(file, submission.find or self.find, submission.replace)]
        edits += [Edit(more.file or file, more.find, more.replace) for more in submission.also]
        return apply_edits(Catalog().find(self.level).start, edits)


def dockets() -> tuple[Docket, ...]:
    """Every docket, in the order of the levels."""
    folder = Path(__file__).parent / "submissions"
    return tuple(
        msgspec.convert(tomli.loads(path.read_text("utf-8")), Docket)
        for path in sorted(folder.glob("*.toml"))
    )


def write(source: Mapping[str, str], root: Path) -> Path:
    """A codebase on disk."""
    for file, text in source.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


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
        return write(source, self.scratch / f"source{self._count}")

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
        first, rest = parted(AREAS[level])
        return bool(self.failures(root, seed, first) or self.failures(root, seed, rest))


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
