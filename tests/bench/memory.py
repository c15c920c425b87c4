"""How much memory the warm server takes: ``python tests/bench/memory.py``.

RSS is all that it has in memory; PSS divides what it shares with others, such as libraries, among
them. A MB is 10**6 bytes.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from engine.catalog import Catalog
from engine.judging import verdict_on
from engine.sandbox import tree
from engine.sandbox.client import Sandbox
from tests.sources import write

WANTED = 300e6
"""Bytes of RSS for the warm server, at most."""


class Memory(NamedTuple):
    """Of one process, in bytes."""

    rss: int
    pss: int | None
    """None where the kernel does not tell: the server keeps other users' processes out, and for
    anybody but root its own user's too."""

    def __str__(self) -> str:
        pss = "not told" if self.pss is None else f"{self.pss / 1e6:.0f} MB"
        return f"RSS {self.rss / 1e6:.0f} MB, PSS {pss}"


def memory_of(pid: int) -> Memory:
    """What the kernel says of process ``pid``; it takes Linux. Raises OSError."""
    status = Path(f"/proc/{pid}/status").read_text()
    try:
        pss = _field(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss:")
    except PermissionError:
        pss = None
    return Memory(_field(status, "VmRSS:"), pss)


def _field(text: str, name: str) -> int:
    line = next(line for line in text.splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


async def warm_server() -> Memory:
    """The server's memory after it has loaded and has judged a submission."""
    sandbox = Sandbox()
    try:
        with tempfile.TemporaryDirectory() as folder:
            root = write(Path(folder, "clean"), Catalog().codebase)
            assert (await verdict_on(sandbox, root, 0, Path(folder))).solved
        (server,) = tree.descendants(os.getpid(), tree.processes())
        return memory_of(server.pid)
    finally:
        await sandbox.close()


def main() -> None:
    """Print the figures."""
    server = asyncio.run(warm_server())
    print(f"The warm server: {server}   (wanted: RSS under {WANTED / 1e6:.0f} MB)")


if __name__ == "__main__":
    main()
