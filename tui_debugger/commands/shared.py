"""What the commands have in common: the game they act on, their options, JSON."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from engine.game import Game
from engine.level import Level
from tui_debugger.plain import one_line

T = TypeVar("T")

Maker = Callable[[], Game]
"""Makes the game that a command acts on: the object of the click context."""

QUIET, NOT_SOLVED, MISUSE, BROKEN = range(4)
"""The exit codes."""

level_argument = click.argument("level")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)
dir_option = click.option(
    "--dir",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder of your own in place of the game's.",
)


@contextmanager
def opened(make: Maker) -> Iterator[Game]:
    """The game, for a command that runs no code."""
    game = make()
    try:
        for notice in game.notices:
            say(notice)
        yield game
    finally:
        game.ledger.close()


def run(make: Maker, use: Callable[[Game], Awaitable[T]]) -> T:
    """What ``use`` makes of the game; whatever still runs afterwards is ended."""

    async def whole() -> T:
        with opened(make) as game:
            try:
                return await use(game)
            finally:
                await game.close()

    return see_through(whole())


def see_through(work: Coroutine[Any, Any, T]) -> T:
    """What comes of ``work``, which gets to clean up when the program is asked to end."""
    with _tidy_end():
        return asyncio.run(work)


@contextmanager
def _tidy_end() -> Iterator[None]:
    """Let a request to end, such as that of ``timeout``, clean up as an interrupt does."""

    def leave(number: int, frame: object) -> None:
        sys.exit(128 + number)

    requests = [signal.SIGTERM] if sys.platform == "win32" else [signal.SIGTERM, signal.SIGHUP]
    requests = [request for request in requests if signal.getsignal(request) is signal.SIG_DFL]
    for request in requests:
        signal.signal(request, leave)
    try:
        yield
    finally:
        for request in requests:
            signal.signal(request, signal.SIG_DFL)


def say(text: str) -> None:
    """One line beside the result, on standard error."""
    click.echo(one_line(text), err=True)


def print_json(result: dict[str, Any]) -> None:
    """One object, in ASCII: no terminal and no encoding can take it amiss."""
    click.echo(json.dumps(msgspec.to_builtins(result), indent=2, allow_nan=False))


def arguments(level: Level, folder: Path | None) -> str:
    """What other commands take to act on the same work."""
    return (
        str(level.number) if folder is None else f"{level.number} --dir {shlex.quote(str(folder))}"
    )
