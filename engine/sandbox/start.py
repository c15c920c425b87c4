"""Two ways to a child: a fork of the loaded server or, where that cannot be, a new interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn, Protocol

import msgspec

from engine.sandbox import tree
from engine.sandbox.assignment import Assignment
from engine.sandbox.child import Entry, live
from engine.sandbox.pipes import Source, source


class Child(Protocol):
    """A running child, as the server holds it."""

    pid: int
    messages: Source
    output: dict[str, Source]
    """By the name of the stream."""
    loading: bool
    """True while it loads what the job needs, which is not on the job's time."""

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""

    def kill(self) -> None:
        """End it with all its descendants."""


Starter = Callable[[Assignment], Child]


class Forked:
    """A child that shares the server's loaded modules."""

    loading = False

    def __init__(self, assignment: Assignment, entry: Entry) -> None:
        pipes = [os.pipe() for _ in range(3)]
        server = os.getpid()
        sys.stdout.flush()
        try:
            self.pid = os.fork()
        except OSError:
            for pipe in pipes:
                for fd in pipe:
                    os.close(fd)
            raise
        if self.pid == 0:
            live(assignment, entry, *(write for _, write in pipes), server=server)
        for _, write in pipes:
            os.close(write)
        self.messages, out, err = (source(read) for read, _ in pipes)
        self.output = {"stdout": out, "stderr": err}

    def poll(self) -> int | None:
        """See ``Child``."""
        if not _ended(self.pid):
            return None
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self) -> None:
        """See ``Child``."""
        tree.kill(self.pid)
        tree.kill_group(self.pid)


class Fresh:
    """A child that is a new interpreter: its standard output is the line for messages.

    What the code under test prints comes on one stream, whichever it printed to.
    """

    loading = True

    def __init__(self, assignment: Assignment, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [*command, JOB],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        pipes = self._process.stdin, self._process.stdout, self._process.stderr
        assert all(pipes)
        stdin, stdout, stderr = (pipe for pipe in pipes if pipe is not None)
        self.pid = self._process.pid
        self.messages = source(os.dup(stdout.fileno()))
        self.output = {"stdout": source(os.dup(stderr.fileno()))}
        with suppress(OSError), stdin:
            stdin.write(msgspec.json.encode(assignment) + b"\n")
        stdout.close()
        stderr.close()

    def poll(self) -> int | None:
        """See ``Child``."""
        if self._process.returncode is None and hasattr(os, "waitid") and not _ended(self.pid):
            return None
        return self._process.poll()

    def kill(self) -> None:
        """See ``Child``."""
        if os.name == "nt":
            self._process.kill()
        else:
            tree.kill(self.pid)
            tree.kill_group(self.pid)


JOB = "--job"
"""Tells a new interpreter that it is a child and not the server."""


def live_fresh(entry: Entry) -> NoReturn:
    """The whole life of a new interpreter that was started as a child."""
    assignment = msgspec.json.decode(sys.stdin.buffer.readline(), type=Assignment)
    server = os.getppid()
    messages, output = os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        entry.preload()
    except BaseException:
        os.dup2(output, 2)
        raise
    live(assignment, entry, messages, output, output, server=server)


def _ended(pid: int) -> bool:
    """Whether a child has ended; then its group has too.

    Whom it has left forks too fast to be found one by one. Until it is buried, its group's number
    is no other's.
    """
    if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return False
    tree.kill_group(pid)
    return True
