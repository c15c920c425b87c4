"""Mutants before the judge: each in a process of its own, under the limits of a submission.

The exam is asked and its answers compared by the engine's own code; what is left out is the way of
the answers through a file. The questions about the part that was changed come first. Where one of
them refuses the mutant there is no need of the others, for a submission with a failed check is
unsolved; where none does, the whole exam is asked.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

import msgspec

from engine.judging import EXAM_LIMITS
from engine.lab.exam import QUESTIONS, Question, answers
from engine.lab.exam.adamw_forms import FORMS
from engine.lab.exam.code import Code
from engine.lab.referee import Reference, compare
from engine.sandbox import limits
from engine.sandbox.messages import Limits
from tests.mutation.mutant import Mutant
from tests.sources import write

FIRST = {
    "transformer/core.py": ("linear", "embedding", "rms_norm", "silu", "swiglu", "rope", "softmax"),
    "transformer/attention.py": ("attention", "multihead"),
    "transformer/transformer.py": ("block", "model"),
    "transformer/decoding.py": ("decoding", "generation"),
    "training/loss.py": ("loss",),
    "training/optimizer.py": ("optimizer",),
    "training/schedule.py": ("schedule",),
    "training/clipping.py": ("clipping",),
    "training/data.py": ("batches",),
    "training/checkpoint.py": ("checkpoint",),
    "training/trainer.py": ("training",),
}
"""File -> the areas of the exam that are asked first of its mutants."""


class End(Enum):
    """How a trial ended."""

    WRONG = "by an answer"
    RAISED = "by a fault"
    HUNG = "by the clock"
    CRASHED = "by a crash"
    SURVIVED = "not at all"


@dataclass(frozen=True)
class Outcome:
    """How the judge took one mutant."""

    mutant: Mutant
    end: End
    check: str = ""
    """The first check that failed."""

    @property
    def refused(self) -> bool:
        """Whether it is unsolved, however that came about."""
        return self.end is not End.SURVIVED


class Bench:
    """Tries mutants of ``codebase``; what is expected is worked out once, before the first fork."""

    def __init__(
        self,
        codebase: Mapping[str, str],
        clean: Path,
        scratch: Path,
        seed: int,
    ) -> None:
        self.codebase = codebase
        self.seed = seed
        self._scratch = scratch
        self._reference = Reference(clean, seed, scratch)
        for question in QUESTIONS:
            for form in range(len(FORMS) if question.any_adamw else 1):
                self._reference(question, form)

    def try_all(
        self, mutants: Iterable[Mutant], workers: int, bounds: Limits = EXAM_LIMITS
    ) -> Iterator[Outcome]:
        """The outcome of each mutant, in the order in which they end."""
        waiting = iter(mutants)
        running: dict[int, _Trial] = {}
        with DefaultSelector() as selector:
            while True:
                while len(running) < workers and (mutant := next(waiting, None)) is not None:
                    trial = self._begin(mutant, bounds)
                    running[trial.pipe] = trial
                    selector.register(trial.pipe, EVENT_READ)
                if not running:
                    return
                due = min(trial.deadline for trial in running.values())
                for key, _ in selector.select(max(0.0, due - time.monotonic())):
                    trial = running[key.fd]
                    data = os.read(key.fd, 65536)
                    trial.said += data
                    if not data:
                        selector.unregister(key.fd)
                        yield running.pop(key.fd).end()
                for trial in list(running.values()):
                    if time.monotonic() >= trial.deadline:
                        selector.unregister(trial.pipe)
                        yield running.pop(trial.pipe).stop()

    def _begin(self, mutant: Mutant, bounds: Limits) -> _Trial:
        reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # Later Pythons warn of threads: there may be some, and torch uses none of them here.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setsid()
                self._live(mutant, bounds, writing)
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        return _Trial(mutant, child, reading, time.monotonic() + bounds.seconds)

    def _live(self, mutant: Mutant, bounds: Limits, out: int) -> None:
        """The child: say the name of a check that fails, and whether the code raised there."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        limits.impose(bounds)
        sys.dont_write_bytecode = True
        with tempfile.TemporaryDirectory(prefix="mutant-", dir=self._scratch) as folder:
            os.environ["TMPDIR"] = tempfile.tempdir = folder
            root = write(Path(folder, "code"), {**self.codebase, mutant.key.file: mutant.source})
            areas = FIRST[mutant.key.file]
            first = [q for q in QUESTIONS if q.name.partition(".")[0] in areas]
            code = Code(root)
            failed = self._failed(code, first, Path(folder)) if _fair(first) else None
            failed = failed or self._failed(code, QUESTIONS, Path(folder))
        os.write(out, msgspec.json.encode(failed or ("", False)))

    def _failed(
        self, code: Code, questions: Sequence[Question], scratch: Path
    ) -> tuple[str, bool] | None:
        given = answers(code, self.seed, scratch, questions, lambda _: None)
        for check in compare(given, questions, self._reference):
            if not check.passed:
                return check.name, check.fault is not None
        return None


def _fair(questions: Sequence[Question]) -> bool:
    """Which form AdamW has is told by its own questions; without them, others cannot be judged."""
    forms = any(question.any_adamw for question in questions)
    return not forms or any(question.component == "AdamW" for question in questions)


@dataclass
class _Trial:
    """A child at work."""

    mutant: Mutant
    child: int
    pipe: int
    deadline: float
    said: bytes = b""

    def end(self) -> Outcome:
        """The child is done: what it said."""
        os.close(self.pipe)
        _, status = os.waitpid(self.child, 0)
        if status != 0 or not self.said:
            return Outcome(self.mutant, End.CRASHED)
        check, raised = msgspec.json.decode(self.said, type=tuple[str, bool])
        if not check:
            return Outcome(self.mutant, End.SURVIVED)
        return Outcome(self.mutant, End.RAISED if raised else End.WRONG, check)

    def stop(self) -> Outcome:
        """The child's time is up."""
        with suppress(ProcessLookupError):
            os.killpg(self.child, signal.SIGKILL)
        os.close(self.pipe)
        os.waitpid(self.child, 0)
        return Outcome(self.mutant, End.HUNG)
