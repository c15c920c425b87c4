"""``watch``: probes again whenever a file of the level is saved, in any editor."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path

import click

from engine.evidence import Evidence, Status
from engine.game import Game, ProbeRun
from engine.level import Level
from engine.workspace import Workspace
from tui_debugger.commands import rendering
from tui_debugger.commands.layout import wrapped
from tui_debugger.commands.shared import QUIET, Maker, dir_option, level_argument, run, say
from tui_debugger.commands.watching import Watch
from tui_debugger.on_disk import written

AGAIN = "Enter probes again; q and enter ends it."


@click.command()
@level_argument
@click.argument("names", metavar="[NAME]...", nargs=-1)
@dir_option
@click.option("--slow", is_flag=True, help="The probes that train too.")
@click.option("--poll", is_flag=True, help="Look every second, where file events do not arrive.")
@click.pass_obj
def watch(
    make: Maker, level: str, names: tuple[str, ...], folder: Path | None, slow: bool, poll: bool
) -> int:
    """Probe your work in LEVEL again whenever a file of it is saved, in any editor.

    Tells what fires, and what came out differently than the time before. Enter probes again at
    any time; ctrl+c, or q and enter, ends it.
    """

    async def use(game: Game) -> None:
        found = game.catalog.find(level)
        workspace = game.workspace(found, folder)
        workspace.require() if folder else workspace.ensure()
        chosen = names or tuple(i.name for i in await game.catalogue() if slow or not i.slow)
        say(f"Watching {workspace.root}")
        say(AGAIN)
        await Watching(game, found, chosen, workspace).go_on(saves(workspace, poll))

    run(make, use)
    return QUIET


class Watching:
    """Runs probes for each reason to, the latest only: a save ends the run of the one before."""

    def __init__(
        self, game: Game, level: Level, names: Sequence[str], workspace: Workspace
    ) -> None:
        self.game = game
        self.level = level
        self.names = names
        self.workspace = workspace
        self.before: dict[str, Evidence] = {}

    async def go_on(self, reasons: AsyncIterator[str]) -> None:
        """Probe now, and then for every one of ``reasons``."""
        job = asyncio.create_task(self._probe())
        try:
            async for reason in reasons:
                await _end(job)
                say(f"{reason}: probing again.")
                job = asyncio.create_task(self._probe())
            await job
        finally:
            await _end(job)

    async def _probe(self) -> None:
        with Watch(show_evidence=False) as progress:
            done = await self.game.probe(
                self.level, self.names, root=self.workspace.root, on_event=progress
            )
        for line in told(done, self.before):
            click.echo(line)
        self.before = {item.probe: item for item in done.evidence}


async def _end(job: asyncio.Task[None]) -> None:
    if job.done():
        job.result()
    job.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await job


def told(done: ProbeRun, before: dict[str, Evidence]) -> list[str]:
    """What fires, what came out differently than ``before``, and the counts."""
    lines = [
        rendering.evidence(item)
        for item in done.evidence
        if item.status in (Status.FIRES, Status.FAILED)
    ]
    for item in done.evidence:
        then = before.get(item.probe)
        if then is not None and then.status is not item.status:
            lines.append(wrapped(f"{item.probe}: {then.status} before, {item.status} now."))
    return [*lines, rendering.probe_run(done)]


async def saves(workspace: Workspace, poll: bool) -> AsyncGenerator[str, None]:
    """The level's files as they are saved with another text, and enter as it is pressed."""
    reasons: asyncio.Queue[str | None] = asyncio.Queue()
    jobs = [asyncio.create_task(_changes(workspace, poll, reasons.put_nowait))]
    if sys.stdin.isatty():
        asyncio.get_running_loop().add_reader(sys.stdin, _pressed, reasons.put_nowait)
    try:
        while (reason := await reasons.get()) is not None:
            yield reason
    finally:
        if sys.stdin.isatty():
            asyncio.get_running_loop().remove_reader(sys.stdin)
        for job in jobs:
            job.cancel()


def _pressed(put: Callable[[str | None], None]) -> None:
    line = sys.stdin.readline()
    put(None if not line or line.strip().lower() == "q" else "Asked for")


async def _changes(workspace: Workspace, poll: bool, put: Callable[[str | None], None]) -> None:
    texts = _texts(workspace)
    async for _ in written(workspace.root, say, poll=poll):
        now = _texts(workspace)
        changed = [file for file in {*texts, *now} if texts.get(file) != now.get(file)]
        texts = now
        if changed:
            put(", ".join(sorted(changed)))


def _texts(workspace: Workspace) -> dict[str, bytes]:
    packages = {file.partition("/")[0] for file in workspace.files}
    return {
        path.relative_to(workspace.root).as_posix(): path.read_bytes()
        for package in packages
        for path in (workspace.root / package).rglob("*.py")
        if path.is_file()
    }


COMMANDS = (watch,)
