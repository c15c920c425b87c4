"""The seam at which the engine meets the sandbox; doubles fit here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.sandbox.messages import Ended, Event, Limits, Ready, Task


def ignore(event: Event) -> None:
    """For those who only want to know how it ended."""


class Runner(Protocol):
    """Runs tasks away from this process."""

    async def start(self) -> None:
        """Begin to load. Returns at once, and does nothing when that has been done.

        Raises SandboxError when no process can be started.
        """

    async def ready(self) -> Ready:
        """Wait until everything is loaded. Raises SandboxError when that fails."""

    async def run(
        self, task: Task, limits: Limits, on_event: Callable[[Event], None] = ignore
    ) -> Ended:
        """Run ``task`` and hand every event to ``on_event`` as it comes, the end as the last.

        Whatever the code under test does is told by the outcome, never raised. Cancelling the
        caller, or raising in ``on_event``, ends the job. Raises SandboxError when nothing can
        be run at all.
        """

    async def close(self) -> None:
        """End everything that runs. Whoever waits for a job is told that it was cancelled."""
