"""How a submission is judged: the code answers in one process, another compares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.errors import SandboxError
from engine.sandbox.messages import Answer, Event, Judge, Judged, Limits, Outcome
from engine.sandbox.runner import Runner, ignore
from engine.verdict import Verdict

EXAM_LIMITS = Limits(seconds=10.0)
"""The exam takes well under a second; ten are for slow machines."""
REFEREE_LIMITS = Limits(seconds=60.0)
"""The referee runs our own code only."""

Listener = Callable[[Event], None]


async def verdict_on(
    sandbox: Runner, source: Path, seed: int, scratch: Path, on_event: Listener = ignore
) -> Verdict:
    """The verdict on the code under ``source``, on exam inputs drawn from ``seed``.

    ``scratch`` is a folder for the answers on their way from one process to the other. Raises
    SandboxError when the referee itself fails: that is never held against the player.
    """
    answers = str(scratch / "answers.safetensors")
    ended = await sandbox.run(Answer(str(source), answers, seed), EXAM_LIMITS, on_event)
    if ended.outcome is not Outcome.DONE:
        return Verdict(False, (), ended.sentence, ended.fault, seed)
    verdicts: list[Verdict] = []

    def listen(event: Event) -> None:
        if isinstance(event, Judged):
            verdicts.append(event.verdict)

    ended = await sandbox.run(Judge(answers, seed), REFEREE_LIMITS, listen)
    if not verdicts:
        raise SandboxError(f"The referee gave no verdict; submit again. {ended.sentence}".strip())
    return verdicts[-1]
