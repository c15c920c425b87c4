"""``verify``: replays what others submitted."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from pathlib import Path

import click

from engine.game import Game
from engine.scores.replay import bench, guard
from engine.scores.replay.executors import cluster, cores, local
from engine.scores.replay.replay import replay
from engine.scores.replay.ruling import Ruling, Rulings
from engine.scores.replay.settle import Settled, settle
from tui_debugger.commands.layout import width
from tui_debugger.commands.scores import (
    File,
    board_of,
    files_argument,
    format_option,
    out_option,
    publish,
    read,
)
from tui_debugger.commands.shared import NOT_SOLVED, QUIET, Maker, opened, say
from tui_debugger.plain import count, duration


@click.command()
@files_argument
@format_option
@out_option
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Fixes judged at a time; without it one for each core.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Judge on the Dask cluster there.")
@click.option(
    "--unconfined",
    is_flag=True,
    help="Run other people's code even where nothing keeps it from files and network.",
)
@click.option("--fresh", is_flag=True, help="Judge again what has been judged here before.")
@click.pass_obj
def verify(
    make: Maker,
    files: tuple[Path, ...],
    form: str | None,
    out: Path | None,
    workers: int | None,
    scheduler: str | None,
    unconfined: bool,
    fresh: bool,
) -> int:
    """Replay every fix of exports through the judge, and show what holds.

    Awards are worked out anew from what was replayed. A fix that does not hold is named on
    standard error and counts nothing; the exit code is then 1. What has been judged is kept, so
    the same command goes on where it was stopped. -o FILE.json writes a verified export.
    """
    with opened(make) as game:
        found, wrong = read(game, files)
        for sentence in wrong:
            say(sentence)
        rulings = Rulings(game.home.rulings, fresh=fresh)
        if scheduler:
            say("Each worker of the cluster looks for itself at what confines other people's code.")
            where: AbstractContextManager[Executor] = cluster(scheduler)
        else:
            _look_round(unconfined)
            where = local(workers or cores())
        judged = _replayed(game, found, rulings, where, unconfined)
        settled = _settled(game, found, judged)
        for sentence in settled[1]:
            say(sentence)
        publish(board_of(game, [one.card for one in settled[0]]), form, out)
    return NOT_SOLVED if wrong or settled[1] else QUIET


def _look_round(unconfined: bool) -> None:
    """Say what is in force. Raises Refused where that is not enough."""
    found = guard.in_force()
    for sentence in found.sentences:
        say(sentence)
    if not (found.complete or unconfined):
        raise bench.Refused(bench.UNGUARDED)


def _replayed(
    game: Game,
    found: Sequence[File],
    rulings: Rulings,
    where: AbstractContextManager[Executor],
    unconfined: bool,
) -> Mapping[str, Ruling]:
    levels = {level.id: level for level in game.levels}
    cards = [card for file in found for card in file.cards]
    meter = _Meter()
    try:
        with where as executor:
            seed = secrets.randbits(31)
            return replay(
                cards, levels, rulings, executor, seed, unconfined=unconfined, watch=meter
            )
    except KeyboardInterrupt:
        meter.clear()
        many = count(meter.total, "fix", "fixes")
        said = f"{meter.done} of {many} judged and kept" if meter.total else "nothing judged yet"
        say(f"Stopped: {said}; the same command goes on from there.")
        raise
    finally:
        meter.clear()


def _settled(
    game: Game, found: Sequence[File], judged: Mapping[str, Ruling]
) -> tuple[list[Settled], list[str]]:
    """What holds of every card, and a sentence for each fix that does not."""
    levels = {level.id: level for level in game.levels}
    settled: list[Settled] = []
    sentences: list[str] = []
    for file in found:
        for card in file.cards:
            one = settle(card, levels, judged)
            assert one is not None  # every fix has been judged
            settled.append(one)
            sentences += [f"{file.path}: {fault}" for fault in one.faults]
    return settled, sentences


class _Meter:
    """One line on a terminal that tells how far it is, and how long it may take."""

    def __init__(self) -> None:
        self.done = self.total = 0
        self._before = 0
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """So many of so many fixes have been judged."""
        if not self.total:
            self._before = done
        self.done, self.total = done, total
        if self._terminal:
            click.echo(f"\r\x1b[K{self._line()[: width() - 1]}", err=True, nl=False)

    def clear(self) -> None:
        """Take the line away."""
        if self._terminal:
            click.echo("\r\x1b[K", err=True, nl=False)

    def _line(self) -> str:
        line = f"[{self.done}/{self.total}] different fixes judged"
        fresh = self.done - self._before
        if fresh and self.done < self.total:
            spent = time.monotonic() - self._began
            left = spent / fresh * (self.total - self.done)
            line += f", about {duration(left)} left"
        return f"{line}; ctrl+c stops and keeps them" if self.done < self.total else line


COMMANDS = (verify,)
