"""Who descends from whom: the process tree as /proc tells it. Without /proc it is empty."""

from __future__ import annotations

import os
import signal
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_ROUNDS = 50
"""How often to look for processes born while the others were being stopped."""


class Process(NamedTuple):
    """One line of the tree."""

    pid: int
    parent: int
    tasks: int
    """Its threads, the main one among them."""
    resident: int
    """Bytes of memory, pages shared with other processes among them."""


def processes() -> list[Process]:
    """Every process there is, as far as this user may see."""
    if not sys.platform.startswith("linux"):
        return []
    page = os.sysconf("SC_PAGE_SIZE")
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - read four times a second: keep it cheap
        if not name.isdigit():
            continue
        with suppress(OSError):
            # proc_pid_stat(5). A name in parentheses comes second and may hold anything.
            fields = Path("/proc", name, "stat").read_bytes().rpartition(b")")[2].split()
            found.append(
                Process(int(name), int(fields[1]), int(fields[17]), int(fields[21]) * page)
            )
    return found


def descendants(root: int, among: Iterable[Process]) -> Iterator[Process]:
    """The children of ``root``, their children, and so on; not ``root`` itself."""
    children: dict[int, list[Process]] = defaultdict(list)
    for process in among:
        children[process.parent].append(process)
    waiting = [root]
    while waiting:
        for process in children.pop(waiting.pop(), ()):
            waiting.append(process.pid)
            yield process


def kill(root: int) -> None:
    """Kill ``root`` and all that descends from it, those that forked in the meantime too."""
    stopped: set[int] = set()
    born = {root}
    for _ in range(_ROUNDS):
        # A process that is stopped cannot fork; once nobody new appears, all of them are held.
        for pid in born:
            _signal(pid, signal.SIGSTOP)
        stopped |= born
        born = {process.pid for process in descendants(root, processes())} - stopped
        if not born:
            break
    for pid in stopped | born:
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
