"""Commands for those who write levels and probes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import click
import msgspec

from engine.catalog import Catalog
from engine.check import Problem
from engine.check import check as check_levels
from engine.matrix import Measured, document, measure
from engine.sandbox.client import Sandbox
from engine.workspace import write_atomically
from tui_debugger.commands.shared import NOT_SOLVED, QUIET, say

AUDIT = Path("docs/answer-key-audit.md"), Path("levels/answer_key/audit.json")


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
    found = [*catalog.damage, *map(str, problems)]
    for problem in found:
        click.echo(problem)
    click.echo(f"{len(levels)} levels checked on {seeds} seeds, {len(found)} problems.")
    return NOT_SOLVED if found else QUIET


@dev.command()
@click.option("--seeds", default=2, show_default=True, help="On how many seeds.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; compare.")
def matrix(seeds: int, only_check: bool) -> int:
    """Run every probe on every level, and write the detection matrix.

    Goes to docs/detection-matrix.md and to the pack's matrix.json, from the project's own folder.
    """
    levels = Catalog().levels

    async def whole() -> Measured:
        sandbox = Sandbox()
        try:
            return await measure(levels, sandbox, seeds, say)
        finally:
            await sandbox.close()

    measured = asyncio.run(whole())
    packed = msgspec.json.format(msgspec.json.encode(measured.matrix()), indent=1).decode() + "\n"
    pages = {
        Path("docs/detection-matrix.md"): document(measured),
        Path("levels/answer_key/matrix.json"): packed,
    }
    differ = [path for path, text in pages.items() if _text(path) != text]
    for path in differ:
        if not only_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, pages[path])
        click.echo(f"{path} {'differs' if only_check else 'written'}")
    if not differ:
        click.echo("The matrix is as it was.")
    return NOT_SOLVED if only_check and differ else QUIET


@dev.command()
@click.option("--check", "only_check", is_flag=True, help="Write nothing; compare.")
def audit(only_check: bool) -> int:
    """Put the answer key's claims to the test: about six minutes of training small models.

    Prints each with its outcome and figures, and writes docs/answer-key-audit.md and the pack's
    audit.json, from the project's own folder.
    """
    # A process of its own: it needs torch, which this program never imports.
    command = [sys.executable, "-m", "engine.lab.audit", *map(str, AUDIT)]
    ended = subprocess.run(command + ["--check"] * only_check, check=False)
    return ended.returncode


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


COMMANDS = (dev,)
