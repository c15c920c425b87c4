"""Keeping a process to its folder, off the network and away from other processes, on Linux.

Landlock refuses the files, TCP, signals and tracing; a seccomp filter the other sockets, and the
few calls that Landlock does not cover. Neither needs privileges or a program that may not be
installed, and neither is undone by what the process starts. ``confine`` gives up all that the
kernel can take, ``in_force`` says what that comes to on this machine, by trying.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.sandbox import kernel
from engine.sandbox.confinement import landlock, seccomp
from engine.sandbox.confinement.places import PROJECT, rules, shared
from engine.sandbox.confinement.report import Confinement, Protection
from engine.sandbox.confinement.trial import in_force

__all__ = ["PROJECT", "Confinement", "Protection", "confine", "in_force", "prepare"]


def confine(readable: Sequence[Path], writable: Sequence[Path]) -> None:
    """Confine the calling process, which must have no second thread yet, for good.

    It may read ``readable`` and what Python itself needs, and read and write what is beneath
    ``writable``. What the kernel cannot take stays as it was: ``in_force`` tells.
    """
    if sys.platform != "linux":
        return
    kernel.drop_privileges()
    signals = True
    with suppress(OSError):
        landlock.restrict(rules(readable, writable))
        signals = landlock.version() < landlock.SIGNALS
    with suppress(OSError):
        seccomp.restrict(signals=signals)


def prepare() -> None:
    """Do what every ``confine`` would have to: for a process that is going to fork."""
    if sys.platform == "linux":
        shared()
