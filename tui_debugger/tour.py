"""The guided tour of a level: one thing to do at a time, and on when it has been done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What the tour waits for."""

    LOOKED = "looked at the probes"
    RAN = "ran probes"
    FIRED = "ran probes of which one fires"
    FOUND = "found one that fires"
    CITED = "cited it as evidence"
    CLAIMED = "claimed a line"
    EDITED = "changed the code"
    CHECKED = "ran probes after the change"
    SUBMITTED = "submitted"


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    deed: Deed
    """That ends it."""
    text: str
    """With ``{id}`` for the key of a command."""


STEPS = (
    Step(
        Deed.LOOKED,
        "An incident: what somebody saw, not what is wrong. Read the brief. Then press "
        "{level.probes} to see the probes, checks that you could run on any transformer.",
    ),
    Step(
        Deed.FIRED,
        "{level.run_all} runs them all on the live model. It takes a few seconds.",
    ),
    Step(
        Deed.FOUND,
        "✗ marks probes that fire: what they observed is not what arithmetic expects. "
        "{probes.next_firing} goes to the next of them, and its evidence stands below.",
    ),
    Step(
        Deed.CITED,
        "Observed against expected: that is your evidence. Which one says most with the least "
        "code involved? {probes.cite} cites it and leads to the code.",
    ),
    Step(
        Deed.CLAIMED,
        "Look for the line that could do this: {level.files} opens a file, {level.find} finds a "
        "text, {level.definition} leaps to a definition. With the cursor on it, {level.claim} "
        "claims it, for a bonus. Not sure? Go on and edit.",
    ),
    Step(
        Deed.EDITED,
        "Now mend the line. It is saved as you type; undo goes all the way back. Stuck? "
        "{level.hints} has hints, from vague to telling, for some of the points.",
    ),
    Step(Deed.CHECKED, "Does it still fire? {level.run_all} runs the probes on what you wrote."),
    Step(
        Deed.SUBMITTED,
        "{level.submit} submits: an exam over all of the code decides. Failing costs no points.",
    ),
)


class Tour:
    """How far along somebody is."""

    def __init__(self, steps: Sequence[Step] = STEPS, at: int = 0) -> None:
        """Of ``steps``, those before ``at`` have been taken."""
        self.steps = steps
        self.at = at
        self.heard = {step.deed for step in steps[:at]}

    @property
    def step(self) -> Step | None:
        """What is to be done now; None at the end."""
        return self.steps[self.at] if self.at < len(self.steps) else None

    def hear(self, deed: Deed) -> None:
        """Something was done; who is ahead of the tour is followed."""
        if deed is Deed.RAN and Deed.EDITED in self.heard:
            deed = Deed.CHECKED
        self.heard.add(deed)
        for at in range(self.at, len(self.steps)):
            if self.steps[at].deed is deed:
                self.at = at + 1
                return
