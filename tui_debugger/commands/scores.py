"""``score``, ``export`` and ``leaderboard``: what was won, by one player or by many."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from engine import save
from engine.errors import BadExport, GameError
from engine.game import Game
from engine.scores.cards import Board, Card, card, standings
from engine.scores.document import schema
from engine.scores.formats import BOARDS, EXPORTS
from engine.scores.names import fault, tidy
from engine.scores.own import LevelScore, Score, score
from engine.scores.reading import Reader
from engine.scores.replay.ruling import Rulings
from engine.scores.replay.settle import proven
from engine.workspace import write_atomically
from tui_debugger.commands.layout import columns, width
from tui_debugger.commands.shared import (
    NOT_SOLVED,
    QUIET,
    Maker,
    json_option,
    opened,
    print_json,
    say,
)
from tui_debugger.plain import claimed, count, duration
from tui_debugger.settings import Memory

out_option = click.option(
    "-o",
    "--output",
    "out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write FILE, whole or not at all, in place of standard output.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(list(BOARDS)),
    help="What export writes, or Markdown, or one HTML page; without it a table in the terminal.",
)
files_argument = click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)


@click.command("score")
@json_option
@click.pass_obj
def show_score(make: Maker, as_json: bool) -> int:
    """Your score: each level, the total, and how it came about."""
    with opened(make) as game:
        mine = score(game.levels, game.ledger.entries())
    if as_json:
        print_json(_score(mine))
        return QUIET
    rows: list[tuple[str, ...]] = [
        ("#", "Level", "Points", "Hints", "Claim", "Submissions", "Time", "Status")
    ]
    rows += [_row(row) for row in mine.levels]
    for lines in columns(rows, width()):
        click.echo("\n".join(lines))
    click.echo(f"\n{mine.points} of {mine.value} points.")
    for won in mine.course:
        when = f"{won.at.astimezone():%Y-%m-%d %H:%M}"
        click.echo(f"{when}  {f'+{won.points}':>5}  {won.total:>5}  {won.level.title}")
    return QUIET


def _row(row: LevelScore) -> tuple[str, ...]:
    level, standing = row.level, row.standing
    return (
        str(level.number),
        level.title,
        f"{standing.award}/{level.value}",
        str(standing.hints),
        claimed(standing),
        str(standing.submissions),
        "" if row.time is None else duration(row.time),
        standing.state,
    )


def _score(mine: Score) -> dict[str, object]:
    return {
        "levels": [
            {
                "id": row.level.id,
                "award": row.standing.award,
                "value": row.level.value,
                "hints": row.standing.hints,
                "claim": row.standing.claim
                and {"right": row.standing.claim_right, "bonus": row.standing.bonus},
                "submissions": row.standing.submissions,
                "seconds": None if row.time is None else row.time // timedelta(seconds=1),
                "status": row.standing.state,
            }
            for row in mine.levels
        ],
        "total": mine.points,
        "value": mine.value,
        "course": [
            {"at": won.at, "level": won.level.id, "points": won.points, "total": won.total}
            for won in mine.course
        ],
    }


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(EXPORTS)),
    default="json",
    show_default=True,
    help="The game's own JSON, a table, CTFtime's feed, CTFd's table, the ICPC Contest API.",
)
@out_option
@click.option("--player", metavar="NAME", help="Who you are; kept for the next time.")
@click.option(
    "--save",
    "whole",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write your whole save to FILE, to `import` it on another machine.",
)
@click.option("--schema", "only_schema", is_flag=True, help="Print the JSON Schema of json.")
@click.pass_obj
def export(
    make: Maker,
    form: str,
    out: Path | None,
    player: str | None,
    whole: Path | None,
    only_schema: bool,
) -> int:
    """Your score as a file for others.

    json holds your fixes and what you did, so that `tui-debugger verify` can replay them.
    """
    if only_schema:
        print_json(schema())
        return QUIET
    with opened(make) as game:
        if whole is not None:
            save.write(game.home, whole)
            say(f"Written to {whole}; there: tui-debugger import {shlex.quote(whole.name)}")
            return QUIET
        name = _player(game, player)
        board = board_of(game, [card(name, game.levels, game.ledger.entries())])
    deliver(EXPORTS[form](board), out)
    return QUIET


def _player(game: Game, given: str | None) -> str:
    """The player's name: as given, as kept, or as asked for. Raises GameError."""
    memory = Memory(game.home.settings)
    name = memory.settings.player if given is None else tidy(given)
    if not name and given is None and sys.stdin.isatty():
        name = tidy(click.prompt("Your name on the leaderboard", err=True))
    if not name and given is None:
        raise GameError("Say who you are: --player NAME. The name is kept for the next time.")
    if wrong := fault(name):
        raise GameError(f"A player's name {wrong}; choose another with --player NAME.")
    memory.call_player(name)
    if notice := memory.take_notice():
        say(notice)
    return name


@click.command()
@files_argument
@format_option
@out_option
@click.pass_obj
def leaderboard(make: Maker, files: tuple[Path, ...], form: str | None, out: Path | None) -> int:
    """Merge exports into standings.

    The best of several exports of a player counts, and equal scores share a rank. Verified are
    those whose fixes this machine has replayed: see `tui-debugger verify`. A file that is no
    export is named on standard error, and the others count; the exit code is then 1.
    """
    with opened(make) as game:
        found, wrong = read(game, files)
        for sentence in wrong:
            say(sentence)
        known = Rulings(game.home.rulings).known
        levels = {level.id: level for level in game.levels}
        cards = [card for file in found for card in file.cards]
        publish(board_of(game, [proven(card, levels, known) for card in cards]), form, out)
    return NOT_SOLVED if wrong else QUIET


@dataclass(frozen=True)
class File:
    """A file of exports, and the players in it."""

    path: Path
    cards: tuple[Card, ...]


def read(game: Game, paths: Sequence[Path]) -> tuple[list[File], list[str]]:
    """What is in the files, and a sentence for each that is no export."""
    reader = Reader(game.levels)
    files: list[File] = []
    wrong: list[str] = []
    for path in paths:
        try:
            files.append(File(path, reader.read(path)))
        except BadExport as error:
            wrong.append(str(error))
    return files, wrong


def board_of(game: Game, cards: Iterable[Card]) -> Board:
    """The standings, now."""
    return Board(standings(cards), game.levels, datetime.now(UTC))


def publish(board: Board, form: str | None, out: Path | None) -> None:
    """Show the board as a table, or write it in that form, or in the one that the file asks for."""
    if form is None and out is None:
        show(board)
    else:
        deliver(BOARDS[form or _form_of(out)](board), out)


def show(board: Board) -> None:
    """The standings as a table that fits the terminal."""
    # Not with the command line: it starts without anything that draws.
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("Rank", "Player", "Points", "Solved", "Last gain (UTC)", "Verified"):
        right = name in ("Rank", "Points", "Solved")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in board.rows:
        one = row.card
        verified = "yes" if one.verified else "no"
        cells = (row.rank, one.player, one.score, one.solved, one.last_gain, verified)
        table.add_row(*(Text(str(cell)) for cell in cells))
    console = Console(width=width(), no_color=bool(os.environ.get("NO_COLOR")))
    with console.capture() as drawn:
        console.print(table)
    click.echo(drawn.get())
    click.echo(f"{count(len(board.rows), 'player')}.")


def deliver(text: str, out: Path | None) -> None:
    """Write ``text`` to ``out``, whole or not at all; to standard output without one."""
    if out is None:
        click.echo(text.encode(), nl=False)  # as bytes: CSV has its own line ends
        return
    try:
        write_atomically(out, text)
    except OSError as error:
        raise GameError(f"{out} cannot be written: {error.strerror}.") from None
    say(f"Written to {out}.")


def _form_of(out: Path | None) -> str:
    """The format that a file's name asks for."""
    suffixes = {".html": "html", ".md": "markdown", ".csv": "csv"}
    return suffixes.get(out.suffix.lower() if out else "", "json")


COMMANDS = (show_score, export, leaderboard)
