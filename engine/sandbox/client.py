"""The sandbox as the rest of the engine sees it. Loads no torch, blocks no event loop."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from engine.errors import SandboxError
from engine.sandbox.environment import command as server_command
from engine.sandbox.link import Link
from engine.sandbox.messages import (
    Answer,
    Diagnose,
    Ended,
    Event,
    Judge,
    Limits,
    Outcome,
    Probe,
    Ready,
    Run,
    Scratch,
    Task,
)
from engine.sandbox.runner import ignore

_TRIES = 3


class Sandbox:
    """The only door to running code: a ``Runner`` with a server process behind it.

    The server is started by whichever method is called first, and again after it has gone away.
    Any number of jobs may run at once. Belongs to one event loop.
    """

    def __init__(
        self,
        python: str = sys.executable,
        command: Sequence[str] | None = None,
        grace: float = 10.0,
    ) -> None:
        """``command`` starts another server than the game's own; ``python`` is then unused.

        ``grace`` is how many seconds after a job's time the server may take to say so.
        """
        self._grace = grace
        self._command = server_command(python) if command is None else command
        self._numbers = itertools.count(1)
        self._opening: asyncio.Task[Link] | None = None

    async def start(self) -> None:
        """See ``Runner``."""
        await self._started()

    async def ready(self) -> Ready:
        """See ``Runner``."""
        return (await self._loaded())[1]

    async def run(
        self, task: Task, limits: Limits, on_event: Callable[[Event], None] = ignore
    ) -> Ended:
        """See ``Runner``."""
        for _ in range(_TRIES):
            link, _ = await self._loaded()
            run = Run(next(self._numbers), _placed(task), limits)
            ended = await link.run(run, on_event)
            if ended is not None:
                if ended.outcome is Outcome.LOST:
                    await self.start()
                return ended
        raise SandboxError("The process that runs the code keeps going away before it takes a job.")

    async def close(self) -> None:
        """See ``Runner``."""
        opening, self._opening = self._opening, None
        if opening is not None:
            with suppress(SandboxError):
                link = await asyncio.shield(opening)
                await link.close()

    async def _loaded(self) -> tuple[Link, Ready]:
        for _ in range(_TRIES):
            link = await self._started()
            try:
                return link, await link.ready()
            except SandboxError:
                if not link.killed:
                    raise
        return link, await link.ready()

    async def _started(self) -> Link:
        if self._opening is None or _over(self._opening):
            self._opening = asyncio.create_task(Link.open(self._command, self._grace))
        # asyncio may wait for ever for a process whose start was cancelled half way.
        return await asyncio.shield(self._opening)


def _over(opening: asyncio.Task[Link]) -> bool:
    """Whether another server is needed."""
    if not opening.done():
        return False
    return opening.cancelled() or opening.exception() is not None or opening.result().gone


def _placed(task: Task) -> Task:
    """``task`` with absolute paths: the server is in another folder."""
    match task:
        case Probe(root=root) | Scratch(root=root):
            return replace(task, root=str(Path(root).absolute()))
        case Diagnose(root=root, adapters=adapters, model=model):
            adapters, model = (f and str(Path(f).absolute()) for f in (adapters, model))
            root = str(Path(root).absolute())
            return replace(task, root=root, adapters=adapters, model=model)
        case Answer(root=root, out=out):
            return replace(task, root=str(Path(root).absolute()), out=str(Path(out).absolute()))
        case Judge(answers=answers):
            return replace(task, answers=str(Path(answers).absolute()))
