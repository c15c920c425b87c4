"""One running job as the server sees it: what its child says and prints, and why it has to end."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator
from contextlib import suppress
from io import SEEK_END
from pathlib import Path
from selectors import EVENT_READ, BaseSelector

import msgspec

from engine.sandbox import ended, where
from engine.sandbox.assignment import Assignment
from engine.sandbox.lines import Lines
from engine.sandbox.messages import (
    Ended,
    Found,
    Judge,
    Judged,
    Printed,
    ProbeStarted,
    Progress,
    Shown,
)
from engine.sandbox.pipes import Source
from engine.sandbox.start import Child

_MESSAGES = 32 << 20
"""Bytes of messages in one job: the whole catalogue's evidence takes a fraction of one MiB."""
_REPORT = 1 << 20
"""Bytes read, from the end, of what faulthandler wrote: 100 frames of 100 threads a time."""
_TAIL = 2000
"""Characters kept of the end of what was printed."""

_decode = msgspec.json.Decoder(ProbeStarted | Progress | Found | Shown | Judged | Ended).decode
_encode = msgspec.json.Encoder().encode


class Job:
    """A child and what is known of it. Events come out as JSON."""

    def __init__(
        self, assignment: Assignment, child: Child, selector: BaseSelector, now: float
    ) -> None:
        self.assignment = assignment
        self.number = assignment.run.job
        self.limits = assignment.run.limits
        self.child = child
        self._began = self._stirred = math.inf if child.loading else now
        self.code: int | None = None
        """The exit code, once there is one."""
        self.exited = math.inf
        """When that was."""
        self.printing = False
        """Whether there was output when it was listened to last."""
        self._why: Ended | None = None
        self._said: Ended | None = None
        self._selector = selector
        self._watched: set[Source] = set()
        self._open: set[Source] = {child.messages, *child.output.values()}
        self._lines = Lines()
        self._message_room = _MESSAGES
        self._output_room = self.limits.output
        self._decoders = {
            stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in child.output
        }
        self._tail = ""
        self.watch(True)

    @property
    def silent(self) -> bool:
        """Whether every pipe has come to its end."""
        return not self._open

    @property
    def stopped(self) -> bool:
        """Whether the server has decided to end it."""
        return self._why is not None

    @property
    def deadline(self) -> float:
        """When its time will be up, if nothing more is heard from it."""
        return min(self._began + self.limits.seconds, self._stirred + self.limits.patience)

    def watch(self, wanted: bool) -> None:
        """Have the selector wake for this child's pipes, or not."""
        for source in self._watched if not wanted else ():
            self._selector.unregister(source)
        for source in self._open - self._watched if wanted else ():
            self._selector.register(source, EVENT_READ)
        self._watched = set(self._open) if wanted else set()

    def listen(self, now: float) -> Iterator[bytes]:
        """Everything that has come, as JSON of events.

        What was printed before a message was sent comes before that message.
        """
        said = self._read(self.child.messages)
        self.printing = False
        for stream, source in self.child.output.items():
            if data := self._drain(source):
                self.printing = True
                yield from self._printed(stream, data)
        if said and self.child.loading:
            self.child.loading = False
            self._began = self._stirred = now
        yield from self._messages(said, now)

    def stop(self, why: Ended) -> None:
        """End it for that reason, unless there was one before."""
        if self._why is None:
            self._why = why
        if self.code is None:
            self.child.kill()

    def out_of_time(self) -> None:
        """End it because its deadline has passed."""
        limits = self.limits
        whole = self.deadline == self._began + limits.seconds
        self.stop((ended.timeout if whole else ended.stalled)(limits, self._place()))

    def last_words(self) -> Iterator[bytes]:
        """What remains to be told once the child is gone; the end of the job comes last."""
        for stream, decoder in self._decoders.items():
            if text := decoder.decode(b"", final=True):
                yield _encode(Printed(stream, text))
        yield _encode(self._verdict())

    def close(self) -> None:
        """Let go of the pipes."""
        self.watch(False)
        for source in self._open:
            source.close()
        self._open.clear()

    def _verdict(self) -> Ended:
        if self._why is not None:
            return self._why
        if self.code == 0 and self._said is not None:
            return self._said
        if self.child.loading:
            return ended.unloaded(self._tail)
        code = self.code if self.code is not None else 0
        return ended.from_exit(code, self.limits, self._place(), self._tail)

    def _read(self, source: Source) -> bytes:
        if source not in self._open:
            return b""
        data = source.read()
        if data == b"":
            if source in self._watched:
                self._watched.discard(source)
                self._selector.unregister(source)
            self._open.discard(source)
            source.close()
        return data or b""

    def _drain(self, source: Source) -> bytes:
        """All that has come, in one piece, though not much more than there is room for."""
        data = bytearray()
        while len(data) <= self._output_room and (more := self._read(source)):
            data += more
        return bytes(data)

    def _printed(self, stream: str, data: bytes) -> Iterator[bytes]:
        kept = data[: self._output_room]
        self._output_room -= len(kept)
        if text := self._decoders[stream].decode(kept):
            self._tail = (self._tail + text)[-_TAIL:]
            yield _encode(Printed(stream, text))
        if len(kept) < len(data):
            self.stop(ended.flood(self.limits))

    def _messages(self, data: bytes, now: float) -> Iterator[bytes]:
        if self._message_room < 0:
            return
        self._message_room -= len(data)
        for line in self._lines.feed(data):
            # The code under test can write here too: what is no event is nothing, and of an event
            # only what was understood goes on.
            with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                event = _decode(line)
                self._stirred = now
                if isinstance(event, Ended):
                    self._said = event
                elif isinstance(event, Judged) and not isinstance(self.assignment.run.task, Judge):
                    pass  # a process that runs a player's code decides no verdict
                else:
                    yield _encode(event)
        if self._lines.overlong or self._message_room < 0:
            self.stop(ended.chatter())

    def _place(self) -> where.Place | None:
        task = self.assignment.run.task
        if isinstance(task, Judge):
            return None
        with suppress(OSError), self.assignment.report.open("rb") as report:
            report.seek(max(0, report.seek(0, SEEK_END) - _REPORT))
            return where.place(report.read(_REPORT).decode("ascii", "replace"), Path(task.root))
        return None
