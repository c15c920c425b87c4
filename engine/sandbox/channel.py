"""A child's own descriptors: messages out of the way, output captured, all the rest closed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

import msgspec

from engine.sandbox.ended import LINE_CUT
from engine.sandbox.messages import Event

if sys.platform != "win32":
    import fcntl
    import resource

Emit = Callable[[Event], None]

_HIGH = 1000
"""Where messages and crash reports go: above what ``os.closerange(3, 256)`` reaches."""


class Channel:
    """Events to the server, one JSON line each.

    The functions it needs are bound when it is made: the code under test may put others in
    their place later.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._encode = msgspec.json.Encoder().encode
        self._write = os.write
        self._getpid = os.getpid
        self._exit = os._exit
        self._owner = os.getpid()
        self._outputs: tuple[TextIOWrapper, ...] = ()

    def capture(self) -> None:
        """Put fresh streams on descriptors 0, 1 and 2 in ``sys``; output leaves line by line."""
        out, err = (
            TextIOWrapper(
                os.fdopen(fd, "wb", closefd=False),
                encoding="utf-8",
                errors="backslashreplace",
                line_buffering=True,
            )
            for fd in (1, 2)
        )
        self._outputs = (out, err)
        sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8", closefd=False)  # type: ignore[misc]
        sys.stdout = sys.__stdout__ = out  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = err  # type: ignore[misc]

    def emit(self, event: Event) -> None:
        """Send ``event``; what was printed before it goes first.

        Ends the process where the line is cut, or where this is a copy that the code under test
        has forked: only the original speaks.
        """
        self.flush()
        if self._getpid() != self._owner:
            self._exit(0)
        # The newline in front ends whatever else may have been written on the descriptor.
        rest = memoryview(b"\n" + self._encode(event) + b"\n")
        try:
            while rest:
                rest = rest[self._write(self._fd, rest) :]
        except OSError:
            self._exit(LINE_CUT)

    def begin(self) -> None:
        """Say, without a message, that the job itself begins now."""
        with suppress(OSError):
            self._write(self._fd, b"\n")

    def flush(self) -> None:
        """Send on what is printed but not yet written."""
        for stream in self._outputs:
            with suppress(OSError, ValueError):  # closed by the code under test
                stream.flush()


def plumb(messages: int, out: int, err: int, report: Path) -> tuple[Channel, int]:
    """Give the calling process its descriptors: nothing to read on 0, ``out`` as 1, ``err`` as 2.

    ``messages`` moves up high, and so does the file ``report``, opened here for faulthandler,
    whose descriptor is returned. Every other descriptor is closed.
    """
    nothing = os.open(os.devnull, os.O_RDONLY)
    crash = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    high, crash_high = _raised(messages), _raised(crash)
    os.dup2(nothing, 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    _close_all_but({0, 1, 2, high, crash_high})
    return Channel(high), crash_high


def _raised(fd: int) -> int:
    if sys.platform == "win32":
        return os.dup(fd)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if most == resource.RLIM_INFINITY:
        most = _HIGH * 2
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, max(3, min(_HIGH, most - 8)))


def _close_all_but(kept: set[int]) -> None:
    for listing in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            for name in os.listdir(listing):  # noqa: PTH208 - names, not paths
                if int(name) not in kept:
                    with suppress(OSError):
                        os.close(int(name))
            return
