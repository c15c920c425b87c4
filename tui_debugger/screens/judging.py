"""A submission on its way: how far the exam is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import Worker

from engine.errors import GameError
from engine.game import Game, Submission
from engine.level import Level
from engine.sandbox.messages import Ended, Event, Printed, Progress
from tui_debugger.keys import key
from tui_debugger.text import MUTED, one_line

BAR = 40
REDRAW_EVERY = 0.1
"""Seconds between two drawings of how far the exam is."""


class JudgingScreen(ModalScreen[Submission | None]):
    """Returns the submission once it is judged; None when it was stopped or could not begin."""

    CSS_PATH = "judging.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", id="judging.stop", tooltip="Submission: Stop it"),
    ]

    step = getters.query_one("#step", Static)
    bar = getters.query_one("#bar", Static)

    def __init__(self, game: Game, level: Level, on_printed: Callable[[Printed], None]) -> None:
        super().__init__()
        self.game = game
        self.level = level
        self.on_printed = on_printed
        self._job: Worker[None] | None = None
        self._latest: tuple[str, int, int] | None = None
        """What is to be drawn next."""

    def compose(self) -> ComposeResult:
        with Vertical(id="judging"):
            yield Static("Your code sits the exam", id="judging-title", markup=False)
            yield Static("waiting for the lab…", id="step", markup=False)
            yield Static(id="bar", markup=False)
            yield Static(self._stops(), id="judging-help", markup=False)

    def on_mount(self) -> None:
        self._show(0, 1)
        self.set_interval(REDRAW_EVERY, self._draw)
        # The app's own worker: a screen waits for its workers to end before it goes away.
        self._job = self.app.run_worker(self._judge())

    def action_stop(self) -> None:
        """Stop the exam."""
        self._stop()
        self.dismiss(None)

    def on_unmount(self) -> None:
        self._stop()

    def _stops(self) -> str:
        return f"{key(self, 'judging.stop')} stops it: nothing is recorded then"

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    async def _judge(self) -> None:
        try:
            submission = await self.game.submit(self.level, on_event=self._hear)
        except GameError as error:
            self.notify(one_line(str(error)), severity="error", markup=False)
            self.dismiss(None)
        else:
            self.dismiss(submission)

    def _hear(self, event: Event) -> None:
        # Called on the event loop, by the worker that awaits the sandbox.
        match event:
            case Progress(done=done, total=total):
                self._latest = f"asking question {min(done + 1, total)} of {total}", done, total
            case Printed():
                self.on_printed(event)
            case Ended():
                self._latest = "comparing the answers…", 1, 1
            case _:
                pass

    def _draw(self) -> None:
        # Questions are answered faster than the screen can follow.
        if self._latest is not None:
            (step, done, total), self._latest = self._latest, None
            self.step.update(step, layout=False)
            self._show(done, total)

    def _show(self, done: int, total: int) -> None:
        full = BAR * done // max(total, 1)
        rest = BAR - full
        bar = Content.assemble(("━" * full, "$text-success"), ("─" * rest, MUTED))
        self.bar.update(bar, layout=False)
