"""One life of the server process, seen from the client: from its start until it is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.errors import SandboxError
from engine.sandbox.environment import environment
from engine.sandbox.lines import LINE_LIMIT
from engine.sandbox.marked import kill_marked
from engine.sandbox.messages import (
    Accepted,
    Cancel,
    Ended,
    Envelope,
    Event,
    Outcome,
    Ready,
    Request,
    Run,
)

_LIMIT = LINE_LIMIT + (1 << 20)
"""Bytes in a line from the server: a message at its longest, and what is wrapped around it."""
_TAIL = 4000
"""Bytes kept of what the server said on standard error."""
_PATIENCE = 1.0
"""Seconds that a server has to leave by itself."""
_LOADING = 120.0
"""Seconds that a new interpreter may take to load."""
_CANCELLING = 5.0
"""Seconds that a cancelled job has to end."""

_Mail = asyncio.Queue[Event | Accepted | None]
"""What came for one job; None when the server is gone."""


class Link:
    """Made by ``open``; ``close`` has to be awaited in the end, also when ``gone``."""

    def __init__(self, process: Process, scratch: Path, grace: float) -> None:
        self._process = process
        self._scratch = scratch
        self._grace = grace
        self._mail: dict[int, _Mail] = {}
        self._tail = b""
        self._closing = False
        self._mute = False
        self._parting = Ended(Outcome.LOST)
        self._ready: Ready | None = None
        self._settled = asyncio.Event()
        self._encode = msgspec.json.Encoder().encode
        self._life = asyncio.create_task(self._live())
        self.gone = False

    @classmethod
    async def open(cls, command: Sequence[str], grace: float) -> Link:
        """Start a server; it has not loaded anything yet. Raises SandboxError.

        A server that has not ended a job ``grace`` seconds after its time ran out is killed.
        """
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
        return cls(process, scratch, grace)

    @property
    def killed(self) -> bool:
        """Whether a signal ended the server: it did not fail, another may well do better."""
        return not self._closing and (self._process.returncode or 0) < 0

    async def ready(self) -> Ready:
        """Wait until the server has loaded. Raises SandboxError when it goes away before."""
        await self._settled.wait()
        if self._ready is None:
            raise SandboxError(self._epitaph("ended before it had loaded"))
        return self._ready

    async def run(self, run: Run, on_event: Callable[[Event], None]) -> Ended | None:
        """See it through. None when the server went away before it took the job."""
        mail = self._mail[run.job] = _Mail()
        accepted = over = False
        watchdog: asyncio.TimerHandle | None = None
        try:
            self._send(run)
            while True:
                match await mail.get():
                    case Accepted(loading=loading):
                        accepted = True
                        patience = run.limits.seconds + self._grace + loading * _LOADING
                        loop = asyncio.get_running_loop()
                        watchdog = loop.call_later(patience, self._give_up)
                        continue
                    case None if not (accepted or self._closing):
                        return None
                    case None:
                        event: Event = self._parting
                    case Ready():
                        continue
                    case event:
                        pass
                over = isinstance(event, Ended)
                on_event(event)
                if isinstance(event, Ended):
                    return event
        except (Exception, asyncio.CancelledError):
            if not (over or self.gone):
                self._send(Cancel(run.job))
                try:
                    await asyncio.wait_for(_end_of(mail), _CANCELLING)
                except TimeoutError:
                    self._give_up()
            raise
        finally:
            if watchdog is not None:
                watchdog.cancel()
            del self._mail[run.job]

    async def close(self) -> None:
        """End the server and everything it has started."""
        self._closing = True
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._ready is None:  # it is busy loading and has no children
            self._kill()
        done, _ = await asyncio.wait({self._life}, timeout=_PATIENCE)
        if not done:
            self._kill()
        await self._life

    def _send(self, request: Request) -> None:
        pipe = self._process.stdin
        if pipe is not None and not pipe.is_closing():
            pipe.write(self._encode(request) + b"\n")

    def _give_up(self) -> None:
        """It should have ended a job long ago: the code under test has stopped the server."""
        self._mute = True
        self._kill()

    def _kill(self) -> None:
        if self._process.returncode is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            # Process.kill would also reap it, behind the back of asyncio's own watcher.
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def _live(self) -> None:
        """Deliver what the server says until it is gone, then clear up behind it."""
        stderr = asyncio.create_task(self._drain())
        try:
            await self._deliver()
        finally:
            await self._end()
            self._kill()
            await asyncio.to_thread(self._clear_up)
            await self._end()
            await asyncio.wait({stderr}, timeout=_PATIENCE)
            stderr.cancel()
            self._parting = self._farewell()
            self.gone = True
            self._settled.set()
            for mail in self._mail.values():
                mail.put_nowait(None)

    async def _end(self) -> None:
        # asyncio waits for the process and for all of its pipes, which others may hold open.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _PATIENCE)

    async def _deliver(self) -> None:
        assert self._process.stdout is not None
        decode = msgspec.json.Decoder(Envelope).decode
        # ValueError: a line beyond the limit. Whoever sends that is no server of ours any more.
        with suppress(ValueError, msgspec.MsgspecError, ConnectionError):
            while line := await self._process.stdout.readline():
                envelope = decode(line)
                if envelope.job == 0 and isinstance(envelope.event, Ready):
                    self._ready = envelope.event
                    self._settled.set()
                elif envelope.job in self._mail:
                    self._mail[envelope.job].put_nowait(envelope.event)

    async def _drain(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(_TAIL):
            self._tail = (self._tail + data)[-_TAIL:]

    def _clear_up(self) -> None:
        kill_marked(self._scratch)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _farewell(self) -> Ended:
        if self._closing:
            return Ended(Outcome.CANCELLED, "Stopped before its end: the game was closed.")
        what = "gave no more answer" if self._mute else "went away in the middle of it"
        said = self._epitaph(what)
        return Ended(Outcome.LOST, f"{said} It has been started again; please try once more.")

    def _epitaph(self, what: str) -> str:
        code = self._process.returncode or 0
        how = f"exit status {code}" if code >= 0 else _signal_name(-code)
        lines = self._tail.decode("utf-8", "replace").strip().splitlines()
        words = f": {lines[-1].strip()[:300].rstrip('.')}" if lines and code > 0 else ""
        return f"The process that runs the code {what} ({how}){words}."


async def _end_of(mail: _Mail) -> None:
    while not isinstance(await mail.get(), Ended | None):
        pass


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
