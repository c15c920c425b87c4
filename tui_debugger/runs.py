"""Runs of probes, the player's own too, one at a time: what happens is posted to the screen, under
the run's number."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.screen import Screen
from textual.worker import Worker

from engine.errors import GameError
from engine.game import ProbeRun
from engine.judging import Listener
from engine.sandbox.messages import Ended, Event
from tui_debugger.messages import RunEnded, RunEvent

Run = Callable[[Listener], Coroutine[Any, Any, ProbeRun | Ended]]
"""Runs something, telling a listener what happens."""


class Runs:
    """Posts ``RunEvent`` as a run goes on and ``RunEnded`` at its end."""

    def __init__(self, screen: Screen[Any]) -> None:
        self.screen = screen
        self.current = 0
        """The number of the latest run; what comes of an earlier one comes too late."""
        self._job: Worker[None] | None = None

    def begin(self, run: Run) -> None:
        """Begin ``run``."""
        self.current += 1
        # The app's own worker: a screen waits for its workers to end before it goes away.
        self._job = self.screen.app.run_worker(self._run(self.current, run))

    def cancel(self) -> None:
        """Stop the run, if there is one. It is over at once, whenever its process ends."""
        if self._job is not None and not self._job.is_finished:
            self._job.cancel()
            self.current += 1
            self.screen.post_message(RunEnded(self.current, None, "Cancelled."))

    async def _run(self, number: int, run: Run) -> None:
        post = self.screen.post_message

        def listen(event: Event) -> None:
            post(RunEvent(number, event))

        try:
            outcome = await run(listen)
        except GameError as error:
            post(RunEnded(number, None, str(error)))
        else:
            post(RunEnded(number, outcome))
