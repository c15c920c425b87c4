"""A sandbox around a small double of the lab, and a way to run lines of code in it."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from engine.sandbox.client import Sandbox
from engine.sandbox.environment import FRESH
from engine.sandbox.messages import Ended, Event, Found, Limits, Printed, Probe

PATIENCE = 60.0
"""Seconds until a test gives up; none of them measures time."""


class Run:
    """What came of a job."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @property
    def ended(self) -> Ended:
        last = self.events[-1]
        assert isinstance(last, Ended), f"the last event is {last}"
        return last

    @property
    def findings(self) -> list[str]:
        return [event.evidence.finding for event in self.events if isinstance(event, Found)]

    def printed(self, stream: str = "stdout") -> str:
        return "".join(
            event.text
            for event in self.events
            if isinstance(event, Printed) and event.stream == stream
        )


class Bench:
    """A sandbox, and a folder in which code under test is written."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self._written = 0

    def code(self, source: str) -> Probe:
        """A task that runs ``source``, which defines ``go(emit)``."""
        self._written += 1
        root = self.folder / f"wörk {self._written}"
        root.mkdir()
        (root / "code.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return Probe(str(root))

    async def run(self, source: str, limits: Limits | None = None) -> Run:
        """Run ``source`` to its end."""
        return await self.follow(self.code(source), limits)

    async def follow(
        self,
        task: Probe,
        limits: Limits | None = None,
        also: Callable[[Event], None] = lambda event: None,
    ) -> Run:
        """Run ``task`` to its end, and hand its events to ``also`` too."""
        run = Run()

        def note(event: Event) -> None:
            run.events.append(event)
            also(event)

        limits = limits or Limits(seconds=PATIENCE)
        job = self.sandbox.run(task, limits, note)
        ended = await asyncio.wait_for(job, PATIENCE)
        assert ended == run.ended
        return run

    async def works(self) -> None:
        """Assert that the next job is as good as any."""
        run = await self.run("def go(emit): return 'well'")
        assert run.findings == ["well"]
        assert run.ended.outcome == "done"


def alive(pid: int) -> bool:
    """Whether that process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


async def disappears(pid: int) -> None:
    """Wait until that process is gone."""
    async with asyncio.timeout(PATIENCE):
        while alive(pid):
            await asyncio.sleep(0.01)


async def vanishes(folder: Path) -> None:
    """Wait until that folder is gone: large ones are removed bit by bit."""
    async with asyncio.timeout(PATIENCE):
        while folder.exists():
            await asyncio.sleep(0.01)


def double(*arguments: str) -> list[str]:
    """The command that starts the double of the server."""
    script = Path(__file__).with_name("double_server.py")
    return [sys.executable, "-P", str(script), *arguments]


@pytest.fixture(params=["fork", "fresh"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """Both ways to a child."""
    sandbox = Sandbox(command=double(*([FRESH] if request.param == "fresh" else [])))
    yield Bench(sandbox, tmp_path)
    await sandbox.close()


@pytest.fixture
async def forking(tmp_path: Path) -> AsyncIterator[Bench]:
    """Where only the way of Linux is of interest."""
    sandbox = Sandbox(command=double())
    yield Bench(sandbox, tmp_path)
    await sandbox.close()
