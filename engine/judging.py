"""How a submission is judged: the code answers in one process, another compares."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from engine.errors import SandboxError
from engine.sandbox.messages import Answer, Ended, Event, Judge, Judged, Limits, Outcome
from engine.sandbox.runner import Runner, ignore
from engine.verdict import Verdict

EXAM_LIMITS = Limits(seconds=10.0)
"""The exam takes well under a second; ten are for slow machines."""
REFEREE_LIMITS = Limits(seconds=60.0)
"""The referee runs our own code only."""

Listener = Callable[[Event], None]


async def verdict_on(
    sandbox: Runner, source: Path, seed: int, scratch: Path, on_event: Listener = ignore
) -> Verdict:
    """The verdict on the code under ``source``, on exam inputs drawn from ``seed``.

    ``scratch`` is a folder for the answers on their way from one process to the other. Raises
    SandboxError when the referee itself fails: that is never held against the player.
    """
    answers = scratch / "answers.safetensors"
    answers.unlink(missing_ok=True)
    referee = _Referee(sandbox, answers, seed)
    # While the code answers, the referee works out what to expect.
    async with referee.early():
        ended = await sandbox.run(Answer(str(source), str(answers), seed), EXAM_LIMITS, on_event)
        if ended.outcome is not Outcome.DONE:
            return Verdict(False, (), ended.sentence, ended.fault, seed)
        if not answers.exists():
            return Verdict(False, (), "The exam ended without any answers.", None, seed)
        return await referee.verdict()


class _Referee:
    """A judge that is called early, and once more if that one did not see the case through."""

    def __init__(self, sandbox: Runner, answers: Path, seed: int) -> None:
        self._sandbox = sandbox
        self._task = Judge(str(answers), seed)
        self._verdicts: list[Verdict] = []
        self._first: asyncio.Task[Ended] | None = None

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
        if self._first is not None:
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
