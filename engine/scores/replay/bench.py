"""Judging code from whatever thread, in sandboxes that are kept for the next."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Callable
from functools import cache

from engine.errors import GameError, SandboxError
from engine.level import Source
from engine.sandbox.client import Sandbox
from engine.sandbox.removal import passing_folder
from engine.sandbox.runner import Runner
from engine.scores.replay.court import Court
from engine.scores.replay.guard import in_force
from engine.scores.replay.ruling import Job, Ruling, engine_version

_TRIES = 2
"""A machine may have been too busy, or another submission may have brought the server down."""


class Bench:
    """A pool of sandboxes with an event loop in a thread of its own.

    ``judge`` may be called from many threads; each call has a sandbox to itself, so that what one
    submission does to its server is no other's harm. ``close`` ends whatever runs.
    """

    def __init__(self, make: Callable[[], Runner] = Sandbox) -> None:
        self._make = make
        self._idle: list[Court] = []
        self._made: list[tuple[Court, Runner]] = []
        self._tasks: set[asyncio.Task[Ruling]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bench", daemon=True)
        self._thread.start()

    def judge(self, source: Source, seed: int) -> Ruling:
        """What the judge says. Raises SandboxError when nothing can be run here."""
        return asyncio.run_coroutine_threadsafe(self._tracked(source, seed), self._loop).result()

    def close(self) -> None:
        """End every sandbox; a call that waits is told."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _tracked(self, source: Source, seed: int) -> Ruling:
        task = asyncio.create_task(self._judged(source, seed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await task

    async def _judged(self, source: Source, seed: int) -> Ruling:
        court = self._idle.pop() if self._idle else self._fresh()
        try:
            for attempt in range(1, _TRIES + 1):
                try:
                    ruling = await _ruling(court, source, seed)
                except SandboxError:
                    if attempt == _TRIES:
                        raise
                else:
                    if not ruling.reason:
                        break
            return ruling
        finally:
            self._idle.append(court)

    def _fresh(self) -> Court:
        sandbox = self._make()
        self._made.append((Court(sandbox), sandbox))
        return self._made[-1][0]

    async def _end(self) -> None:
        running = tuple(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*(_closed(court, sandbox) for court, sandbox in self._made))


async def _closed(court: Court, sandbox: Runner) -> None:
    await court.close()
    await sandbox.close()


async def _ruling(court: Court, source: Source, seed: int) -> Ruling:
    with passing_folder("replay-") as folder:
        code, answers = folder / "source", folder / "answers"
        answers.mkdir()
        for file, text in source.items():
            path = code / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        verdict = await court.verdict_on(code, seed, answers)
    passed = tuple(check.name for check in verdict.checks if check.passed)
    return Ruling(verdict.solved, passed, verdict.reason)


UNGUARDED = (
    "Replaying runs other people's code, and where it would run nothing keeps it from your files "
    "and the network; --unconfined runs it all the same."
)


class Refused(GameError):
    """This machine, or one of the cluster's, must not or cannot judge."""


def judge(job: Job) -> Ruling:
    """Judge ``job`` in this process. Raises Refused, SandboxError.

    What any executor calls, in this process or in a worker far away.
    """
    if job.engine != engine_version():
        raise Refused(
            f"A worker has version {engine_version()} of the game, not {job.engine}; install the "
            "same one everywhere."
        )
    if not (job.unconfined or _guard_holds()):
        raise Refused(UNGUARDED)
    return _bench().judge(job.source, job.seed)


@cache
def _guard_holds() -> bool:
    return in_force().complete


_lock = threading.Lock()
_benches: list[Bench] = []


def _bench() -> Bench:
    """This process's own, ended with it."""
    with _lock:
        if not _benches:
            _benches.append(Bench())
            atexit.register(close)
        return _benches[0]


def close() -> None:
    """End this process's bench, if it has one."""
    with _lock:
        while _benches:
            _benches.pop().close()
