"""Timing for the benchmarks: medians of runs that take turns, beside a yardstick of the same run.

Wall time tells what a person waits for, and on a busy machine of the others' work as well; the
processor's time (user and system, of all descendants) hardly does. Turns are taken so that what
comes and goes on the machine meets the yardstick too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

TORCH = "python -c 'import torch'"


@dataclass(frozen=True)
class Taken:
    """What runs of one thing took, in seconds; one entry of each for every run."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]


@dataclass(frozen=True)
class Target:
    """A figure that is to stay below a limit."""

    what: str
    figures: tuple[float, ...]
    """Of several runs."""
    limit: float
    unit: str

    @property
    def missed(self) -> bool:
        """By more than noise: other work on the machine only ever adds, so a target that the best
        run keeps is not missed for certain."""
        return min(self.figures) >= self.limit

    def __str__(self) -> str:
        usual = median(self.figures)
        if self.missed:
            verdict = "NOT MET"
        else:
            verdict = "met" if usual < self.limit else "met by the best run alone: a busy machine?"
        best = f"best {min(self.figures):.2f}"
        figure = f"{usual:8.2f} {self.unit:2} ({best}; under {self.limit:g})"
        return f"  {self.what:52} {figure}  {verdict}"


def processes(
    commands: Mapping[str, Sequence[str]], runs: int, environment: Mapping[str, str] | None = None
) -> dict[str, Taken]:
    """Run each of ``commands`` so many times, by turns, after one turn that is not counted."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            taken[name].append(_once(command, {**os.environ, **(environment or {})}))
    return {
        name: Taken(tuple(wall for wall, _ in rows[1:]), tuple(cpu for _, cpu in rows[1:]))
        for name, rows in taken.items()
    }


def _once(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = 0  # reaped here, for the sake of its usage
    return wall, usage.ru_utime + usage.ru_stime


def import_torch() -> list[str]:
    """The yardstick."""
    return [sys.executable, "-c", "import torch"]


def load() -> str:
    """How busy the machine is, where it can be told."""
    if not hasattr(os, "getloadavg"):
        return ""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


async def clocked(what: Callable[[], Awaitable[object]], runs: int) -> tuple[float, ...]:
    """The wall time of each run, in seconds, after one that is not counted."""
    taken = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        await what()
        taken.append(time.perf_counter() - began)
    return tuple(taken[1:])
