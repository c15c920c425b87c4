"""What the kernel keeps code under test from, and what is said of it where it does not."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.sandbox.confinement import in_force, landlock, seccomp
from engine.sandbox.messages import Outcome

from .conftest import Bench

pytestmark = pytest.mark.skipif(
    landlock.version() < landlock.SIGNALS or not seccomp.known(),
    reason="this kernel does not confine",
)


def test_everything_is_in_force_where_the_kernel_has_it() -> None:
    confinement = in_force()
    assert confinement.complete, confinement


ROOT = Path(__file__).parents[2]


REFUSED = {
    "read a file": "open('{file}')",
    "write to a file": "open('{file}', 'a')",
    "make a file": "open('{folder}/new', 'w')",
    "make a folder": "os.mkdir('{folder}/new')",
    "remove a file": "os.unlink('{file}')",
    "rename a file": "os.rename('{file}', '{folder}/renamed')",
    "take a file in by another name": "os.link('{file}', 'mine')",
    "take a file in through a link": "os.symlink('{file}', 'mine'); open('mine')",
    "take a file in by moving it": "os.rename('{file}', 'mine')",
    "put a file out": "open('mine', 'w').close(); os.rename('mine', '{folder}/out')",
    "empty a file": "os.truncate('{file}', 0)",
    "lock a file up": "os.chmod('{file}', 0)",
    "lock a library up": "os.chmod(torch_like.__file__, 0o644)",
    "age a file": "os.utime('{file}', (0, 0))",
    "give a file away": "os.chown('{file}', os.getuid(), os.getgid())",
    "mark a file": "os.setxattr('{file}', 'user.mark', b'x')",
    "write to the interpreter's library": "open(os.__file__, 'a')",
    "cache something beside a library": "open(os.path.dirname(os.__file__) + '/x.py', 'w')",
    "write to its own source": "open(__file__, 'a')",
    "read the disk": "os.mknod('disk', 0o60600, os.makedev(8, 0))",
    "read the terminal": "open('/dev/tty')",
    "read the passwords": "open('/etc/passwd')",
    "share memory": "open('/dev/shm/mine', 'w')",
    "hide memory": "os.memfd_create('mine')",
    "read another's environment": "open(f'/proc/{{os.getppid()}}/environ')",
    "read another's memory": "open(f'/proc/{{os.getppid()}}/mem', 'rb')",
    "open another's descriptor": "open(f'/proc/{{os.getppid()}}/fd/1', 'w')",
    "signal the server": "os.kill(os.getppid(), 0)",
    "signal the one who plays": "os.kill({me}, 0)",
    "signal through a descriptor": "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0)",
    "signal the server's group": "os.killpg(os.getpgid(os.getppid()), 0)",
    "limit the server": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "move the server": "os.sched_setaffinity(os.getppid(), {{0}})",
    "slow the server down": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "open a TCP socket": "socket.socket()",
    "open a UDP socket": "socket.socket(type=socket.SOCK_DGRAM)",
    "open a raw socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW)",
    "open a local socket": "socket.socket(socket.AF_UNIX)",
    "hide a file in a message": "socket.send_fds(socket.socketpair()[0], [b'x'], [0])",
    "open a netlink socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "trace the server": "called(libc.ptrace(16, os.getppid(), 0, 0))",
    "mount something": "called(libc.mount(b'none', b'.', b'tmpfs', 0, None))",
    "mount in a namespace of its own": (
        "in_fork(lambda: called(libc.unshare(0x10000000)),"
        " lambda: called(libc.mount(b'none', b'.', b'tmpfs', 0, None)))"
    ),
    "hide from the server": "called(libc.prctl(4, 0, 0, 0, 0))",
    "disown its orphans": "called(libc.prctl(36, 0, 0, 0, 0))",
    "leave the group in which it is killed": "in_fork(os.setsid)",
    "make a group of its own": "in_fork(lambda: os.setpgid(0, 0))",
    "share a queue": "called(libc.msgget(0, 0o1600))",
    "widen a pipe": "import fcntl; fcntl.fcntl(os.pipe()[0], fcntl.F_SETPIPE_SZ, 1 << 20)",
    "widen a socket": (
        "import socket; socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 9)"
    ),
    "share a segment": "called(libc.shmget(0, 4096, 0o1600))",
    "ring": "called(libc.syscall(425, 1, bytes(120)))",
    "read a file through a program": (
        "done = subprocess.run(['cat', '{file}'], capture_output=True, text=True)\n"
        "    if done.returncode: raise PermissionError(done.stderr)"
    ),
    "read a file from a fork": "in_fork(lambda: open('{file}'))",
}
"""What code may try -> how."""


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED.keys())
async def test_code_under_test_cannot(forking: Bench, attempt: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("precious")
    before = (outside / "file").stat()
    deed = attempt.format(file=outside / "file", folder=outside, me=os.getpid())
    run = await forking.run(HEAD + f"\ndef go(emit):\n    {deed}\n    return 'succeeded'\n")
    assert run.findings == []
    assert run.ended.outcome is Outcome.CRASHED
    assert any(words in run.ended.sentence for words in ("Permission", "permitted", "Errno 18"))
    assert [path.name for path in outside.iterdir()] == ["file"]
    assert (outside / "file").stat() == before


HEAD = textwrap.dedent("""
    import ctypes, json as torch_like, os, resource, signal, socket, subprocess, sys

    libc = ctypes.CDLL(None, use_errno=True)

    def called(result):
        if result < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def in_fork(*deeds):
        pid = os.fork()
        if pid == 0:
            try:
                for deed in deeds:
                    deed()
            except PermissionError:
                os._exit(1)
            finally:
                os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            raise PermissionError(1, "not permitted to the fork")
""")


WITHOUT_LANDLOCK = """
from engine.sandbox import kernel
from engine.sandbox.confinement import in_force
kernel.drop_privileges()
no_devices = kernel.call(444, bytes([1 << 6, *23 * [0]]), 24, 0)
for _ in range(16):  # the kernel stacks no more of them
    kernel.call(446, no_devices, 0)
confinement = in_force()
for protection in (confinement.files, confinement.network, confinement.processes):
    print(protection.holds, protection.sentence)
"""


def test_what_the_kernel_refuses_is_told_and_the_rest_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_LANDLOCK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files, network, processes = done.stdout.splitlines()
    assert files.startswith(
        "False Not in force: code under test can read a file of yours, write to it"
    )
    assert network.startswith("True Code under test can open no socket")
    assert processes.startswith("False Not in force: code under test can read another's memory. ")
