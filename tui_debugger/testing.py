"""For the tests of somebody's own transformer: the diagnosis as one assertion."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from engine.diagnose import run, target
from engine.diagnose.interpreter import server
from engine.sandbox.client import Sandbox
from tui_debugger.commands import findings


def assert_silent(
    path: str | Path, *probes: str, rope: str | None = None, python: str = sys.executable
) -> None:
    """Fail with the whole report when one of ``probes`` (none given: all) fires on ``path``.

    path: a repository or a file, as for ``tui-debugger diagnose``
    rope: ``half`` for a rotary embedding that turns features i and i + d/2 together
    python: the interpreter of the transformer's own environment

    Raises AssertionError, or a GameError that says why nothing could be asked.
    """

    async def whole() -> str:
        with server(python) as command:
            sandbox = Sandbox(command=command)
            try:
                found = await run.diagnose(
                    target.find(Path(path)), sandbox, names=probes or None, rope=rope
                )
            finally:
                await sandbox.close()
        return findings.report(found) if found.findings else ""

    report = asyncio.run(whole())
    if report:
        raise AssertionError(f"probes fire on {path}\n\n{report}")
