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


def processes() -> list[Process]:
    """Every process there is, as far as this user may see."""
    if not sys.platform.startswith("linux"):
        return []
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - read four times a second: keep it cheap
        if not name.isdigit():
            continue
        with suppress(OSError):
            # proc_pid_stat(5). A name in parentheses comes second and may hold anything.
            fields = Path("/proc", name, "stat").read_bytes().rpartition(b")")[2].split()
            found.append(Process(int(name), int(fields[1]), int(fields[17])))
    return found


def memory(pid: int) -> int:
    """Bytes that a process has in memory and that are no file's; 0 without /proc.

    What is shared, as all is that a fork has from its parent, counts for each that shares it.
    """
    return _kilobytes(pid, "status", (b"RssAnon:", b"RssShmem:"))


def memory_of_all(pids: Iterable[int], most: int) -> int:
    """The same for several, with what is shared divided among all that share it.

    That takes the kernel milliseconds for each; where not even the undivided sum is more than
    ``most``, that one is given.
    """
    undivided = {pid: memory(pid) for pid in pids}
    total = sum(undivided.values())
    if total <= most:
        return total
    divided = (b"Pss_Anon:", b"Pss_Shmem:")
    return sum(_kilobytes(pid, "smaps_rollup", divided) or undivided[pid] for pid in undivided)


def _kilobytes(pid: int, file: str, names: tuple[bytes, ...]) -> int:
    """The sum, in bytes, of the lines of proc_pid_status(5) or proc_pid_smaps(5) so called."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/{file}").read_bytes().splitlines()
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(names))
    return 0


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


def kill_group(group: int) -> None:
    """Kill a group of processes at one blow: the kernel lets nobody in it fork meanwhile."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
