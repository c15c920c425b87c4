"""What Linux offers a process that Python has no name for. But for ``call``, nothing elsewhere."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from functools import cache

# Numbers from linux/prctl.h; they are part of the kernel's stable interface.
_SET_PDEATHSIG = 1
_SET_DUMPABLE = 4
_SET_CHILD_SUBREAPER = 36
_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522


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


def drop_privileges() -> None:
    """Have no capability, not even root's, and get none from programs that grant them."""
    _prctl(_SET_NO_NEW_PRIVS, 1)
    if sys.platform == "linux":
        # capset(2): the version and the process, 0 for itself; then twice three sets of 32 bits.
        _libc().capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)())


def call(number: int, *arguments: object) -> int:
    """Make the system call of that number, which differs between machines. Raises OSError."""
    result: int = _libc().syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
