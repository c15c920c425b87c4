"""``claim``: saying what is wrong before the first submission."""

from __future__ import annotations

from pathlib import Path

import click

from engine import claims
from engine.errors import GameError
from engine.game import Game
from engine.ledger import Line
from engine.level import Level
from tui_debugger.account import claim_account
from tui_debugger.commands.layout import wrapped
from tui_debugger.commands.shared import (
    QUIET,
    Maker,
    dir_option,
    json_option,
    level_argument,
    opened,
    print_json,
)
from tui_debugger.plain import points


@click.command()
@level_argument
@click.argument("lines", metavar="[FILE:LINE]...", nargs=-1)
@click.option("--category", help="What kind of bug it is.")
@click.option("--evidence", "probe", metavar="PROBE", help="A probe that has fired.")
@dir_option
@json_option
@click.pass_obj
def claim(
    make: Maker,
    level: str,
    lines: tuple[str, ...],
    category: str | None,
    probe: str | None,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Claim that these lines of your work in LEVEL are wrong; without any, what was claimed.

    One claim a level, before the first submission. It is judged when the level is solved: if its
    lines and its category are right, a fifth of the level's points comes on top.
    """
    with opened(make) as game:
        found = game.catalog.find(level)
        if lines:
            if category is None or probe is None:
                raise click.UsageError("A claim needs --category and --evidence")
            game.claim(found, [_place(line) for line in lines], category, probe, folder)
        if as_json:
            print_json(_told(game, found))
        else:
            for line in _said(game, found):
                click.echo(wrapped(line))
    return QUIET


def _place(told: str) -> tuple[str, int]:
    file, _, number = told.rpartition(":")
    if not file or not number.isdecimal():
        raise GameError(f"{told!r} is no place; write FILE:LINE, such as training/loss.py:12.")
    return file, int(number)


def _told(game: Game, level: Level) -> dict[str, object]:
    standing = game.progress(level)
    return {
        "claim": standing.claim,
        "right": standing.claim_right,
        "judged": standing.judged,
        "bonus": standing.bonus,
        "open": claims.refusal(level, game.ledger.entries(level.id)) == "",
    }


def _said(game: Game, level: Level) -> list[str]:
    standing = game.progress(level)
    if standing.claim is None:
        why = claims.refusal(level, game.ledger.entries(level.id))
        kinds = claims.categories(game.levels).items()
        named = [f"{name}: {kind}" if kind else name for name, kind in kinds]
        return [why] if why else ["No claim yet. Categories:", *named]
    told = sentence(standing.claim.lines, standing.claim.category, standing.claim.probe)
    match standing.claim_right:
        case None:
            return [told, "It is judged when the level is solved."]
        case True:
            return [told, f"It was right: +{points(standing.bonus)}."]
        case False:
            parts = claim_account(level, standing)
            rows = [f"{'✓' if right else '✗'} {said}" for right, said in parts]
            return ["The claim was not right in all of its parts:", *rows]


def sentence(lines: tuple[Line, ...], category: str, probe: str) -> str:
    """A claim in words."""
    places = ", ".join(f"{line.file}:{line.number}" for line in lines)
    return f"Claimed: {places}, {category}, on the evidence of {probe}."


COMMANDS = (claim,)
