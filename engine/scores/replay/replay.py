"""Having every fix judged that has not been, by whatever executor, and keeping what comes of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from queue import SimpleQueue

from engine.errors import GameError, SandboxError
from engine.level import Level
from engine.scores.cards import Card
from engine.scores.replay import bench
from engine.scores.replay.ruling import Job, Ruling, Rulings, engine_version
from engine.scores.replay.settle import fixes

_ENOUGH = 3
"""Jobs that no sandbox would run before any was judged: then it is not the jobs' fault."""

_AT_A_TIME = 1000
"""Jobs that an executor has at a time: plenty for a large cluster, and little for its scheduler to
hold, since each is a whole codebase of about 50 kB."""

Judge = Callable[[Job], Ruling]
Watcher = Callable[[int, int], None]
"""Told how many of how many different fixes have been judged."""


def replay(
    cards: Iterable[Card],
    levels: Mapping[str, Level],
    rulings: Rulings,
    executor: Executor,
    seed: int,
    *,
    unconfined: bool = False,
    judge: Judge = bench.judge,
    watch: Watcher = lambda done, total: None,
) -> dict[str, Ruling]:
    """A ruling for every fix of ``cards``, by fingerprint.

    Equal code is judged once, code with a ruling not again. A ruling is kept as soon as it is
    there, so that a run which is interrupted goes on where it was; what ended without a full exam
    counts in this run only. Jobs that are left when it raises are the executor's to cancel. Raises
    Refused where nothing may be judged, SandboxError where nothing can be, and OSError when nothing
    can be kept.
    """
    every = (fix for card in cards for fix in fixes(card, levels))
    wanted = {fix.key: fix.source for fix in every if fix.source is not None}
    found = {key: rulings.known[key] for key in wanted if key in rulings.known}
    version = engine_version()
    missing = [key for key in wanted if key not in found]
    handed_in = iter(missing)
    waiting: dict[Future[Ruling], str] = {}
    done: SimpleQueue[Future[Ruling]] = SimpleQueue()

    def hand_in() -> None:
        for key in itertools.islice(handed_in, _AT_A_TIME - len(waiting)):
            future = executor.submit(judge, Job(wanted[key], seed, version, unconfined))
            waiting[future] = key
            future.add_done_callback(done.put)

    broken = judged = 0
    watch(len(found), len(wanted))
    hand_in()
    while waiting:
        future = done.get()
        key = waiting.pop(future)
        if future.cancelled():  # by a cluster that has gone away, or at somebody's word to it
            raise SandboxError(
                "The work was cancelled, or whoever did it has gone away. "
                f"{len(found)} of {len(wanted)} different fixes are judged and kept; the same "
                "command goes on from there."
            )
        hand_in()
        error = future.exception()
        if isinstance(error, SandboxError):
            broken += 1
            if not judged and broken in (_ENOUGH, len(missing)):
                raise error
        elif isinstance(error, GameError):
            raise error
        found[key] = future.result() if error is None else Ruling(False, reason=_said(error))
        if not found[key].reason:
            judged += 1
            rulings.keep(key, found[key])
        watch(len(found), len(wanted))
    return found


def _said(error: BaseException) -> str:
    """Why there is no ruling: the judge could not judge, or the worker that ran it was lost."""
    return str(error) if isinstance(error, GameError) else f"{type(error).__name__}: {error}"
