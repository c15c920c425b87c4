"""How long a diagnosis takes that asks every function of the course: a part of ``make bench``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.diagnose.run import diagnose
from engine.diagnose.target import find
from engine.sandbox.client import Sandbox
from tests.bench.timing import TORCH, clocked, import_torch, processes

STYLE = Path(__file__).parents[1] / "diagnose" / "styles" / "modules.py"
WANTED = 5.0
"""Seconds from the question to the report, with torch loaded, at most."""


async def warm_diagnoses(runs: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds of each diagnosis with all function probes, and of each ``import torch`` between."""
    sandbox = Sandbox()
    taken: list[float] = []
    torch: list[float] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "adapters.py").write_bytes(STYLE.read_bytes())
            target = find(Path(folder))
            infos = (await sandbox.ready()).catalogue
            functions = tuple(info.name for info in infos if not info.slow)

            async def ask() -> None:
                found = await diagnose(target, sandbox, names=functions)
                assert not found.findings, found.findings
                assert len(found.quiet) > 85

            for _ in range(runs):
                taken += await clocked(ask, 1)
                torch += processes({TORCH: import_torch()}, 1)[TORCH].wall
    finally:
        await sandbox.close()
    return tuple(taken), tuple(torch)
