"""What confines the code under test on this machine, as found by trying."""

from __future__ import annotations

from msgspec import Struct


class Protection(Struct, frozen=True):
    """One of the things that code under test must not get at."""

    holds: bool
    sentence: str
    """What is kept from it; or what it can do, and what is missing."""


class Confinement(Struct, frozen=True):
    """Each protection, tried in a process that was confined as a submission is."""

    files: Protection
    """Of this user, outside the folders that a submission is given."""
    network: Protection
    """Sockets of every kind, local services among them."""
    processes: Protection
    """Signals to others, their memory and their limits."""

    @property
    def complete(self) -> bool:
        """Whether all of them hold: then even a stranger's code may be run."""
        return self.files.holds and self.network.holds and self.processes.holds
