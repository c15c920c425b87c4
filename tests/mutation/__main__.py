"""``python -m tests.mutation``: the mutation score of the judge. Minutes; see docs/mutation.md.

Exit code 0 when it is as high as wanted and every survivor has a reason that holds, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import torch
import torch._dynamo  # most of a second in each child otherwise

from engine.catalog import Catalog
from engine.judging import verdict_on
from engine.sandbox.client import Sandbox
from tests.mutation import survivors
from tests.mutation.mutant import Mutant
from tests.mutation.mutate import all_mutants
from tests.mutation.report import Report
from tests.mutation.trial import Bench, Outcome
from tests.sources import write

SEED = 7


def main() -> int:
    """Try what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="one per core")
    parser.add_argument("--seed", type=int, default=SEED, help="of the exam's inputs")
    parser.add_argument("--only", default="", help="mutants whose file holds this")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    codebase = Catalog().codebase
    mutants = [m for m in all_mutants(codebase) if arguments.only in m.key.file]
    reasons = survivors.read()
    if arguments.only:
        reasons = survivors.within(reasons, arguments.only)
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        bench = Bench(
            codebase, Path(str(files("levels") / "codebase")), Path(folder), arguments.seed
        )
        outcomes = list(_told(bench.try_all(mutants, arguments.workers), len(mutants)))
        order = {mutant.key: place for place, mutant in enumerate(mutants)}
        outcomes.sort(key=lambda outcome: order[outcome.mutant.key])
        report = Report(outcomes, reasons)
        for line in report.lines():
            print(line)
        problems = list(report.problems())
        accepted = [outcome.mutant for outcome in outcomes if not outcome.refused]
        problems += asyncio.run(_submit(accepted, arguments.seed + 1, Path(folder)))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


async def _submit(mutants: Sequence[Mutant], seed: int, folder: Path) -> list[str]:
    """Submit survivors the way a player does, on other inputs; who is refused now."""
    codebase = Catalog().codebase
    problems = []
    sandbox = Sandbox()
    try:
        for done, mutant in enumerate(mutants, start=1):
            root = write(folder / "submission", {**codebase, mutant.key.file: mutant.source})
            verdict = await verdict_on(sandbox, root, seed, folder)
            if not verdict.solved:
                failed = [check.name for check in verdict.checks if not check.passed]
                said = verdict.reason or ", ".join(failed)
                problems.append(f"submitted with seed {seed}, {mutant} is refused: {said}")
            _progress(done, len(mutants), "survivors submitted through the sandbox")
    finally:
        await sandbox.close()
    return problems


def _told(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    began = time.monotonic()
    survived = 0
    for done, outcome in enumerate(outcomes, start=1):
        survived += not outcome.refused
        left = (time.monotonic() - began) / done * (total - done)
        _progress(done, total, f"mutants, {survived} survive, {left / 60:.1f} minutes to go")
        yield outcome


def _progress(done: int, total: int, what: str) -> None:
    """How far it is: on one line of a terminal, at every twentieth of the way elsewhere."""
    line = f"{done} of {total} {what}"
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r\x1b[K{line}", end=end, file=sys.stderr, flush=True)
    elif done * 20 // total > (done - 1) * 20 // total:
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
