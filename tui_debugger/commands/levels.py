"""``list``, ``start``, ``hint`` and ``reset``: what needs no code to be run."""

from __future__ import annotations

import os
from pathlib import Path

import click

from engine.hints import Kind, Rung
from engine.level import Level
from engine.scoring import Progress, total
from tui_debugger.commands import rendering
from tui_debugger.commands.shared import (
    QUIET,
    Maker,
    arguments,
    dir_option,
    json_option,
    level_argument,
    opened,
    print_json,
    say,
)
from tui_debugger.plain import points


@click.command("list")
@json_option
@click.pass_obj
def list_levels(make: Maker, as_json: bool) -> int:
    """The levels and the score."""
    with opened(make) as game:
        standings = {level.id: game.progress(level) for level in game.levels}
        score = total(tuple(standings.values()))
        if as_json:
            print_json(
                {
                    "levels": [_row(level, standings[level.id]) for level in game.levels],
                    "total": score,
                }
            )
        else:
            for line in rendering.levels(game.levels, standings):
                click.echo(line)
            most = sum(level.value for level in game.levels)
            click.echo(f"\n{score} of {most} points.")
    return QUIET


def _row(level: Level, standing: Progress) -> dict[str, object]:
    return {
        "number": level.number,
        "id": level.id,
        "title": level.title,
        "severity": level.file.severity,
        "category": level.file.category,
        "value": level.value,
        "status": standing.state,
        "award": standing.award,
    }


@click.command()
@level_argument
@dir_option
@click.option("--force", is_flag=True, help="Start afresh over edits; they are kept beside.")
@click.pass_obj
def start(make: Maker, level: str, folder: Path | None, force: bool) -> int:
    """Write the source of LEVEL and print its folder.

    The folder is the only thing on standard output, so this takes you there:

    \b
        cd "$(tui-debugger start 1)"
    """
    with opened(make) as game:
        found = game.catalog.find(level)
        try:
            kept = game.start(found, folder, force=force)
        finally:
            # Where work is refused it still is what the player wants to go to. As bytes, for a
            # folder's name need not be text.
            if game.workspace(found, folder).exists:
                click.echo(os.fsencode(game.workspace(found, folder).root))
        click.echo(rendering.brief(found), err=True)
        if kept:
            say(f"Your earlier work is in {kept}.")
        acts_on = arguments(found, folder)
        say(f"Next: tui-debugger probe {acts_on}, mend the source, tui-debugger submit {acts_on}")
    return QUIET


@click.command()
@level_argument
@dir_option
@click.pass_obj
def reset(make: Maker, level: str, folder: Path | None) -> int:
    """Bring LEVEL back to its start; the old work is kept beside it."""
    with opened(make) as game:
        found = game.catalog.find(level)
        kept = game.reset(found, folder)
        click.echo(f"{found.title} is back at its start.")
        click.echo(f"The old work is in {kept}." if kept else "Nothing had been edited.")
    return QUIET


@click.command()
@level_argument
@click.option("--take", is_flag=True, help="Take the next hint, at its price.")
@json_option
@click.pass_obj
def hint(make: Maker, level: str, take: bool, as_json: bool) -> int:
    """The hints of LEVEL that you have taken, and the price of the next.

    A hint is charged when the level is solved, and is free from then on. The last is the answer.
    """
    with opened(make) as game:
        found = game.catalog.find(level)
        if take:
            game.take_hint(found)
        taken = [rung for rung, readable in game.hints(found) if readable]
        coming = game.next_hint(found)
        worth = game.progress(found).worth
        price = worth - game.after_hint(found).worth
        if as_json:
            print_json(
                {
                    "hints": [_told(rung) for rung in taken],
                    "next": coming and {"title": coming.title, "cost": price},
                    "worth": worth,
                }
            )
            return QUIET
        for rung in taken:
            click.echo(rendering.rung(rung, found))
        click.echo(f"{found.title} is worth {worth} of {found.value} points.")
        click.echo(_offer(coming, price, found))
    return QUIET


def _told(rung: Rung) -> dict[str, object]:
    return {
        "title": rung.title,
        "text": rung.text.strip(),
        "cost": rung.cost,
        "holds": rung.holds,
        "probe": rung.probe,
    }


def _offer(coming: Rung | None, price: int, level: Level) -> str:
    if coming is None:
        return "Every hint is taken, the answer too."
    told = points(price) if price else "nothing"
    if price and coming.kind is Kind.ANSWER:
        told = f"all that could still be won, {told}"
    return f"Next: {coming.title}, for {told}: tui-debugger hint {level.number} --take"


COMMANDS = (list_levels, start, hint, reset)
