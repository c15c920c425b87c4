"""The server's process as the client holds it: started, written to, read from, and buried."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from engine.errors import SandboxError
from engine.sandbox import tree
from engine.sandbox.environment import environment
from engine.sandbox.lines import LINE_LIMIT
from engine.sandbox.marked import kill_marked
from engine.sandbox.removal import remove
from engine.sandbox.thread import in_thread

_LIMIT = LINE_LIMIT + (1 << 20)
"""Bytes in a line from the server: a message at its longest, and what is wrapped around it."""
_TAIL = 4000
"""Bytes kept of what the server said on standard error."""
_PATIENCE = 1.0
"""Seconds that a server has to leave by itself."""


class Host:
    """Made by ``open``; ``bury`` has to be awaited in the end."""

    def __init__(self, process: Process, scratch: Path) -> None:
        self._process = process
        self._scratch = scratch
        self._tail = b""
        self._stderr = asyncio.create_task(self._drain())

    @classmethod
    async def open(cls, command: Sequence[str]) -> Host:
        """Start the process. Raises SandboxError."""
        scratch: Path | None = None
        try:
            scratch = Path(tempfile.mkdtemp(prefix="tui-debugger-"))
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                limit=_LIMIT,
                cwd=scratch,
                env=environment(scratch),
                # The keyboard's interrupt is for the game, not for the server.
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            if scratch is not None:
                shutil.rmtree(scratch, ignore_errors=True)
            raise SandboxError(
                f"The process that runs the code could not be started: {error}."
            ) from error
        return cls(process, scratch)

    @property
    def exited(self) -> bool:
        """Whether the process has ended; others may still hold its pipes open."""
        return self._process.returncode is not None

    @property
    def killed(self) -> bool:
        """Whether a signal ended it."""
        return (self._process.returncode or 0) < 0

    async def lines(self) -> AsyncIterator[bytes]:
        """What it says on standard output, until nobody can say any more."""
        assert self._process.stdout is not None
        # ValueError: a line beyond the limit. Whoever sends that is no server of ours any more.
        with suppress(ValueError, ConnectionError):
            while line := await self._process.stdout.readline():
                yield line

    def write(self, line: bytes) -> None:
        """Send a line, given without its newline; to a process that has gone it is lost."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.is_closing():
            pipe.write(line + b"\n")

    def hang_up(self) -> None:
        """Close its standard input, which asks a server to leave."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def kill(self) -> None:
        """End the process now."""
        if self.exited:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            # Process.kill would also reap it, behind the back of asyncio's own watcher.
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def bury(self, groups: Iterable[int] = ()) -> None:
        """Wait until the process is gone, and leave nothing of it behind, nor of those groups."""
        await self._gone()
        self.kill()
        await in_thread(self._clear_up, list(groups))
        await self._gone()
        await asyncio.wait({self._stderr}, timeout=_PATIENCE)
        self._stderr.cancel()

    def epitaph(self, what: str) -> str:
        """One sentence: ``what`` it did, how it ended, and the reason if it gave one."""
        code = self._process.returncode or 0
        how = f"exit status {code}" if code >= 0 else _signal_name(-code)
        lines = self._tail.decode("utf-8", "replace").strip().splitlines()
        words = f": {lines[-1].strip()[:300].rstrip('.')}" if lines and code > 0 else ""
        return f"The process that runs the code {what} ({how}){words}."

    async def _gone(self) -> None:
        # asyncio waits for the process and for all of its pipes, which others may hold open.
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()

    async def _drain(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(_TAIL):
            self._tail = (self._tail + data)[-_TAIL:]

    def _clear_up(self, groups: Iterable[int]) -> None:
        for group in groups:
            tree.kill_group(group)  # first: some fork faster than anybody finds them
        kill_marked(self._scratch)
        remove(self._scratch)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
