"""How a submission is judged: the code answers in one process, another compares."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

from engine.errors import SandboxError
from engine.level import Level
from engine.sandbox.messages import Answer, Ended, Event, Judge, Judged, Limits, Outcome
from engine.sandbox.removal import remove
from engine.sandbox.runner import Runner, ignore
from engine.sandbox.thread import in_thread
from engine.verdict import Verdict

EXAM_LIMITS = Limits(seconds=24.0, stall=8.0)
"""The exam of more than a hundred questions takes about a second. A submission that hangs does so
at one of them, and is over within ten; one that is right has its time on a machine twenty times
slower, or so busy."""
REFEREE_LIMITS = Limits(seconds=60.0)
"""The referee runs our own code only."""

Listener = Callable[[Event], None]


async def verdict_on(
    sandbox: Runner,
    source: Path,
    seed: int,
    scratch: Path,
    on_event: Listener = ignore,
) -> Verdict:
    """The verdict on the code under ``source``, on exam inputs drawn from ``seed``.

    ``scratch`` is where a folder is made for the answers on their way from one process to the
    other. While the code answers, the referee works out what to expect. Raises SandboxError when
    the referee itself fails: that is never held against the player.
    """
    # A folder of its own: the code under test may write to it, and to nothing beside it.
    async with _desk(scratch) as desk:
        answers = desk / "answers.safetensors"
        referee = _Referee(sandbox, answers, seed)
        async with referee.early():
            refused = await answered(sandbox, source, seed, answers, on_event)
            return refused or await referee.verdict()


@contextlib.asynccontextmanager
async def _desk(parent: Path) -> AsyncIterator[Path]:
    """A folder in ``parent``, gone at the end. Code under test may leave thousands of files there,
    and the interface is not to stand still meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="desk-", dir=parent))
    try:
        yield folder
    finally:
        await in_thread(remove, folder)


async def answered(
    sandbox: Runner, source: Path, seed: int, answers: Path, on_event: Listener = ignore
) -> Verdict | None:
    """Have the code under ``source`` answer the exam; the verdict if it did not come to that."""
    ended = await sandbox.run(Answer(str(source), str(answers), seed), EXAM_LIMITS, on_event)
    if ended.outcome is not Outcome.DONE:
        return Verdict(False, (), ended.sentence, ended.fault, seed)
    if not answers.exists():
        return Verdict(False, (), "The exam ended without any answers.", None, seed)
    return None


def mended(level: Level, solved: bool, passed: Collection[str]) -> tuple[str, ...]:
    """Ids of the parts of ``level`` that a submission mends which passed those checks."""
    if solved:
        return tuple(part.id for part in level.parts)
    if len(level.parts) == 1:
        return ()
    return tuple(p.id for p in level.parts if set(p.contract.decides).issubset(passed))


class _Referee:
    """A judge that is called early, and once more if that one did not see the case through."""

    def __init__(self, sandbox: Runner, answers: Path, seed: int) -> None:
        self._sandbox = sandbox
        self._task = Judge(str(answers), seed)
        self._verdicts: list[Verdict] = []
        self._first: asyncio.Task[Ended]

    @contextlib.asynccontextmanager
    async def early(self) -> AsyncIterator[None]:
        """Have the judge wait for the answers; gone at the end, whatever happens."""
        self._first = asyncio.create_task(self._judge())
        try:
            yield
        finally:
            self._first.cancel()
            await asyncio.gather(self._first, return_exceptions=True)

    async def verdict(self) -> Verdict:
        """The verdict on the answers, which are there. Raises SandboxError."""
        with contextlib.suppress(SandboxError):
            await self._first
        # The code under test ran beside that judge, and may have brought it down.
        ended = None if self._verdicts else await self._judge()
        if not self._verdicts:
            said = ended.sentence if ended else ""
            raise SandboxError(f"The referee gave no verdict; submit again. {said}".strip())
        return self._verdicts[-1]

    async def _judge(self) -> Ended:
        def listen(event: Event) -> None:
            if isinstance(event, Judged):
                self._verdicts.append(event.verdict)

        return await self._sandbox.run(self._task, REFEREE_LIMITS, listen)
