"""The whole life of the process ``python -m engine.sandbox``, be it server or fresh child."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.sandbox import confinement, kernel
from engine.sandbox.assignment import Assignment
from engine.sandbox.child import Entry
from engine.sandbox.environment import FRESH, SCRATCH
from engine.sandbox.messages import Ready
from engine.sandbox.pipes import Outbox, Source, source
from engine.sandbox.removal import remove
from engine.sandbox.server import Server
from engine.sandbox.start import JOB, Forked, Fresh, live_fresh


def main(entry: Entry, arguments: Sequence[str] | None = None) -> None:
    """Serve ``entry`` on standard input and output until the client is gone."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if JOB in arguments:
        live_fresh(entry)
    requests, outbox = _take_over_standard_streams()
    scratch = Path(os.environ.get(SCRATCH) or tempfile.mkdtemp(prefix="tui-debugger-"))
    # What macOS loads along with torch does not survive a fork.
    fresh = FRESH in arguments or not sys.platform.startswith("linux")
    command = [sys.executable, *sys.orig_argv[1:]]
    kernel.adopt_orphans()
    kernel.allow_inspection(False)

    def start(assignment: Assignment) -> Fresh | Forked:
        return Fresh(assignment, command) if fresh else Forked(assignment, entry)

    try:
        server = Server(start, requests, outbox, scratch, loading=fresh)
        ready = entry.preload()
        server.tell(0, Ready(ready.catalogue, ready.torch))
        outbox.flush()
        if not fresh:
            confinement.prepare()
            entry.warm()
            gc.collect()
            gc.freeze()  # a collection in a child would copy every page it marks
        server.run()
    finally:
        remove(scratch)
    os._exit(0)  # unloading torch would take longer than the player wants to wait


def _take_over_standard_streams() -> tuple[Source, Outbox]:
    """Keep standard input and output for the protocol; what is printed goes to standard error."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source(requests), Outbox(replies)
