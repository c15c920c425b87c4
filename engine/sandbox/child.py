"""The life of a child: shut in, it runs one task, says how that ended, and is gone."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, Protocol

from engine.lab.codebase import fault_of, print_error
from engine.sandbox import ended, kernel, limits
from engine.sandbox.assignment import Assignment
from engine.sandbox.channel import Channel, Emit, plumb
from engine.sandbox.confinement import confine
from engine.sandbox.environment import settle_in
from engine.sandbox.messages import Ended, Judge, Outcome, Ready, Run, Task

_INTERNAL = 70
"""Exit status for what should never happen: EX_SOFTWARE of sysexits.h."""


class Entry(Protocol):
    """What the server is there to run; a module with these three functions is one."""

    def preload(self) -> Ready:
        """Load everything that jobs need, and say what can be run. Starts no thread."""

    def warm(self) -> None:
        """Load what can wait until the server is ready, yet would cost every job its time."""

    def perform(self, task: Task, emit: Emit) -> None:
        """Do ``task``; whatever there is to tell goes to ``emit``."""


def live(
    assignment: Assignment, entry: Entry, messages: int, out: int, err: int, *, server: int
) -> NoReturn:
    """Run the job in the calling process, which does not survive it. ``entry`` is loaded.

    ``messages``, ``out`` and ``err`` are the descriptors to write on; ``server`` is the process
    without which there is no reason to go on.
    """
    leave = os._exit
    status = _INTERNAL
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # what loading may have left there is no output of the job
        with suppress(AttributeError, PermissionError):  # no sessions here, or leader of one
            os.setsid()
        _part_from(server)
        channel, report = plumb(messages, out, err, assignment.report)
        channel.capture()
        reserve = [limits.reserve()]
        _settle(assignment, report)
        channel.begin()
        channel.emit(_perform(assignment.run, entry, channel, reserve))
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may return into the server's loop
        traceback.print_exc()
    finally:
        leave(status)


def _part_from(server: int) -> None:
    kernel.die_with_parent()
    if os.getppid() != server:  # it was gone before the kernel was told
        os._exit(0)
    kernel.adopt_orphans()
    kernel.allow_inspection(True)
    signal.set_wakeup_fd(-1)
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _settle(assignment: Assignment, report: int) -> None:
    """Turn the interpreter to its folder, shut it in there, and arm the watch on the clock."""
    scratch = assignment.scratch
    os.chdir(scratch)
    tempfile.tempdir = scratch
    os.environ.update(settle_in(Path(scratch)))
    # Caches beside the player's files are neither read, since they may be stale, nor written.
    sys.dont_write_bytecode = True
    sys.pycache_prefix = str(Path(scratch, "pycache"))
    limits.impose(assignment.run.limits)
    confine(assignment.readable, assignment.writable)
    # The watch is a thread: it is confined too only because it starts now. Whenever the time is up,
    # it has written down where the code was within the last ``seconds``.
    seconds = assignment.run.limits.patience
    faulthandler.enable(report, all_threads=True)
    faulthandler.dump_traceback_later(max(seconds - 0.3, seconds * 0.8), repeat=True, file=report)


def _perform(run: Run, entry: Entry, channel: Channel, reserve: list[bytearray]) -> Ended:
    root = Path("/nowhere" if isinstance(run.task, Judge) else run.task.root).resolve()
    try:
        entry.perform(run.task, channel.emit)
    except SystemExit as error:
        return ended.left(error.code, fault_of(error, root))
    except BaseException as error:  # noqa: BLE001 - the player's code may raise anything
        reserve.clear()  # first of all: there may be no memory left for anything else
        if ended.is_memory(error):
            return ended.memory(run.limits, fault_of(error, root))
        fault = fault_of(error, root)
        print_error(error, root)
        return ended.raised(fault)
    return Ended(Outcome.DONE)
