"""``import``: a save from another machine, or a leaderboard for the game's own screen."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine import save
from engine.errors import BadSave, GameError
from engine.game import Game
from engine.scores.formats import EXPORTS
from tui_debugger.commands.scores import board_of, deliver, files_argument, read
from tui_debugger.commands.shared import MISUSE, NOT_SOLVED, QUIET, Maker, opened, say
from tui_debugger.plain import count


@click.command("import")
@files_argument
@click.option("--force", is_flag=True, help="Replace the save that is here without asking.")
@click.pass_obj
def import_files(make: Maker, files: tuple[Path, ...], force: bool) -> int:
    """Take over FILE: a whole save, or scores for the leaderboard in the game.

    `tui-debugger export --save FILE` writes a save. Where there is one already it is replaced only
    if you say so, and kept as a file. Scores, of one player or of many, take the place of the
    leaderboard that was imported before.
    """
    saves = [file for file in files if file.is_file() and save.is_save(file)]
    if saves and len(files) > 1:
        raise GameError("A save is imported by itself: give that one file alone.")
    with opened(make) as game:
        return _take(game, saves[0], force) if saves else _show(game, files)


def _take(game: Game, file: Path, force: bool) -> int:
    if not force and save.exists(game.home):
        question = f"There is a save in {game.home.data}. Replace it? It is kept as a file"
        if not sys.stdin.isatty():
            raise BadSave(f"There is a save in {game.home.data}; --force replaces it and keeps it.")
        if not click.confirm(question, err=True):
            return MISUSE
    kept = save.take(game.home, file)
    if kept:
        say(f"The save that was here is now {kept}.")
    say("Imported. `tui-debugger score` shows where you are.")
    return QUIET


def _show(game: Game, files: tuple[Path, ...]) -> int:
    found, wrong = read(game, files)
    for sentence in wrong:
        say(sentence)
    board = board_of(game, [card for file in found for card in file.cards])
    if board.rows:
        game.home.data.mkdir(parents=True, exist_ok=True)
        deliver(EXPORTS["json"](board), game.home.leaderboard)
        say(f"{count(len(board.rows), 'player')} on the leaderboard in the game.")
    return NOT_SOLVED if wrong else QUIET


COMMANDS = (import_files,)
