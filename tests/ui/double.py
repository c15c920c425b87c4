"""A sandbox that runs nothing: it says what the test has told it to say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from engine.errors import SandboxError
from engine.evidence import Evidence, ProbeInfo, Status
from engine.sandbox.messages import (
    Answer,
    Diagnose,
    Ended,
    Event,
    Found,
    Judge,
    Judged,
    Limits,
    Outcome,
    Printed,
    Probe,
    ProbeStarted,
    Progress,
    Ready,
    Scratch,
    Task,
)
from engine.sandbox.runner import ignore
from engine.verdict import Check, Verdict
from tests.engine.doubles import appearance

CATALOGUE = (
    ProbeInfo(
        "attention.row_sums",
        "attention",
        "Do a query's attention weights sum to 1?",
        "Feeds the identity as V, so that the output is the weights. A sum of n terms is off by "
        "at most n roundings.",
    ),
    ProbeInfo("attention.causality", "attention", "Does a token see only its past?", "Nudges."),
    ProbeInfo("loss.sign", "loss", "Is the loss positive?", "A log probability is at most 0."),
    ProbeInfo("training.curve", "training", "Does it learn?", "Trains for a while.", slow=True),
)
QUESTIONS = 6


class Lab:
    """A ``Runner``. Evidence by probe, quiet where none is given; verdicts from ``judge``."""

    def __init__(self) -> None:
        self.evidence: dict[str, Evidence] = {}
        self.prints: list[str] = []
        self.ended = Ended(Outcome.DONE)
        """How runs of probes end."""
        self.values: list[float | None] = []
        """What each probe streams as it goes on."""
        self.shows: list[Event] = []
        """What the player's own probe shows and prints."""
        self.scratched = Ended(Outcome.DONE)
        """How the player's own probe ends."""
        self.answered = Ended(Outcome.DONE)
        """How the exam ends."""
        self.judge: Callable[[dict[str, str]], Verdict] = every_line_is_right
        self.broken = ""
        """Why the lab cannot be started, if it cannot."""
        self.loaded = asyncio.Event()
        self.loaded.set()
        self.going = asyncio.Event()
        """Runs wait for this before each probe and each question."""
        self.going.set()
        self.letting_go = asyncio.Event()
        """A cancelled run has not ended before this."""
        self.letting_go.set()
        self.ran: list[tuple[str, ...]] = []
        self.sources: list[dict[str, str]] = []
        """What the runs were given to run."""
        self.cancelled = 0
        self.closed = False

    async def start(self) -> None:
        """Nothing to start."""

    async def ready(self) -> Ready:
        await self.loaded.wait()
        if self.broken:
            raise SandboxError(self.broken)
        return Ready(CATALOGUE, "2.13.0")

    async def run(
        self, task: Task, limits: Limits, on_event: Callable[[Event], None] = ignore
    ) -> Ended:
        if isinstance(task, Judge):
            await appearance(Path(task.answers))
            on_event(Judged(self.judge(self.sources[-1])))
            on_event(Ended(Outcome.DONE))
            return Ended(Outcome.DONE)
        try:
            match task:
                case Probe(root=root, names=names) | Diagnose(root=root, names=names):
                    self.sources.append(sources(Path(root)))
                    ended = await self._probe(names or (), on_event)
                case Scratch(root=root):
                    self.sources.append(sources(Path(root)))
                    ended = await self._scratch(on_event)
                case Answer(root=root, out=out):
                    self.sources.append(sources(Path(root)))
                    ended = await self._answer(on_event)
                    if ended.outcome is Outcome.DONE:
                        Path(out).touch()
                case _:
                    raise NotImplementedError(task)
        except asyncio.CancelledError:
            self.cancelled += 1
            await self.letting_go.wait()
            raise
        on_event(ended)
        return ended

    async def close(self) -> None:
        self.closed = True

    async def _probe(self, names: tuple[str, ...], on_event: Callable[[Event], None]) -> Ended:
        self.ran.append(names)
        for index, name in enumerate(names):
            on_event(ProbeStarted(name, index, len(names)))
            self._print(on_event)
            for step, value in enumerate(self.values):
                on_event(Progress(name, step, 100, value))
            await self.going.wait()
            if self.ended.outcome is not Outcome.DONE:
                break
            on_event(Progress(name, 3, 3))
            area = name.partition(".")[0]
            quiet = Evidence(name, area, Status.QUIET, "As it should be.")
            on_event(Found(self.evidence.get(name, quiet)))
        return self.ended

    async def _scratch(self, on_event: Callable[[Event], None]) -> Ended:
        for event in self.shows:
            on_event(event)
        await self.going.wait()
        return self.scratched

    async def _answer(self, on_event: Callable[[Event], None]) -> Ended:
        for question in range(QUESTIONS):
            on_event(Progress("rmsnorm.values", question, QUESTIONS))
            self._print(on_event)
            await self.going.wait()
        return self.answered

    def _print(self, on_event: Callable[[Event], None]) -> None:
        for text in self.prints:
            on_event(Printed("stdout", text))


def sources(root: Path) -> dict[str, str]:
    return {p.relative_to(root).as_posix(): p.read_text("utf-8") for p in root.rglob("*.py")}


def every_line_is_right(source: dict[str, str]) -> Verdict:
    """What the referee would say of the tiny codebase, from its text."""
    attention, loss = source["transformer/attention.py"], source["training/loss.py"]
    checks = [
        Check("attention.values", "Attention", "/ d_k" in attention, "Shape (4, 8): 3 ≠ 1."),
        Check("attention.mask", "Attention", True, "The mask hides the future."),
        Check("loss.values", "Cross-entropy", "-log_probs" in loss, "Observed -2, expected 2."),
        Check("rmsnorm.values", "RMSNorm", True, "Several shapes."),
    ]
    return Verdict(all(check.passed for check in checks), tuple(checks), seed=1)
