"""A seccomp filter: the system calls that Landlock does not cover and no submission needs.

See https://docs.kernel.org/userspace-api/seccomp_filter.html. The numbers of system calls are those
of asm/unistd_64.h on x86-64, and of asm-generic/unistd.h elsewhere.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterator, Mapping
from errno import ENOSYS, EPERM

from engine.sandbox import kernel

_REFUSED: Mapping[str, tuple[int | None, int | None]] = {
    # Any network, and the local services behind sockets that are files.
    "socket": (41, 198),
    # Would hide open files in messages on their way, where nobody counts them.
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    # Would widen a buffer that nobody counts for root; pipes: see below.
    "setsockopt": (54, 208),
    # Does everything that other calls do, past every filter.
    "io_uring_setup": (425, 425),
    # Memory and queues that outlive a process, or that its limits do not count.
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # The user's keys.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Modes, owners, times and attributes of files that may only be read, or not even that.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    # The child's group is how all that it has started is killed at one blow, however fast it forks.
    "setsid": (112, 157),
    "setpgid": (109, 154),
    # Priority and placement of other processes.
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}
"""Name -> number on x86-64, number elsewhere."""

_FOR_ITSELF: Mapping[str, tuple[int, int]] = {
    "prlimit64": (302, 261),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
}
"""Calls that act on the process in their first argument, which has to be the caller."""

_SIGNALS: Mapping[str, tuple[int, int]] = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
}
"""The same; only for where Landlock does not keep signals in."""

_PRCTL = (157, 167)
_PRCTL_REFUSED = {
    # Would hide the caller's memory and descriptors from those who watch over it.
    "set_dumpable": 4,
    # Would make its orphans the server's, where nobody counts what they take.
    "set_child_subreaper": 36,
}
"""Name -> number of what prctl must not do."""

_FCNTL = (72, 25)
_FCNTL_REFUSED = {"set_pipe_size": 1031}
"""Name -> number of what fcntl must not do."""

_MACHINES = {"x86_64": (0xC000003E, 0, 317), "aarch64": (0xC00000B7, 1, 277)}
"""Machine -> its AUDIT_ARCH, its column above, its number of seccomp itself."""

_SET_MODE_FILTER = 1
_SPEC_ALLOW = 1 << 2
"""Do not slow the process down against speculation, as kernels before 5.16 would."""
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_X32 = 0x40000000
"""Set in the numbers of x86-64's third ABI, which has a table of its own."""

# Classic BPF, linux/bpf_common.h: load a word, jump if equal, jump if greater or equal, return.
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# struct seccomp_data: int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6].
_NUMBER, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24
_OPTIONS_REFUSED = ((_PRCTL, _FIRST, _PRCTL_REFUSED), (_FCNTL, _SECOND, _FCNTL_REFUSED))
"""Numbers of a call, where its option is, and which it must not have."""
_Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def known() -> bool:
    """Whether there is a filter for this machine."""
    return sys.platform == "linux" and platform.machine() in _MACHINES


def restrict(*, signals: bool) -> None:
    """Filter the system calls of the calling thread, and of all that it starts.

    ``signals`` refuses those to any process but the calling one. Raises OSError where there is no
    such filter. It takes ``PR_SET_NO_NEW_PRIVS`` to be set before.
    """
    if not known():
        raise OSError(ENOSYS, os.strerror(ENOSYS))
    architecture, column, own_number = _MACHINES[platform.machine()]
    code = b"".join(
        struct.pack("=HBBI", *instruction) for instruction in _filter(architecture, column, signals)
    )
    program = _Program(len(code) // 8, code)
    kernel.call(own_number, _SET_MODE_FILTER, _SPEC_ALLOW, ctypes.byref(program))


def _filter(architecture: int, column: int, signals: bool) -> Iterator[_Instruction]:
    yield (_LOAD, 0, 0, _ARCH)
    yield (_EQUAL, 1, 0, architecture)
    yield (_RETURN, 0, 0, _ERRNO | ENOSYS)
    yield (_LOAD, 0, 0, _NUMBER)
    yield (_AT_LEAST, 0, 1, _X32)
    yield (_RETURN, 0, 0, _ERRNO | ENOSYS)
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            yield (_EQUAL, 0, 1, number)
            yield (_RETURN, 0, 0, _ERRNO | EPERM)
    for numbers in (*_FOR_ITSELF.values(), *(_SIGNALS.values() if signals else ())):
        yield (_EQUAL, 0, 5, numbers[column])
        yield (_LOAD, 0, 0, _FIRST)
        yield (_EQUAL, 2, 0, 0)
        yield (_EQUAL, 1, 0, os.getpid())
        yield (_RETURN, 0, 0, _ERRNO | EPERM)
        yield (_RETURN, 0, 0, _ALLOW)
    for numbers, argument, refused in _OPTIONS_REFUSED:
        yield (_EQUAL, 0, 2 + 2 * len(refused), numbers[column])
        yield (_LOAD, 0, 0, argument)
        for option in refused.values():
            yield (_EQUAL, 0, 1, option)
            yield (_RETURN, 0, 0, _ERRNO | EPERM)
        yield (_RETURN, 0, 0, _ALLOW)
    yield (_RETURN, 0, 0, _ALLOW)
