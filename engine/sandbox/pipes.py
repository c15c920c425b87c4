"""The two ends of the server's pipes, none of which it may ever wait for."""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from contextlib import suppress
from typing import Protocol

CHUNK = 64 << 10
"""Bytes taken from a pipe at a time; also what a pipe holds on Linux."""


class Source(Protocol):
    """Something that a selector can watch and that can be read without waiting."""

    def fileno(self) -> int:
        """For the selector."""

    def read(self) -> bytes | None:
        """What has come, b"" at the end of the stream, None when nothing is there yet."""

    def close(self) -> None:
        """Let go of it."""


class PipeSource:
    """The reading end of a pipe or socket, by its descriptor."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd

    def fileno(self) -> int:
        """For the selector."""
        return self._fd

    def read(self) -> bytes | None:
        """See ``Source``."""
        try:
            return os.read(self._fd, CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        """Let go of the descriptor."""
        os.close(self._fd)


class PumpedSource:
    """The same where only sockets can be watched, as on Windows: a thread carries the bytes over.

    Threads are no trouble there, since nothing is forked.
    """

    def __init__(self, fd: int) -> None:
        self._socket, far = socket.socketpair()
        self._socket.setblocking(False)
        threading.Thread(target=_pump, args=(fd, far), daemon=True).start()

    def fileno(self) -> int:
        """For the selector."""
        return self._socket.fileno()

    def read(self) -> bytes | None:
        """See ``Source``."""
        try:
            return self._socket.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        """Let go of the socket; the thread ends with the stream it reads."""
        self._socket.close()


def _pump(fd: int, far: socket.socket) -> None:
    with far, suppress(OSError):
        while data := os.read(fd, CHUNK):
            far.sendall(data)
    with suppress(OSError):
        os.close(fd)


def source(fd: int) -> Source:
    """The reading end ``fd``, in the form that this system's selectors take."""
    return PumpedSource(fd) if os.name == "nt" else PipeSource(fd)


class Outbox:
    """Lines on their way to the client, kept while the pipe is full."""

    def __init__(self, fd: int) -> None:
        if os.name != "nt":
            os.set_blocking(fd, False)
        self._fd = fd
        self._lines: deque[memoryview] = deque()
        self.pending = 0
        """Bytes that the pipe has not taken yet."""

    def fileno(self) -> int:
        """For the selector."""
        return self._fd

    def put(self, line: bytes) -> None:
        """Queue one line, given without its newline."""
        self._lines.append(memoryview(line + b"\n"))
        self.pending += len(line) + 1

    def flush(self) -> None:
        """Write as much as the pipe takes. Raises BrokenPipeError when the client is gone."""
        while self._lines:
            line = self._lines.popleft()
            try:
                written = os.write(self._fd, line)
            except BlockingIOError:
                written = 0
            self.pending -= written
            if written < len(line):
                self._lines.appendleft(line[written:])
                if not written:
                    return
