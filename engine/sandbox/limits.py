"""What the kernel enforces on a child: memory, size of files, processes."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from engine.sandbox import tree
from engine.sandbox.messages import Limits

if sys.platform != "win32":
    import resource

LARGEST_FILE = 256 << 20
"""Bytes. The answers to an exam take a few megabytes."""
_DESCRIPTORS = 2048
"""Open files: room for the few that lie up high. The server looks at each, time and again."""


def impose(limits: Limits) -> None:
    """Bind the calling process, for good, to ``limits``. Wall clock and output are not its own."""
    if sys.platform == "win32":
        return
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, LARGEST_FILE)
    _limit(resource.RLIMIT_NOFILE, _DESCRIPTORS)
    if os.geteuid() != 0:  # the kernel does not count root's
        most = _tasks_of_this_user() + limits.processes
        _limit(resource.RLIMIT_NPROC, most)
    with suppress(OSError):
        mapped = int(Path("/proc/self/statm").read_bytes().split()[0])
        most = mapped * resource.getpagesize() + limits.memory
        _limit(resource.RLIMIT_AS, most)


def reserve() -> bytearray:
    """Address space to keep until memory has run out, and then let go of to say so.

    It is never written to, so that it takes no memory.
    """
    return bytearray(16 << 20)


def _limit(what: int, most: int) -> None:
    if sys.platform != "win32":
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:
            most = min(most, ceiling)
        resource.setrlimit(what, (most, most))


def _tasks_of_this_user() -> int:
    """RLIMIT_NPROC counts all of a user's threads, so that a margin needs a base."""
    mine = os.geteuid() if sys.platform != "win32" else 0
    total = 0
    for process in tree.processes():
        with suppress(OSError):
            if Path(f"/proc/{process.pid}").stat().st_uid == mine:
                total += process.tasks
    return total
