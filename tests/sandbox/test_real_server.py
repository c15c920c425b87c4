"""The game's own server with the lab behind it."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engine.sandbox.client import Sandbox
from engine.sandbox.messages import (
    Answer,
    Ended,
    Event,
    Found,
    Judge,
    Judged,
    Limits,
    Outcome,
    Printed,
    Probe,
    ProbeStarted,
)

from .conftest import PATIENCE

CODEBASE = Path(__file__).parents[2] / "levels" / "codebase"
PARTS = ("engine.lab.probes.runner", "engine.lab.exam", "engine.lab.referee")

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # one server for all: it takes seconds to load
    pytest.mark.skipif(
        not all(importlib.util.find_spec(part) for part in PARTS) or not CODEBASE.is_dir(),
        reason="the lab is not complete",
    ),
]


def copy(folder: Path) -> Path:
    """A workspace with the clean codebase."""
    root = folder / "work"
    shutil.copytree(CODEBASE, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    await sandbox.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
async def test_the_server_has_but_one_thread(sandbox: Sandbox, tmp_path: Path) -> None:
    root = copy(tmp_path)
    with (root / "transformer" / "core.py").open("a") as file:
        file.write("\nimport os\nprint(os.getppid())\n")
    events: list[Event] = []
    run = sandbox.run(Probe(str(root), ("norm.rows",)), Limits(), events.append)
    assert (await asyncio.wait_for(run, PATIENCE)).outcome is Outcome.DONE
    printed = "".join(event.text for event in events if isinstance(event, Printed))
    assert "\nThreads:\t1\n" in Path("/proc", printed.split()[0], "status").read_text()


async def test_a_probe_on_the_clean_codebase_yields_evidence(sandbox: Sandbox) -> None:
    ready = await asyncio.wait_for(sandbox.ready(), PATIENCE)
    name = next(info.name for info in ready.catalogue if not info.slow)
    events: list[Event] = []
    run = sandbox.run(Probe(str(CODEBASE), (name,)), Limits(), events.append)
    ended = await asyncio.wait_for(run, PATIENCE)
    assert ended == Ended(Outcome.DONE)
    assert any(isinstance(event, ProbeStarted) for event in events)
    found = [event.evidence for event in events if isinstance(event, Found)]
    assert [(evidence.probe, evidence.status) for evidence in found] == [(name, "quiet")]


async def test_the_clean_codebase_passes_the_exam(sandbox: Sandbox, tmp_path: Path) -> None:
    answers = tmp_path / "answers.safetensors"
    root = copy(tmp_path)
    run = sandbox.run(Answer(str(root), str(answers), 3), Limits())
    assert (await asyncio.wait_for(run, PATIENCE)).outcome is Outcome.DONE
    events: list[Event] = []
    run = sandbox.run(Judge(str(answers), 3), Limits(), events.append)
    assert (await asyncio.wait_for(run, PATIENCE)).outcome is Outcome.DONE
    verdicts = [event.verdict for event in events if isinstance(event, Judged)]
    assert [verdict.solved for verdict in verdicts] == [True]
    assert not list(root.rglob("__pycache__"))
