"""What is to be fast and small, each beside what it is measured against: a part of ``make bench``.

Ends with 1 when a target is missed by more than noise.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from engine.catalog import Catalog
from engine.judging import verdict_on
from engine.sandbox.client import Sandbox
from tests.bench.diagnosis import WANTED as DIAGNOSIS
from tests.bench.diagnosis import warm_diagnoses
from tests.bench.interface import WANTED as INTERFACE
from tests.bench.interface import interface
from tests.bench.memory import WANTED as SERVER
from tests.bench.memory import warm_server
from tests.bench.timing import TORCH, Target, clocked, import_torch, load, processes
from tests.sources import write

RUNS = 7
COLD = "tui-debugger submit"


async def warm_verdicts(runs: int = RUNS) -> tuple[float, ...]:
    """Seconds from a submission to its verdict, with the server warm."""
    sandbox = Sandbox()
    try:
        with tempfile.TemporaryDirectory() as folder:
            root = write(Path(folder, "clean"), Catalog().codebase)

            async def verdict() -> None:
                assert (await verdict_on(sandbox, root, 0, Path(folder))).solved

            return await clocked(verdict, runs)
    finally:
        await sandbox.close()


def targets() -> Iterator[Target]:
    """One after the other, as they are measured."""
    yield Target("a verdict, warm", asyncio.run(warm_verdicts()), 1.0, "s")
    asked, torch_between = asyncio.run(warm_diagnoses(RUNS))
    yield Target("a diagnosis with all function probes, warm", asked, DIAGNOSIS, "s")
    times = median(a / b for a, b in zip(asked, torch_between, strict=True))
    print(f"  {'the same / ' + TORCH:52} {times:8.2f} x")
    with tempfile.TemporaryDirectory() as home:
        submit = [sys.executable, "-m", "tui_debugger", "submit", "7"]
        taken = processes({TORCH: import_torch(), COLD: submit}, RUNS, {"TUI_DEBUGGER_HOME": home})
    torch, cold = taken[TORCH], taken[COLD]
    print(f"  {TORCH:52} {median(torch.wall):8.2f} s, {median(torch.cpu):.2f} s of work")
    print(f"  {COLD:52} {median(cold.wall):8.2f} s, {median(cold.cpu):.2f} s of work")
    pairs = zip(cold.wall, torch.wall, strict=True)
    yield Target(f"{COLD} / {TORCH}", tuple(a / b for a, b in pairs), 2.0, "x")
    work = median(cold.cpu) / median(torch.cpu)
    print(f"  {'the same in work done, on however many cores':52} {work:8.2f} x")
    if sys.platform == "linux":
        mb = 1e6
        seen = interface()
        yield Target(f"the interface ({seen})", (seen.rss / mb,), INTERFACE / mb, "MB")
        server = asyncio.run(warm_server())
        yield Target(f"the warm server ({server})", (server.rss / mb,), SERVER / mb, "MB")


def main() -> int:
    """Print each as it comes; the exit code."""
    print(f"Targets, {load()}; medians of {RUNS} runs, {TORCH} by turns with what it is beside")
    missed = 0
    for target in targets():
        print(target, flush=True)
        missed += target.missed
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
