"""Finding out what is in force: a confined process tries to get out, and tells what worked."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from engine.sandbox.confinement import landlock, seccomp
from engine.sandbox.confinement.attempts import ATTEMPTS, prepare
from engine.sandbox.confinement.report import Confinement, Protection
from engine.sandbox.environment import environment

_SECONDS = 30.0
"""The trial takes a fraction of one."""

_KEPT = {
    "files": "Code under test reads only what Python itself needs and the copy of the source that "
    "it is, and writes only in folders that are removed afterwards.",
    "network": "Code under test can open no socket: no network, and no local service either.",
    "processes": "Code under test cannot signal a process that it has not started, nor look into "
    "one.",
}


def in_force() -> Confinement:
    """What confines code under test on this machine. Takes a moment: it starts an interpreter.

    Where that cannot even be tried, nothing is taken to hold.
    """
    if sys.platform != "linux":
        missing = "Not in force: the game knows a way to confine code on Linux alone."
        return _everything(Protection(False, missing))
    try:
        escapes = _tried()
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
        return _everything(Protection(False, f"Not in force: it could not be tried ({error})."))
    return Confinement(*(_protection(name, escapes.get(name, ())) for name in ATTEMPTS))


def _tried() -> dict[str, list[str]]:
    """Protection -> what a confined process succeeded in all the same."""
    with tempfile.TemporaryDirectory(prefix="tui-debugger-") as folder, ExitStack() as stack:
        outside, inside = Path(folder, "outside"), Path(folder, "inside")
        outside.mkdir()
        inside.mkdir()
        done = subprocess.run(
            [sys.executable, "-P", "-m", "engine.sandbox.confinement"],
            input=msgspec.json.encode(prepare(outside, stack)),
            capture_output=True,
            cwd=inside,
            env=environment(inside),
            timeout=_SECONDS,
            check=True,
        )
    return msgspec.json.decode(done.stdout, type=dict[str, list[str]])


def _protection(name: str, escapes: Sequence[str]) -> Protection:
    if not escapes:
        return Protection(True, _KEPT[name])
    return Protection(
        False, f"Not in force: code under test can {', '.join(escapes)}. {_missing()}"
    )


def _missing() -> str:
    """What this system would have to have."""
    version = landlock.version()
    lacks = []
    if version == 0:
        lacks.append("Landlock (Linux 5.13 or later, not switched off, permitted to containers)")
    elif version < 3:
        lacks.append(f"a Landlock of version 3 (Linux 6.2) instead of {version}")
    if not seccomp.known():
        lacks.append("a filter of system calls for this machine")
    return f"Missing: {', '.join(lacks)}." if lacks else "The kernel refuses to confine it."


def _everything(protection: Protection) -> Confinement:
    return Confinement(protection, protection, protection)
