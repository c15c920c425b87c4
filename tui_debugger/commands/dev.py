"""Commands for those who write levels and probes."""

from __future__ import annotations

import asyncio

import click

from engine.catalog import Catalog
from engine.check import Problem
from engine.check import check as check_levels
from engine.sandbox.client import Sandbox
from tui_debugger.commands.shared import NOT_SOLVED, QUIET, say


@click.group(short_help="For authors of levels and probes.")
def dev() -> None:
    """For those who write levels and probes."""


@dev.command()
@click.argument("names", metavar="[LEVEL]...", nargs=-1)
@click.option("--seeds", default=3, show_default=True, help="On how many seeds.")
def check(names: tuple[str, ...], seeds: int) -> int:
    """Prove that levels keep their promises: the named ones, or all.

    Each starts unsolved, its answer solves it, its probes fire, its edits stand exactly once, and
    nothing in it spoils the solution.
    """
    catalog = Catalog()
    levels = [catalog.find(name) for name in names] or list(catalog.levels)

    async def whole() -> tuple[Problem, ...]:
        sandbox = Sandbox()
        try:
            return await check_levels(levels, sandbox, range(seeds), say)
        finally:
            await sandbox.close()

    problems = asyncio.run(whole())
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(levels)} levels checked on {seeds} seeds, {len(problems)} problems.")
    return NOT_SOLVED if problems else QUIET
