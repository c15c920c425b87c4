"""What dead children have left behind: found among the server's own children, and killed."""

from __future__ import annotations

import os
from collections.abc import Set
from contextlib import suppress

from engine.sandbox import tree


def remain(leaders: Set[int]) -> bool:
    """Kill and reap orphans, and say whether some are still there, so that it takes another look.

    ``leaders`` are the children of jobs that still run. Their orphans are their own, unless they
    disown them; whoever else is a child of this process has lost its parent.
    """
    if os.name == "nt" or (not leaders and not _reap()):
        return False
    found = False
    # One look would miss who is born while its parent ends. What two have missed is found with
    # the last of the leaders, when the kernel itself tells that no child remains.
    for process in (*tree.processes(), *tree.processes()):
        if process.parent == os.getpid() and process.pid not in leaders:
            with suppress(ChildProcessError):
                if os.waitpid(process.pid, os.WNOHANG)[0] == 0:  # else it was dead before
                    tree.kill(process.pid)
                    found |= os.waitpid(process.pid, os.WNOHANG)[0] == 0
    return found


def _reap() -> bool:
    """Take note of every child that has ended; whether there are others. Spares reading /proc."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True
