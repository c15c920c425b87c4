"""Whether a stranger's code may run here: what confines it, and what to say where nothing does."""

from __future__ import annotations

from msgspec import Struct

from engine.sandbox import confinement


class Guard(Struct, frozen=True):
    """What confines code under test on this machine."""

    complete: bool
    """Whether it is kept from files, network and other processes."""
    sentences: tuple[str, ...]
    """What is in force, or what is missing."""


def in_force() -> Guard:
    """What the sandbox can confine here, as found by trying. Takes a moment."""
    found = confinement.in_force()
    kept = {"Files": found.files, "Network": found.network, "Processes": found.processes}
    said = tuple(f"{name}: {kept[name].sentence}" for name in kept)
    return Guard(found.complete, said)
