"""What the formats' own documents demand, written down as JSON Schema from their text."""

from __future__ import annotations

from typing import Any

_SCORE = {"type": "number", "multipleOf": 0.0001}
"""CTFtime: "Decimal up to 4 digits after delimiter"."""

CTFTIME: dict[str, Any] = {
    # https://ctftime.org/json-scoreboard-feed: the list of fields and "Maximum scoreboard"
    "type": "object",
    "properties": {
        "tasks": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "standings": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pos": {"type": "integer", "minimum": 1},
                    "team": {"type": "string", "minLength": 1},
                    "score": _SCORE,
                    "taskStats": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "properties": {
                                "points": _SCORE,
                                "time": {"type": "integer", "minimum": 0},
                            },
                            "additionalProperties": False,
                        },
                    },
                    "lastAccept": {"type": "integer", "minimum": 0},
                },
                # taskStats: "If this field [tasks] is specified, each team object must have" it
                "required": ["pos", "team", "score", "taskStats"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["tasks", "standings"],
    "additionalProperties": False,
}

_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?([+-]\d\d(:\d\d)?|Z)$"
"""ISO 8601 "with the following restrictions": milliseconds or none, and a zone."""
_RELATIVE = r"^-?\d+:[0-5]\d:[0-5]\d(\.\d{3})?$"
"""``(-)?(h)*h:mm:ss(.uuu)?``"""
_ID = r"^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,35}$"

CCS: dict[str, Any] = {
    # "Scoreboard" and "Contest state" in JSON_Format.md of https://github.com/icpc/ccs-specs,
    # for a contest with scoreboard_type "score"
    "type": "object",
    "properties": {
        "time": {"type": "string", "pattern": _TIME},
        "contest_time": {"type": "string", "pattern": _RELATIVE},
        "state": {
            "type": "object",
            "properties": {
                name: {"type": ["string", "null"], "pattern": _TIME}
                for name in ("started", "ended", "frozen", "thawed", "finalized", "end_of_updates")
            },
            "required": ["started", "ended", "finalized", "end_of_updates"],
            "additionalProperties": False,
        },
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "rank": {"type": "integer", "minimum": 1},
                    "team_id": {"type": "string", "pattern": _ID},
                    "score": {
                        "type": "object",
                        "properties": {
                            "score": {"type": "number"},
                            "time": {"type": ["string", "null"], "pattern": _RELATIVE},
                        },
                        "required": ["score", "time"],
                        "additionalProperties": False,
                    },
                    "problems": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "problem_id": {"type": "string", "pattern": _ID},
                                "num_judged": {"type": "integer", "minimum": 0},
                                "num_pending": {"type": "integer", "minimum": 0},
                                "score": {"type": "number", "minimum": 0},
                                "time": {"type": "string", "pattern": _RELATIVE},
                            },
                            "required": ["problem_id", "num_judged", "num_pending", "score"],
                            # "Required iff solved=true or score>0."
                            "if": {"properties": {"score": {"exclusiveMinimum": 0}}},
                            "then": {"required": ["time"]},
                            "else": {"not": {"required": ["time"]}},
                            "additionalProperties": False,
                        },
                    },
                },
                "required": ["rank", "team_id", "score"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["time", "contest_time", "state", "rows"],
    "additionalProperties": False,
}
