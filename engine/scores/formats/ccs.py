"""The scoreboard of a contest control system, as the ICPC Contest API has it.

"Scoreboard" in JSON_Format.md and json-schema/scoreboard.json, https://github.com/icpc/ccs-specs,
version 2026-01, for contests whose ``scoreboard_type`` is ``score``. The contest has begun when
the first of its players did.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.ledger import Submitted
from engine.scores.cards import Board, Row
from engine.scores.document import Solve
from engine.scores.names import key

_ID = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,34}[A-Za-z0-9_-])?", re.ASCII)
"""An identifier, at most 36 characters: "JSON property types"."""
_HASHED = re.compile(r".*-[0-9a-f]{16}")


def ccs(board: Board) -> str:
    """The scoreboard; rows of one rank stand in the order of their names, as is asked there."""
    starts = [solve.started_at for row in board.rows for solve in row.card.solves]
    started = min(starts, default=None)
    since = started or board.at
    rows = sorted(board.rows, key=lambda row: (row.rank, key(row.card.player)))
    state = dict.fromkeys(("started", "ended", "frozen", "thawed", "finalized", "end_of_updates"))
    made = {
        "time": _time(board.at),
        "contest_time": _relative(board.at - since),
        "state": state | {"started": _time(started) if started else None},
        "rows": [_row(row, since) for row in rows],
    }
    return f"{json.dumps(made, indent=1)}\n"


def team_id(name: str) -> str:
    """An identifier for a player: the name where it is one, else what is left of it and a hash."""
    if _ID.fullmatch(name) and not _HASHED.fullmatch(name):
        return name
    word = re.sub(r"[^A-Za-z0-9_]+", "-", name)[:19].strip("-") or "player"
    return f"{word}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _row(row: Row, since: datetime) -> dict[str, Any]:
    last = row.card.gained_at
    return {
        "rank": row.rank,
        "team_id": team_id(row.card.player),
        "score": {
            "score": row.card.score,
            "time": _relative(last - since) if last else None,
        },
        "problems": [_problem(solve, since) for solve in row.card.solves],
    }


def _problem(solve: Solve, since: datetime) -> dict[str, Any]:
    told = {
        "problem_id": solve.level,
        "num_judged": _judged(solve),
        "num_pending": 0,
        "score": solve.award,
    }
    return told | ({"time": _relative(solve.gained_at - since)} if solve.gained_at else {})


def _judged(solve: Solve) -> int:
    """Submissions up to the first correct one."""
    judged = 0
    for step in solve.record:
        if isinstance(step.deed, Submitted):
            judged += 1
            if step.deed.solved:
                break
    return judged


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _relative(span: timedelta) -> str:
    """``h:mm:ss.uuu``; what a clock that was set back shows as earlier counts as the start."""
    milliseconds = max(0, span // timedelta(milliseconds=1))
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
