"""How long probes and verdicts take, beside what they are measured against: ``make bench``.

Figures of one run on one machine, to be compared with one another and not across machines.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from statistics import median

import torch

from engine.catalog import Catalog
from engine.judging import verdict_on
from engine.lab.codebase import Codebase
from engine.lab.probes import examine
from engine.lab.probes.catalogue import PROBES
from engine.lab.probes.context import Context
from engine.lab.subjects import CodebaseSubject
from engine.sandbox.client import Sandbox
from engine.sandbox.environment import FRESH
from engine.sandbox.messages import Limits, Outcome, Probe
from tests.bench.timing import TORCH, clocked, import_torch, processes
from tests.sources import write

RUNS = 5
ONE = "attention.row_sums"
LIMITS = Limits(seconds=120)


def each_probe(root: Path) -> None:
    """The median of each fast probe, slowest first, in this process on one thread."""
    torch.set_num_threads(1)
    subject = CodebaseSubject(Codebase(root))
    fast = [probe for probe in PROBES if not probe.info.slow]
    seconds: dict[str, float] = {}
    for probe in fast:
        name = probe.info.name
        seconds[name] = median(
            examine(probe, subject, Context.seeded(name, seed)).seconds for seed in range(RUNS)
        )
    print(f"{len(fast)} fast probes, median of {RUNS} runs each; all but fast: {len(PROBES)}")
    print(f"  all together      {sum(seconds.values()):8.3f} s   (wanted: under 3)")
    print(f"  the median probe  {median(seconds.values()) * 1000:8.1f} ms")
    for name, taken in sorted(seconds.items(), key=lambda item: -item[1])[:8]:
        print(f"  {name:32} {taken * 1000:8.1f} ms   (wanted: under 100)")


async def through_the_sandbox(root: Path, scratch: Path) -> None:
    """One probe warm, the same in a fresh interpreter, and a verdict, beside ``import torch``."""
    warm = Sandbox()
    fresh = Sandbox(command=[sys.executable, "-m", "engine.sandbox", FRESH])

    async def probe(sandbox: Sandbox, names: tuple[str, ...]) -> None:
        ended = await sandbox.run(Probe(str(root), names), LIMITS)
        assert ended.outcome is Outcome.DONE, ended

    async def verdict() -> None:
        assert (await verdict_on(warm, root, 0, scratch)).solved

    try:
        fast = tuple(probe.info.name for probe in PROBES if not probe.info.slow)
        one = median(await clocked(lambda: probe(warm, (ONE,)), RUNS))
        cold = median(await clocked(lambda: probe(fresh, (ONE,)), 2))
        judged = median(await clocked(verdict, RUNS))
        catalogue = median(await clocked(lambda: probe(warm, fast), 3))
    finally:
        await warm.close()
        await fresh.close()
    torch_alone = median(processes({TORCH: import_torch()}, 3)[TORCH].wall)
    print("Through the sandbox, median wall time, and as a multiple of importing torch")
    for what, taken in {
        TORCH: torch_alone,
        "one probe, warm": one,
        "one probe, fresh interpreter": cold,
        "all fast probes, warm": catalogue,
        "a verdict, warm": judged,
    }.items():
        print(f"  {what:32} {taken:8.3f} s {taken / torch_alone:8.2f}")
    print(f"  a fresh interpreter takes {cold / one:.0f} times as long as the warm lab")


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder, "clean"), Catalog().codebase)
        each_probe(root)
        asyncio.run(through_the_sandbox(root, Path(folder)))


if __name__ == "__main__":
    main()
