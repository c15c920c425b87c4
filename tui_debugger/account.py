"""How the points of a submission came about, as lines of a bill."""

from __future__ import annotations

from engine.game import Submission
from engine.level import Level
from engine.scoring import FLOOR_SHARE, State
from tui_debugger.text import points


def account(level: Level, submission: Submission) -> tuple[tuple[str, str], ...]:
    """What was counted, and how much it is."""
    parts = len(level.parts)
    share = level.value // parts
    new = len(submission.newly_mended)
    if submission.before.state is State.REVEALED or submission.after.state is State.REVEALED:
        return (("The answer had been taken", "0"),)
    if not new:
        return (("Won before", points(submission.after.award)),)
    if parts == 1:
        bill = [("Value of the level", f"{share}")]
    else:
        bill = [(f"{new} mended now, {share} each", f"{new * share}")]
    charged = new * share - submission.gained
    if charged:
        bill.append(("Hints taken", f"−{charged}"))
    floor = new * (share * FLOOR_SHARE[0] // FLOOR_SHARE[1])
    if charged and submission.gained == floor:
        bill.append(("Never less than a tenth", f"{floor}"))
    bill.append(("Won", f"+{submission.gained}"))
    return tuple(bill)
