"""Verdicts repeated while everything changes that must not matter: ``make repeats``.

Two hundred whole verdicts for each level, a hundred on right submissions and a hundred on wrong
ones: other seeds, one thread and two, questions in another order, and another default dtype, set
before the exam or by the code under test as it is imported. A few of them run in the tests.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

import torch

from engine.lab.exam import QUESTIONS, Question
from tests.lab.judge.court import Court, Docket, Submission, dockets

DTYPES = (torch.float32, torch.float64, torch.bfloat16)
SEEDS = 10
"""The most exams there are for one level: references are worked out once for each."""

PORTION = 25
"""Verdicts that are asked of a process at a time."""


@dataclass(frozen=True)
class Circumstances:
    """What a verdict must not depend on."""

    seed: int
    threads: int
    around: torch.dtype
    """The default dtype before the exam."""
    inside: torch.dtype
    """What the code under test sets it to as it is imported; float32 leaves it alone."""
    order: int
    """Seed of the order of questions; 0 for their own."""

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in that order."""
        if not self.order:
            return QUESTIONS
        return tuple(random.Random(self.order).sample(QUESTIONS, len(QUESTIONS)))

    def source(self, source: dict[str, str]) -> dict[str, str]:
        """``source``, every file of which sets the default dtype."""
        if self.inside is torch.float32:
            return source
        more = f"\n\nimport torch\n\ntorch.set_default_dtype({self.inside})\n"
        return {file: text + more for file, text in source.items()}


@dataclass(frozen=True)
class Repeat:
    """One verdict, and what it has to be."""

    docket: Docket
    submission: Submission
    right: bool
    under: Circumstances

    def __str__(self) -> str:
        return f"{self.docket.level}: {self.submission.name}, {self.under}"


def plan(docket: Docket, count: int) -> list[Repeat]:
    """``count`` verdicts on submissions to one level, half of them right, circumstances drawn."""
    draw = random.Random(docket.level)
    sides = [(True, itertools.cycle(docket.right)), (False, itertools.cycle(docket.wrong))]
    repeats = []
    for number in range(count):
        right, submissions = sides[number % 2]
        under = Circumstances(
            seed=1000 + draw.randrange(SEEDS),
            threads=draw.choice((1, 2)),
            around=draw.choice(DTYPES),
            inside=draw.choice(DTYPES),
            order=draw.randrange(1, 1 << 30),
        )
        repeats.append(Repeat(docket, next(submissions), right, under))
    return repeats


def failures(court: Court, source: dict[str, str], under: Circumstances) -> dict[str, str]:
    """Names and messages of the checks that fail, in the order of the catalogue."""
    root = court.root(under.source(source))
    with _around(under):
        failed = court.failures(root, under.seed, under.questions)
    return {q.name: failed[q.name] for q in QUESTIONS if q.name in failed}


def agrees(court: Court, repeat: Repeat) -> bool:
    """Whether the verdict is the one that is expected."""
    failed = failures(court, repeat.docket.source(repeat.submission), repeat.under)
    return repeat.right == (not failed)


@contextmanager
def _around(under: Circumstances) -> Iterator[None]:
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(under.threads)
    torch.set_default_dtype(under.around)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)


def run(level: int, chosen: range, count: int) -> tuple[int, list[str]]:
    """How many of the chosen repeats of one level there are, and those that do not agree."""
    docket = next(d for d in dockets() if d.level == level)
    clean = Path(str(files("levels") / "codebase"))
    repeats = [plan(docket, count)[number] for number in chosen]
    with tempfile.TemporaryDirectory(prefix="repeats-") as folder:
        court = Court(Path(folder), clean)
        return len(repeats), [str(r) for r in repeats if not agrees(court, r)]


def main() -> int:
    """Repeat verdicts on every level; exit code 0 when all agree, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.judge.repeats", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="verdicts for each level")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="one per core")
    arguments = parser.parse_args()
    count: int = arguments.count
    total = count * len(dockets())
    agreed: Counter[str] = Counter()
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
        jobs = [
            pool.submit(run, docket.level, range(count)[begin : begin + PORTION], count)
            for docket in dockets()
            for begin in range(0, count, PORTION)
        ]
        for job in as_completed(jobs):
            tried, apart = job.result()
            agreed.update(yes=tried - len(apart), no=len(apart))
            print(f"{agreed.total()} of {total} verdicts, {agreed['no']} disagree", flush=True)
            for repeat in apart:
                print(f"    another verdict: {repeat}")
    print(f"{agreed['yes']} verdicts agree, {agreed['no']} do not")
    return 1 if agreed["no"] else 0


if __name__ == "__main__":
    sys.exit(main())
