"""Submitting: the exam, its outcome, and where to go from there."""

from __future__ import annotations

import asyncio

from textual import work
from textual.binding import Binding, BindingType

from engine.errors import BadLevel
from engine.evidence import Fault
from engine.field import Note, notes
from engine.game import Submission
from engine.guide import Found, load
from tui_debugger import garbage
from tui_debugger.messages import GoTo
from tui_debugger.screens.judging import JudgingScreen
from tui_debugger.screens.level.part import LevelPart
from tui_debugger.screens.result import ResultScreen
from tui_debugger.tour import Deed

KEYS: list[BindingType] = [
    Binding("f9", "submit", "Submit", id="level.submit", tooltip="Level: Submit the code"),
]


UNTOUCHED = "This is the code as the incident left it: nothing to judge before you change it."
"""A submission of that could only fail, and would end what can be claimed."""


class Submitting(LevelPart):
    """The way from the code to a verdict and back."""

    @work(group="submit", exclusive=True)
    async def action_submit(self) -> None:
        """Have the code judged, then show the outcome; a run that goes on is cancelled for it."""
        if not await self.saved():
            return
        if not self.documents.any_edited:
            self.notify(UNTOUCHED, severity="warning")
            return
        if self.running:
            await self.halt()
        self.output.begin("Submitting")
        judging = JudgingScreen(self.game, self.level, self.output.take)
        submission = await self.app.push_screen_wait(judging)
        if submission is None:
            self.output.end("The submission was stopped.")
            return
        self.hear(Deed.SUBMITTED)
        await self._judged(submission)
        following = await asyncio.to_thread(self.game.following, self.level)
        result = ResultScreen(self.level, submission, following, *self._known(submission))
        outcome = await self.app.push_screen_wait(result)
        self.set_timer(garbage.QUIET, garbage.collect)
        match outcome:
            case "next":
                self.leave_for(following)
            case "levels":
                self.leave_for(None)
            case Fault(file=str(file), line=int(line)):
                self.post_message(GoTo(file, line))
            case _:
                self.focus_code()

    def _known(self, submission: Submission) -> tuple[Found | None, tuple[Note, ...]]:
        """What there is to tell of the bug, now that it is no secret any more."""
        if not submission.verdict.solved:
            return None, ()
        content = self.game.catalog.content
        guide = load(content)
        for sentence in guide.damage:
            self.complain(BadLevel(sentence))
        found = guide.entry(self.level, submission.after).found
        try:
            return found, notes(content, self.level.id)
        except BadLevel as error:
            self.complain(error)
            return found, ()

    async def _judged(self, submission: Submission) -> None:
        verdict = submission.verdict
        self.output.end(verdict.reason or "The exam is over.", verdict.fault)
        self.code.mark_faults([verdict.fault, *(check.fault for check in verdict.checks)])
        await self.hints.update()
        self.tell()
