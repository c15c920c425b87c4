"""The game's own format of scores: JSON, versioned, with a schema that is published.

``tasks`` and ``standings`` are those of CTFtime's scoreboard feed
(https://ctftime.org/json-scoreboard-feed); ``solves`` add what a score can be checked by.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from engine.ledger import Deed

FORMAT: Final = "tui-debugger/score"
VERSION: Final = 1
SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"

LARGEST_FIX = 2 << 20
"""Characters of one diff: every line of a file of the largest size, taken out and put in again."""

Time = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Unix = Annotated[int, Meta(ge=0, le=1 << 40)]
"""Seconds since 1970, as CTFtime counts."""
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=200)]
Diff = Annotated[str, Meta(max_length=LARGEST_FIX)]


class TaskStat(Struct, frozen=True, forbid_unknown_fields=True):
    """What one player won in one level."""

    points: Count
    time: Unix


class Standing(Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """One player's row."""

    pos: Annotated[int, Meta(ge=1, le=1_000_000)]
    """From 1; equal scores share one, and the next is as many further down."""
    team: Name
    score: Count
    task_stats: dict[Text, TaskStat]
    """By the level's title."""
    last_accept: Unix | UnsetType = UNSET
    """When points were last won; left out where there are none."""


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One deed of the record, and when it was done."""

    at: Time
    deed: Deed


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """What the player said was wrong, before the first submission."""

    lines: Annotated[tuple[Text, ...], Meta(max_length=100)]
    """Of the level's start: ``file:line``, from 1."""
    category: Text
    probe: Text
    """The evidence."""
    right: bool | None
    """None before the level is solved."""
    bonus: Count
    """Points of the award that it has brought."""


class Solve(Struct, frozen=True, forbid_unknown_fields=True):
    """What one player won in one level, and the record from which that follows."""

    player: Name
    level: Text
    """The level's id."""
    title: Text
    award: Count
    value: Count
    """What the level pays without hints."""
    solved: bool
    """False where only some of the level's bugs are mended."""
    hints: Count
    """Rungs of the ladder taken."""
    claim: Claim | None
    """Null where none was made."""
    submissions: Count
    started_at: Time
    solved_at: Time | None
    gained_at: Time | None
    """When points were last won here."""
    fix: Diff
    """What was submitted last of all that mended something, against the level's start."""
    record: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=10_000)]
    """All that the points depend on, oldest first: every figure above is derived from it."""


class ScoreFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Scores of one player, or of many."""

    format: Literal["tui-debugger/score"]
    version: Literal[1]
    game: Text
    """The version of the game that wrote it."""
    exported_at: Time
    verified: bool
    """Written by ``verify`` after every fix was replayed. Proof only to whoever replayed them:
    anybody can write the word."""
    tasks: Annotated[tuple[Text, ...], Meta(max_length=1000)]
    standings: tuple[Standing, ...]
    solves: tuple[Solve, ...]


def encode(file: ScoreFile) -> str:
    """``file`` as ASCII text: no terminal and no encoding can take it amiss."""
    return f"{json.dumps(msgspec.to_builtins(file), indent=1, allow_nan=False)}\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of a score file."""
    made = msgspec.json.schema(ScoreFile)
    return {
        "$schema": SCHEMA_ID,
        "$comment": "What `tui-debugger export --schema` prints.",
        "title": f"{FORMAT}, version {VERSION}",
        **made,
    }
