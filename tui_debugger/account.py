"""How the points of a submission came about, and how a claim was judged, line by line."""

from __future__ import annotations

from engine.game import Submission
from engine.level import Level
from engine.scoring import FLOOR_SHARE, Progress, State
from tui_debugger.plain import points


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
    won = submission.gained - submission.bonus
    charged = new * share - won
    if charged:
        bill.append(("Hints taken", f"−{charged}"))
    floor = new * (share * FLOOR_SHARE[0] // FLOOR_SHARE[1])
    if charged and won == floor:
        bill.append(("Never less than a tenth", f"{floor}"))
    if submission.bonus:
        bill.append(("Your claim was right", f"+{submission.bonus}"))
    bill.append(("Won", f"+{submission.gained}"))
    return tuple(bill)


def claim_account(level: Level, standing: Progress) -> tuple[tuple[bool, str], ...]:
    """What was claimed, part by part, and whether it was right; empty before it is judged."""
    claim, judged = standing.claim, standing.judged
    if claim is None or judged is None:
        return ()
    lines = [f"{line.file}:{line.number}" for line in claim.lines]
    if not all(judged.lines):
        file, number = level.places()[0]
        lines[-1] += f"; it was {file}:{number}"
    return (
        *zip(judged.lines, lines, strict=True),
        (judged.category, f"{claim.category}{_kind(level, claim.category, judged.category)}"),
        (judged.evidence, f"on the evidence of {claim.probe}"),
    )


def _kind(level: Level, claimed: str, right: bool) -> str:
    """What there is to add to the category that was claimed."""
    listed = level.file.category
    if not right:
        return f"; it was {listed}"
    return "" if claimed == listed else f"; {listed}, as the levels say, is as right"
