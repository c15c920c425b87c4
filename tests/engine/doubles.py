"""A sandbox without processes: it says what a test tells it to say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from engine.errors import SandboxError
from engine.evidence import Evidence, ProbeInfo, Status
from engine.sandbox.messages import (
    Answer,
    Ended,
    Event,
    Found,
    Judge,
    Judged,
    Limits,
    Outcome,
    Probe,
    ProbeStarted,
    Ready,
    Task,
)
from engine.sandbox.runner import ignore
from engine.verdict import Check, Verdict

CATALOGUE = (
    ProbeInfo("attention.scale", "attention", "Do scores grow with the head?", "Arithmetic."),
    ProbeInfo("attention.row_sums", "attention", "Do weights sum to 1?", "Arithmetic."),
    ProbeInfo("loss.sign", "loss", "Is the loss never negative?", "Arithmetic."),
)
CHECKS = ("attention.values", "loss.values", "loss.gradient")
DONE = Ended(Outcome.DONE)

Script = Callable[[Task, dict[str, str]], Iterable[Event]]
"""What happens, from the task and the sources that it was given."""


class Double:
    """A ``Runner``. It looks for the two bugs of the tiny pack in the text, unless ``script`` says
    otherwise; ``tasks`` and ``sources`` keep what it was asked."""

    def __init__(self, script: Script | None = None, *, broken: str = "") -> None:
        self.script = script or honest
        self.broken = broken
        """A sentence: this is why nothing can be run."""
        self.tasks: list[Task] = []
        self.sources: list[dict[str, str]] = []
        self.closed = False

    async def start(self) -> None:
        if self.broken:
            raise SandboxError(self.broken)

    async def ready(self) -> Ready:
        await self.start()
        return Ready(CATALOGUE, "0")

    async def run(
        self, task: Task, limits: Limits, on_event: Callable[[Event], None] = ignore
    ) -> Ended:
        await self.start()
        self.tasks.append(task)
        if not isinstance(task, Judge):
            self.sources.append(sources(Path(task.root)))
        if isinstance(task, Answer):
            Path(task.out).touch()
        for answers in task.files if isinstance(task, Judge) else [None]:
            if answers is not None:
                await appearance(Path(answers))
            for event in self.script(task, self.sources[-1]):
                on_event(event)
                if isinstance(event, Ended):
                    return event
        on_event(DONE)
        return DONE

    async def close(self) -> None:
        self.closed = True


async def appearance(path: Path) -> None:
    """Wait for the answers, as a judge does who was called early."""
    while not path.exists():
        await asyncio.sleep(0.001)


def sources(root: Path) -> dict[str, str]:
    """Every file under ``root``."""
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8", errors="replace")
        for path in root.rglob("*")
        if path.is_file()
    }


def bugs(source: dict[str, str]) -> frozenset[str]:
    """The probes that would see a bug of the tiny pack in ``source``."""
    found = set()
    if "x * d_k" in source["transformer/core.py"]:
        found.add("attention.scale")
    if "return sum(" in source["training/loss.py"]:
        found.add("loss.sign")
    return frozenset(found)


def honest(task: Task, source: dict[str, str]) -> Iterable[Event]:
    """What the real one would do."""
    match task:
        case Probe(names=names):
            wanted = [info for info in CATALOGUE if names is None or info.name in names]
            for index, info in enumerate(wanted):
                yield ProbeStarted(info.name, index, len(wanted))
                fires = info.name in bugs(source)
                yield Found(
                    Evidence(
                        info.name,
                        info.area,
                        Status.FIRES if fires else Status.QUIET,
                        "It is off." if fires else "It is as it should be.",
                    )
                )
        case Answer():
            pass
        case Judge(seed=seed):
            yield Judged(verdict(source, seed))


def verdict(source: dict[str, str], seed: int = 0) -> Verdict:
    """By the same bugs."""
    wrong = {name.partition(".")[0] for name in bugs(source)}
    checks = tuple(
        Check(name, component, component not in wrong, f"{name} was asked")
        for name in CHECKS
        for component in [name.partition(".")[0]]
    )
    return Verdict(not wrong, checks, seed=seed)
