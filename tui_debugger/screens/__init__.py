"""The screens, each with its stylesheet beside it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class HoldsWork(Protocol):
    """A screen with work on it that has to be saved before the game is left."""

    @property
    def trouble(self) -> str:
        """Why the work could not be saved; empty where a question about it is open."""

    @property
    def is_mounted(self) -> bool:
        """Whether there is anything on it yet."""

    async def heard(self) -> None:
        """Wait until what has been typed so far belongs to the work."""

    async def leave(self) -> bool:
        """Save everything; False when something has to be decided first."""
