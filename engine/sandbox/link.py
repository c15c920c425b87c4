"""One life of the server, seen from the client: what is asked of it, and what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from engine.errors import SandboxError
from engine.sandbox.host import Host
from engine.sandbox.messages import (
    Accepted,
    Begun,
    Cancel,
    Ended,
    Envelope,
    Event,
    Outcome,
    Ready,
    Request,
    Run,
)

_ACCEPTING = 60.0
"""Seconds that a server may take to accept a job: it may be busy loading."""
_LOADING = 120.0
"""Seconds that a new interpreter may take to load."""
_CANCELLING = 5.0
"""Seconds that a cancelled job has to end."""
_LOOK = 0.5
"""Seconds of silence after which to look whether the server still lives."""
_LEAVING = 1.0
"""Seconds that a server has to end its children and itself."""

_Mail = asyncio.Queue[Event | Accepted | None]
"""What came for one job; None when the server is gone."""


class Link:
    """Made by ``open``; ``close`` has to be awaited in the end, also when it is ``gone``."""

    def __init__(self, host: Host, grace: float) -> None:
        self.gone = False
        self._host = host
        self._grace = grace
        self._mail: dict[int, _Mail] = {}
        self._groups: dict[int, int] = {}
        """Of the processes of each job that the server is busy with."""
        self._closing = False
        self._mute = False
        self._parting = Ended(Outcome.LOST)
        self._ready: Ready | None = None
        self._settled = asyncio.Event()
        self._encode = msgspec.json.Encoder().encode
        self._delivery = asyncio.create_task(self._deliver())
        self._life = asyncio.create_task(self._live())

    @classmethod
    async def open(cls, command: Sequence[str], grace: float) -> Link:
        """Start a server; it has not loaded anything yet. Raises SandboxError.

        A server that has not ended a job ``grace`` seconds after its time ran out is killed.
        """
        return cls(await Host.open(command), grace)

    @property
    def killed(self) -> bool:
        """Whether a signal ended the server: it did not fail, another may well do better."""
        return self._host.killed and not self._closing

    async def ready(self) -> Ready:
        """Wait until the server has loaded. Raises SandboxError when it goes away before."""
        await self._settled.wait()
        if self._ready is None:
            raise SandboxError(self._host.epitaph("ended before it had loaded"))
        return self._ready

    async def run(self, run: Run, on_event: Callable[[Event], None]) -> Ended | None:
        """See it through. None when the server went away before it took the job."""
        mail = self._mail[run.job] = _Mail()
        clock = asyncio.get_running_loop()
        due = clock.time() + _ACCEPTING
        accepted = over = False
        try:
            self._send(run)
            while True:
                match await self._next(mail, due):
                    case Accepted(loading=loading):
                        accepted = True
                        due = clock.time() + run.limits.seconds + self._grace + loading * _LOADING
                        continue
                    case None if not (accepted or self._closing):
                        return None
                    case None:
                        event: Event = self._parting
                    case event:
                        pass
                over = isinstance(event, Ended)
                on_event(event)
                if isinstance(event, Ended):
                    return event
        except (Exception, asyncio.CancelledError):
            if not over:
                await self._cancel(run.job, mail)
            raise
        finally:
            del self._mail[run.job]

    async def close(self) -> None:
        """End the server and everything it has started."""
        self._closing = True
        self._host.hang_up()
        if self._ready is None:  # it is busy loading and has no children
            self._abandon()
        await asyncio.wait({self._delivery}, timeout=_LEAVING)
        self._abandon()
        await asyncio.wait({self._life})

    def _send(self, request: Request) -> None:
        self._host.write(self._encode(request))

    async def _next(self, mail: _Mail, due: float) -> Event | Accepted | None:
        """The next of ``mail``. A server that does not bring it until ``due`` is given up."""
        clock = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    return await mail.get()
            if self._host.exited:  # and a process that it forked keeps the line open
                self._abandon()
            elif clock.time() >= due:
                self._mute = True
                self._abandon()

    async def _cancel(self, job: int, mail: _Mail) -> None:
        """Have the server end that job, and wait until it has."""
        if self.gone:
            return
        self._send(Cancel(job))
        due = asyncio.get_running_loop().time() + _CANCELLING
        while not isinstance(await self._next(mail, due), Ended | None):
            pass

    def _abandon(self) -> None:
        """Kill the server, and do not wait for what it may still have to say."""
        self._host.kill()
        self._delivery.cancel()

    async def _live(self) -> None:
        """Wait until the server has said its last, then clear up behind it."""
        try:
            await asyncio.wait({self._delivery})
        finally:
            await self._host.bury(self._groups.values())
            self._parting = self._farewell()
            self.gone = True
            self._settled.set()
            for mail in self._mail.values():
                mail.put_nowait(None)

    async def _deliver(self) -> None:
        decode = msgspec.json.Decoder(Envelope).decode
        with suppress(msgspec.MsgspecError):  # no server of ours any more
            async for line in self._host.lines():
                envelope = decode(line)
                event = envelope.event
                if isinstance(event, Ready):
                    self._ready = event
                    self._settled.set()
                elif isinstance(event, Begun):
                    self._groups[envelope.job] = event.group
                elif envelope.job in self._mail:
                    self._mail[envelope.job].put_nowait(event)
                if isinstance(event, Ended):
                    self._groups.pop(envelope.job, None)

    def _farewell(self) -> Ended:
        if self._closing:
            return Ended(Outcome.CANCELLED, "Stopped before its end: the game was closed.")
        what = "gave no more answer" if self._mute else "went away in the middle of it"
        said = self._host.epitaph(what)
        return Ended(Outcome.LOST, f"{said} It has been started again; please try once more.")
