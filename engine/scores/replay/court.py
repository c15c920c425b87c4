"""Judging many submissions on the same inputs: what is expected of them is worked out once."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from contextlib import suppress
from pathlib import Path

from engine.errors import SandboxError
from engine.judging import REFEREE_LIMITS, answered
from engine.sandbox.messages import Event, Judge, Judged, Limits
from engine.sandbox.removal import remove
from engine.sandbox.runner import Runner
from engine.verdict import Verdict

SITTING = 100
"""Submissions that one referee judges. Then another comes: whatever strange answers may have done
to it has an end."""
_TERM = Limits(seconds=600.0)
"""How long one stays, be it idle."""
_TRIES = 2


class Court:
    """Judges one submission at a time in a sandbox, which is somebody else's to close.

    Each answers in a process of its own, as always. The referee stays for the next, and finds the
    answers in a folder that no code under test may write to.
    """

    def __init__(self, sandbox: Runner) -> None:
        self._sandbox = sandbox
        self._docket = Path(tempfile.mkdtemp(prefix="docket-"))
        self._numbers = itertools.count(1)
        self._sitting: _Sitting | None = None

    async def verdict_on(self, source: Path, seed: int, scratch: Path) -> Verdict:
        """The verdict on the code under ``source``, which may write to ``scratch``.

        Raises SandboxError when the referee fails or nothing can be run at all.
        """
        await self._convened(seed)  # it works out what to expect while the code answers
        answers = scratch / "answers"
        refused = await answered(self._sandbox, source, seed, answers)
        if refused is not None:
            return refused
        try:
            for _ in range(_TRIES):
                sitting = await self._convened(seed)
                try:
                    answers = answers.replace(sitting.place())
                except OSError:  # the code under test has locked them in
                    return Verdict(False, (), "The exam's answers cannot be reached.", None, seed)
                verdict = await sitting.verdict()
                if verdict is not None:
                    return verdict
        finally:
            _discard(answers)
        raise SandboxError("The referee gave no verdict.")

    async def close(self) -> None:
        """Send the referee away."""
        await self._adjourn()
        remove(self._docket)

    async def _convened(self, seed: int) -> _Sitting:
        if self._sitting is None or self._sitting.over or self._sitting.seed != seed:
            await self._adjourn()
            first = self._docket / f"answers-{next(self._numbers)}"
            self._sitting = _Sitting(self._sandbox, first, seed)
        return self._sitting

    async def _adjourn(self) -> None:
        sitting, self._sitting = self._sitting, None
        if sitting is not None:
            await sitting.end()


def _discard(answers: Path) -> None:
    """Remove what was handed in: a file, or whatever stood in its place."""
    try:
        answers.unlink()
    except OSError:
        remove(answers)


class _Sitting:
    """One referee, who waits for answers in one place after the other."""

    def __init__(self, sandbox: Runner, first: Path, seed: int) -> None:
        self.seed = seed
        task = Judge(str(first), seed, SITTING - 1)
        self._places = iter(task.files)
        self._left = SITTING
        self._verdicts: asyncio.Queue[Verdict | None] = asyncio.Queue()
        """None at the end."""
        self._run = asyncio.create_task(sandbox.run(task, _TERM, self._listen))
        self._run.add_done_callback(lambda _: self._verdicts.put_nowait(None))

    @property
    def over(self) -> bool:
        """Whether it judges nothing more."""
        return self._left == 0 or self._run.done()

    def place(self) -> Path:
        """Where the next answers are waited for."""
        return Path(next(self._places))

    async def verdict(self) -> Verdict | None:
        """The verdict on the answers that were put there; None when there is none to be had."""
        left, self._left = self._left - 1, 0  # unless it comes, the next one would be this one's
        with suppress(TimeoutError):
            async with asyncio.timeout(REFEREE_LIMITS.seconds):
                if (verdict := await self._verdicts.get()) is not None:
                    self._left = left
                    return verdict
        return None

    async def end(self) -> None:
        """Have it gone, and wait until it is."""
        self._run.cancel()
        await asyncio.gather(self._run, return_exceptions=True)

    def _listen(self, event: Event) -> None:
        if isinstance(event, Judged):
            self._verdicts.put_nowait(event.verdict)
