"""Both sides of the probes' promise on fifty seeds, where the tests take fewer: ``make seeds``.

On the clean codebase the probes that train are quiet, and on each level's start the probes of its
contract fire: for every seed, model size and dtype. The tests do the same with a few seeds, and
with all fifty for the fast probes on the clean codebase.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import torch

from engine.evidence import Status
from engine.lab.codebase import Codebase
from engine.lab.probes.context import SIZES, Size
from engine.lab.subjects import CodebaseSubject
from tests.lab.probes.bench import BY_NAME, CATALOG, evidence
from tests.sources import write

DTYPES = (torch.float32, torch.float64)
CLEAN = 0
"""In the place of a level's number: the codebase without a bug."""


@dataclass(frozen=True)
class Promise:
    """One probe on one source, which has to find the same at every seed."""

    level: int
    probe: str
    size: Size
    dtype: torch.dtype

    @property
    def wanted(self) -> Status:
        """What it has to find."""
        return Status.QUIET if self.level == CLEAN else Status.FIRES

    def __str__(self) -> str:
        where = "the clean codebase" if self.level == CLEAN else f"level {self.level}"
        return f"{self.probe} on {where}, {self.size.name}, {self.dtype}"


def promises() -> list[Promise]:
    """All of them; the slow ones come first, for an even load to the end."""
    slow = [(CLEAN, name) for name, probe in BY_NAME.items() if probe.info.slow]
    contracts = [
        (level.number, name)
        for level in CATALOG.levels
        for name in sorted({name for part in level.parts for name in part.contract.fires})
    ]
    return [
        Promise(level, probe, size, dtype)
        for level, probe in slow + contracts
        for size in reversed(SIZES)
        for dtype in DTYPES
    ]


def broken(promise: Promise, seeds: int) -> dict[int, str]:
    """What was found at the seeds at which the promise is not kept."""
    torch.set_num_threads(1)
    clean = promise.level == CLEAN
    source = CATALOG.codebase if clean else CATALOG.find(promise.level).start
    with tempfile.TemporaryDirectory(prefix="seeds-") as folder:
        subject = CodebaseSubject(Codebase(write(Path(folder), source)))
        found = (
            evidence(subject, promise.probe, seed, promise.dtype, promise.size)
            for seed in range(seeds)
        )
        return {
            seed: f"{seen.status}: {seen.finding}"
            for seed, seen in enumerate(found)
            if seen.status is not promise.wanted
        }


def main() -> int:
    """Put every promise to the test; exit code 0 when all are kept, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.probes.seeds", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="for each probe, size and dtype")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="one per core")
    arguments = parser.parse_args()
    seeds: int = arguments.seeds
    runs: Counter[str] = Counter()
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(broken, promise, seeds): promise for promise in promises()}
        for done, job in enumerate(as_completed(jobs), 1):
            apart = job.result()
            runs.update(kept=seeds - len(apart), broken=len(apart))
            print(f"{done} of {len(jobs)}  {jobs[job]}: {len(apart)} of {seeds} not so", flush=True)
            for seed, finding in apart.items():
                print(f"    seed {seed}: {finding}")
    print(f"{runs['kept']} runs find what they should, {runs['broken']} do not")
    return 1 if runs["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
