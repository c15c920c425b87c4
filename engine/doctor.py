"""Facts about this machine that the game depends on, each looked up or tried when asked."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from msgspec import Struct

from engine.errors import SandboxError
from engine.home import Home
from engine.sandbox.confinement import Confinement
from engine.sandbox.runner import Runner

ROOM = 200 * 10**6
"""Bytes that should be free where the game writes: workspaces and one run's files."""


class State(StrEnum):
    """What a fact means for the game."""

    GOOD = "good"
    LACKING = "lacking"
    """The game works, with less than it could have."""
    BROKEN = "broken"
    """It does not work like this."""


class Fact(Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    state: State
    said: str
    """What was found; where that is not good, what to do about it too."""


def machine() -> Iterator[Fact]:
    """The interpreter, torch and the cores."""
    python = f"{platform.python_version()} ({sys.executable}), {platform.platform(terse=True)}"
    yield Fact("python", State.GOOD, python)
    try:
        yield Fact("torch", State.GOOD, metadata.version("torch"))
    except metadata.PackageNotFoundError:
        yield Fact("torch", State.BROKEN, "Not installed; `make play` sets it up.")
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Fact("cores", State.GOOD, str(count or "unknown"))


def places(home: Home) -> Iterator[Fact]:
    """Where the game writes, whether it can, and how much room there is."""
    yield _place("saves", home.data, "Set TUI_DEBUGGER_HOME to a folder that you may write to.")
    temporary = Path(tempfile.gettempdir())
    yield _place("temporary files", temporary, "Set TMPDIR to a folder that you may write to.")


def _place(name: str, folder: Path, remedy: str) -> Fact:
    try:
        there = next(path for path in (folder, *folder.parents) if path.exists())
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"x")
            file.flush()
        free = shutil.disk_usage(there).free
    except OSError as error:
        said = f"{folder} cannot be written to ({error.strerror}). {remedy}"
        return Fact(name, State.BROKEN, said)
    said = f"{folder}, {free / 1e9:.1f} GB free"
    if free < ROOM:
        return Fact(name, State.LACKING, f"{said}. Make room there, or see that there is some.")
    return Fact(name, State.GOOD, said)


async def lab(sandbox: Runner) -> Fact:
    """Whether the process that runs code starts."""
    try:
        ready = await sandbox.ready()
    except SandboxError as error:
        return Fact("lab", State.BROKEN, str(error))
    said = f"starts, with torch {ready.torch} and {len(ready.catalogue)} probes"
    return Fact("lab", State.GOOD, said)


def confinement(found: Confinement) -> Iterator[Fact]:
    """What code under test is kept from."""
    for name, protection in (
        ("files", found.files),
        ("network", found.network),
        ("processes", found.processes),
    ):
        yield Fact(
            f"confinement: {name}",
            State.GOOD if protection.holds else State.LACKING,
            protection.sentence,
        )
