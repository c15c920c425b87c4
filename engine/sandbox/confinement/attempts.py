"""What a confined process must not succeed in, each as something that it really tries."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

from msgspec import Struct

if sys.platform != "win32":
    import resource

Attempt = Callable[["Targets"], object]


class Targets(Struct, frozen=True):
    """What the attempts are aimed at; all of it belongs to the process that set them up."""

    folder: str
    """Holds ``file``, ``doomed`` and ``socket``, at which somebody listens."""
    port: int
    """On this machine, with a listener."""
    parent: int

    def path(self, name: str) -> Path:
        """A file in the folder."""
        return Path(self.folder, name)


def _read(targets: Targets) -> None:
    targets.path("file").read_bytes()


def _write(targets: Targets) -> None:
    with targets.path("file").open("ab") as file:
        file.write(b"x")


def _make(targets: Targets) -> None:
    targets.path("new").mkdir()


def _remove(targets: Targets) -> None:
    targets.path("doomed").unlink()


def _empty(targets: Targets) -> None:
    os.truncate(targets.path("file"), 0)


def _lock(targets: Targets) -> None:
    targets.path("file").chmod(0o600)


def _connect(targets: Targets) -> None:
    socket.create_connection(("127.0.0.1", targets.port), timeout=1).close()


def _listen(targets: Targets) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()


def _send(targets: Targets) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", targets.port))


def _call_a_service(targets: Targets) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(targets.path("socket")))


def _signal(targets: Targets) -> None:
    os.kill(targets.parent, 0)


def _look_into(targets: Targets) -> None:
    Path(f"/proc/{targets.parent}/mem").open("rb").close()


def _limit(targets: Targets) -> None:
    if sys.platform == "linux":
        limits = resource.prlimit(targets.parent, resource.RLIMIT_CORE)
        resource.prlimit(targets.parent, resource.RLIMIT_CORE, limits)


ATTEMPTS: Mapping[str, Mapping[str, Attempt]] = {
    "files": {
        "read a file of yours": _read,
        "write to it": _write,
        "make a folder beside it": _make,
        "remove a file": _remove,
        "empty a file": _empty,
        "change a file's mode": _lock,
    },
    "network": {
        "connect over TCP": _connect,
        "wait for TCP connections": _listen,
        "send over UDP": _send,
        "connect to a local service": _call_a_service,
    },
    "processes": {
        "signal another process": _signal,
        "read another's memory": _look_into,
        "change another's limits": _limit,
    },
}
"""Protection -> what would break it, in words that follow "it can", and as a deed."""


def successes(targets: Targets) -> dict[str, list[str]]:
    """Protection -> the attempts that the calling process was not kept from."""
    return {
        protection: [words for words, attempt in attempts.items() if _succeeds(attempt, targets)]
        for protection, attempts in ATTEMPTS.items()
    }


def _succeeds(attempt: Attempt, targets: Targets) -> bool:
    try:
        attempt(targets)
    except OSError:
        return False
    return True


def prepare(folder: Path, stack: ExitStack) -> Targets:
    """Targets in ``folder``, whose listeners are closed with ``stack``. Raises OSError."""
    for name in ("file", "doomed"):
        (folder / name).write_text("yours", "utf-8")
    server = stack.enter_context(closing(socket.socket()))
    server.bind(("127.0.0.1", 0))
    server.listen()
    service = stack.enter_context(closing(socket.socket(socket.AF_UNIX)))
    service.bind(str(folder / "socket"))
    service.listen()
    return Targets(str(folder), server.getsockname()[1], os.getpid())
