"""Runs of probes, one at a time: what happens is posted to the screen, under the run's number."""

from __future__ import annotations

from collections.abc import Sequence

from textual.screen import Screen
from textual.worker import Worker

from engine.errors import GameError
from engine.game import Game
from engine.level import Level
from tui_debugger.messages import ProbeEvent, RunEnded


class Runs:
    """Posts ``ProbeEvent`` as a run goes on and ``RunEnded`` at its end."""

    def __init__(self, screen: Screen[Level | None], game: Game, level: Level) -> None:
        self.screen = screen
        self.game = game
        self.level = level
        self.current = 0
        """The number of the latest run; what comes of an earlier one comes too late."""
        self._job: Worker[None] | None = None

    def begin(self, names: Sequence[str] | None) -> None:
        """Run these probes on the saved work, or all of them."""
        self.current += 1
        # The app's own worker: a screen waits for its workers to end before it goes away.
        self._job = self.screen.app.run_worker(self._run(self.current, names))

    def cancel(self) -> None:
        """Stop the run, if there is one. It is over at once, whenever its process ends."""
        if self._job is not None and not self._job.is_finished:
            self._job.cancel()
            self.current += 1
            self.screen.post_message(RunEnded(self.current, None, "Cancelled."))

    async def _run(self, run: int, names: Sequence[str] | None) -> None:
        post = self.screen.post_message
        try:
            outcome = await self.game.probe(
                self.level, names, on_event=lambda event: post(ProbeEvent(run, event))
            )
        except GameError as error:
            post(RunEnded(run, None, str(error)))
        else:
            post(RunEnded(run, outcome))
