"""Finding the processes that a dead server has left behind, by the mark in their environment."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from engine.sandbox.environment import SCRATCH

_ROUNDS = 100
_CLEAN = 3
"""Rounds in a row that have to find nobody: one misses who is born while its parent ends."""


def kill_marked(scratch: Path) -> None:
    """Kill every process that was started for the server of that scratch folder.

    A mark outlives forks and new sessions, which is what code does that tries to stay. On
    systems without /proc nothing is found.
    """
    if not sys.platform.startswith("linux"):
        return
    mark = f"{SCRATCH}={scratch}".encode()
    clean = 0
    for _ in range(_ROUNDS):
        found = [pid for pid in _pids() if mark in _environment(pid)]
        for stop in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, stop)
        clean = 0 if found else clean + 1
        if clean == _CLEAN:
            return


def _pids() -> list[int]:
    listed = os.listdir("/proc")  # noqa: PTH208 - names, not paths
    return [int(name) for name in listed if name.isdigit()]


def _environment(pid: int) -> list[bytes]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []
