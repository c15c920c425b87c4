"""Landlock: how a process gives up files, TCP, signals and tracing for good, without privileges.

See https://docs.kernel.org/userspace-api/landlock.html; the numbers are those of linux/landlock.h,
part of the kernel's stable interface and the same on every machine.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from enum import IntFlag

from engine.sandbox import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_BIND_AND_CONNECT_TCP = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
SIGNALS = 6
"""The version from which on signals to processes outside are refused."""


class Access(IntFlag):
    """What may be done with what lies beneath a path."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    LIST = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ = Access.EXECUTE | Access.READ_FILE | Access.LIST
WRITE = ~(Access.MAKE_CHAR | Access.MAKE_BLOCK | Access.IOCTL_DEV)
"""Reading too, and everything else but devices."""
_OF_A_FILE = Access.EXECUTE | Access.WRITE_FILE | Access.READ_FILE | Access.TRUNCATE
_ALL = ~Access(0)
_KNOWN = {1: _ALL & ~(Access.REFER | Access.TRUNCATE | Access.IOCTL_DEV)}
_KNOWN[2] = _KNOWN[1] | Access.REFER
_KNOWN[3] = _KNOWN[4] = _KNOWN[2] | Access.TRUNCATE

Rule = tuple[str, Access]


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def version() -> int:
    """The kernel's version of Landlock, 0 where it has none or keeps it switched off."""
    if sys.platform != "linux":
        return 0
    with suppress(OSError):
        return kernel.call(_CREATE_RULESET, None, 0, _VERSION)
    return 0


def restrict(rules: Iterable[Rule]) -> None:
    """Leave the calling thread, and all that it starts, only what ``rules`` allow.

    TCP, and as the version has it abstract sockets and signals to others, are refused altogether.
    Paths that are not there are passed over. Raises OSError where there is no Landlock. It takes
    ``PR_SET_NO_NEW_PRIVS`` to be set before.
    """
    abi = version()
    handled = _KNOWN.get(abi, _ALL)
    ruleset = _Ruleset(handled, _BIND_AND_CONNECT_TCP, _ABSTRACT_SOCKETS_AND_SIGNALS)
    # An older kernel takes a shorter structure: its fields came one by one.
    size = 8 * (1 + (abi >= 4) + (abi >= SIGNALS))
    descriptor = kernel.call(_CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    try:
        for path, access in rules:
            with suppress(OSError):
                _allow(descriptor, path, access & handled)
        kernel.call(_RESTRICT_SELF, descriptor, 0)
    finally:
        os.close(descriptor)


def _allow(ruleset: int, path: str, access: Access) -> None:
    there = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(there).st_mode):
            access &= _OF_A_FILE
        rule = _PathBeneath(access, there)
        kernel.call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(there)
