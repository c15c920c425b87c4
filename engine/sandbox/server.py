"""The server: loads torch once, starts a child for each job, and outlives whatever the child does.

One thread, one selector. Nothing of torch may run in this process, since threads do not survive
a fork: it loads and it waits.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

import msgspec

from engine.sandbox import disk, ended, orphans, tree
from engine.sandbox.assignment import Assignment
from engine.sandbox.job import Job
from engine.sandbox.lines import Lines
from engine.sandbox.messages import Accepted, Begun, Cancel, Event, Request, Run
from engine.sandbox.pipes import Outbox, Source
from engine.sandbox.start import Starter

_LOOK = 0.25
"""Seconds between two looks at what a job takes up."""
_LINGER = 2.0
"""Seconds that pipes and orphans of a dead child are waited for."""
_SOON = 0.02
"""Seconds between two looks at what no event tells of."""
GATHER = 0.01
"""Seconds that what is printed next has to gather: told line by line, a flood keeps everyone busy
who passes it on."""
_SWEEP = 0.02
"""Seconds in a row that may go to removing what jobs have left on the disk."""
_FULL = 4 << 20
"""Bytes waiting for the client above which the children have to wait too."""

_encode = msgspec.json.Encoder().encode


class Server:
    """Takes requests from ``requests`` until it ends, and answers through ``outbox``."""

    def __init__(
        self, start: Starter, requests: Source, outbox: Outbox, scratch: Path, *, loading: bool
    ) -> None:
        """``loading`` tells whether a child that ``start`` makes has to load before its job."""
        self._start = start
        self._accepted = Accepted(loading)
        self._requests = requests
        self._outbox = outbox
        self._scratch = scratch
        self._jobs: dict[int, Job] = {}
        self._sweeping: deque[Iterator[None]] = deque()
        self._lines = Lines()
        self._decode = msgspec.json.Decoder(Request).decode
        self._next_look = 0.0
        self._listening = True
        self._open = True
        self._selector = DefaultSelector()
        self._selector.register(requests, EVENT_READ)
        self._alarm, self._bell = _alarm()
        self._selector.register(self._alarm, EVENT_READ)

    def run(self) -> None:
        """Serve until the client is gone; then nothing is left running."""
        try:
            while self._open:
                self._round()
        except BrokenPipeError:
            pass
        finally:
            for job in self._jobs.values():
                job.child.kill()
            give_up = time.monotonic() + _LINGER
            while time.monotonic() < give_up:
                self._bury_children()
                if not orphans.remain(self._leaders()) and not self._leaders():
                    break
                time.sleep(_SOON)

    def tell(self, job: int, event: Event | Accepted | Begun) -> None:
        """Send ``event`` to the client."""
        self._forward(job, _encode(event))

    def _forward(self, job: int, event: bytes) -> None:
        self._outbox.put(b'{"job":%d,"event":%b}' % (job, event))

    def _round(self) -> None:
        self._flush()
        ready = {key.fileobj for key, _ in self._selector.select(self._patience())}
        if self._alarm in ready:
            with suppress(BlockingIOError):
                self._alarm.recv(4096)
        if self._requests in ready:
            self._take_requests()
        now = time.monotonic()
        if self._listening:
            for job in self._jobs.values():
                for event in job.listen(now):
                    self._forward(job.number, event)
        self._look_after(now)
        self._sweep()
        if any(job.printing for job in self._jobs.values()):
            self._outbox.flush()
            time.sleep(GATHER)

    def _flush(self) -> None:
        """Write what the client takes; while it takes too little, leave the children waiting."""
        self._outbox.flush()
        watched = self._outbox in self._selector.get_map()
        if bool(self._outbox.pending) != watched:
            if watched:
                self._selector.unregister(self._outbox)
            else:
                self._selector.register(self._outbox, EVENT_WRITE)
        listening = self._outbox.pending < _FULL
        if listening != self._listening:
            self._listening = listening
            for job in self._jobs.values():
                job.watch(listening)

    def _patience(self) -> float | None:
        """Seconds until something is due by the clock; None without jobs."""
        if self._sweeping:
            return 0.0
        if not self._jobs:
            return None
        if os.name == "nt" or any(job.code is not None for job in self._jobs.values()):
            return _SOON
        deadlines = [job.deadline for job in self._jobs.values() if not job.stopped]
        return max(0.0, min([self._next_look, *deadlines]) - time.monotonic())

    def _take_requests(self) -> None:
        data = self._requests.read()
        if data == b"":
            self._open = False
        for line in self._lines.feed(data or b""):
            match self._decode(line):
                case Run() as run:
                    self._begin(run)
                case Cancel(job=number) if number in self._jobs:
                    self._jobs[number].stop(ended.cancelled())
                case Cancel():
                    pass  # it has ended by itself

    def _begin(self, run: Run) -> None:
        self.tell(run.job, self._accepted)
        self._outbox.flush()
        assignment = Assignment(run, str(self._scratch / f"job-{run.job}"))
        try:
            assignment.make_room()
            child = self._start(assignment)
        except OSError as error:
            self._sweeping.append(assignment.clearing_up())
            self.tell(run.job, ended.refused(error))
            return
        self.tell(run.job, Begun(child.pid))
        self._outbox.flush()
        now = time.monotonic()
        if not self._jobs:
            self._next_look = now + _LOOK
        self._jobs[run.job] = Job(assignment, child, self._selector, now)
        if not self._listening:
            self._jobs[run.job].watch(False)

    def _look_after(self, now: float) -> None:
        """Stop jobs that go too far, and finish those whose child is gone."""
        self._bury_children()
        for job in self._jobs.values():
            if job.code is None and now >= job.deadline and not job.stopped:
                job.out_of_time()
        if now >= self._next_look:
            self._next_look = now + _LOOK
            self._look_at_jobs()
        gone = [job for job in self._jobs.values() if job.code is not None]
        if gone:
            remain = orphans.remain(self._leaders())
            for job in gone:
                late = now >= job.exited + _LINGER and self._listening
                if late or (job.silent and not remain):
                    self._finish(job)

    def _bury_children(self) -> None:
        for job in self._jobs.values():
            if job.code is None:
                job.code = job.child.poll()
                if job.code is not None:
                    job.exited = time.monotonic()

    def _look_at_jobs(self) -> None:
        """Stop jobs that have too many processes, or too much memory or disk in all of them."""
        processes = tree.processes()
        for job in self._jobs.values():
            if job.stopped and job.code is None:
                job.child.kill()
                continue
            family = list(tree.descendants(job.child.pid, processes))
            family += [p for p in processes if p.pid == job.child.pid]
            pids = [process.pid for process in family]
            most = job.limits
            # The child itself has a main thread and faulthandler's.
            if sum(process.tasks for process in family) > most.processes + 2:
                job.stop(ended.processes(most))
            # Alone it is held by its address space.
            elif len(pids) > 1 and tree.memory_of_all(pids, most.memory) > most.memory:
                job.stop(ended.memory(most))
            elif disk.taken(job.assignment.writable, pids, most.disk) > most.disk:
                job.stop(ended.disk(most))

    def _leaders(self) -> set[int]:
        return {job.child.pid for job in self._jobs.values() if job.code is None}

    def _finish(self, job: Job) -> None:
        for event in job.last_words():
            self._forward(job.number, event)
        job.close()
        del self._jobs[job.number]
        self._sweeping.append(job.assignment.clearing_up())

    def _sweep(self) -> None:
        """Go on removing what is left of jobs, though not for long: others are waiting."""
        end = time.monotonic() + _SWEEP
        while self._sweeping and time.monotonic() < end:
            if next(self._sweeping[0], True):  # a step yields nothing: this was the last
                self._sweeping.popleft()


def _alarm() -> tuple[socket.socket, socket.socket]:
    """A pair, the first of which has something to read whenever a child has ended.

    Without SIGCHLD it stays silent.
    """
    alarm, bell = socket.socketpair()
    alarm.setblocking(False)
    bell.setblocking(False)
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
    return alarm, bell
