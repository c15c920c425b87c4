"""CTFtime's scoreboard feed, as https://ctftime.org/json-scoreboard-feed describes it."""

from __future__ import annotations

import json

import msgspec

from engine.scores.cards import Board, document


def ctftime(board: Board) -> str:
    """The feed for a Jeopardy with all its fields: ``tasks`` and ``standings``.

    Letters beyond ASCII are written as \\uXXXX, which the page asks for.
    """
    feed = msgspec.to_builtins(document(board))
    return f"{json.dumps({key: feed[key] for key in ('tasks', 'standings')}, indent=1)}\n"
