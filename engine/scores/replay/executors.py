"""Where fixes are judged: on the cores of this machine, or by the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

from engine.errors import GameError
from engine.scores.replay import bench

_PATIENCE = 10
"""Seconds that a scheduler has to answer."""


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def local(workers: int) -> Iterator[Executor]:
    """So many at a time on this machine; threads, for each waits for a sandbox of its own."""
    executor = ThreadPoolExecutor(workers, "replay")
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        bench.close()
        executor.shutdown()


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of the Dask cluster whose scheduler is at ``address``. Raises GameError.

    Each needs this version of the game. Work of a worker that goes away is given to another.
    """
    try:
        from distributed import Client
    except ImportError:
        raise GameError(
            "--scheduler needs Dask, which is not installed: pip install 'tui-debugger[dask]'."
        ) from None
    # What it says of a scheduler that has gone away is told in one sentence, by whoever waits.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise GameError(f"No Dask scheduler answers at {address} ({error}).") from None
    with client:
        executor = client.get_executor(pure=False)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)  # one word to the scheduler cancels all that is left
