"""The few Linux process controls that Python has no name for; elsewhere they do nothing."""

from __future__ import annotations

import ctypes
import signal
import sys

# Numbers from linux/prctl.h; they are part of the kernel's stable interface.
_SET_PDEATHSIG = 1
_SET_DUMPABLE = 4
_SET_CHILD_SUBREAPER = 36


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that forked it ends."""
    _prctl(_SET_PDEATHSIG, signal.SIGKILL if sys.platform == "linux" else 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, in whatever session it is."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def allow_inspection(allowed: bool) -> None:
    """Let other processes of the same user open this one's memory and descriptors, or not.

    The setting is inherited through a fork. Root is never kept out.
    """
    _prctl(_SET_DUMPABLE, int(allowed))


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)
