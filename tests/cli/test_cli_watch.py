"""``watch``: a save is a reason to probe again, and so is enter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.evidence import Evidence, Status
from engine.game import Game, ProbeRun
from engine.sandbox.messages import Ended, Outcome
from engine.workspace import Workspace
from tests.cli.conftest import Terminal
from tui_debugger.commands.watch import Watching, saves, told

START = {"training/loss.py": "x = 1\n"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = Workspace(tmp_path / "work", START)
    found.ensure()
    return found


@pytest.mark.parametrize("poll", [False, True], ids=["events", "polling"])
async def test_a_save_with_another_text_is_told_and_one_without_is_not(
    workspace: Workspace, poll: bool
) -> None:
    told = saves(workspace, poll)
    first = asyncio.ensure_future(anext(told))
    number = 0
    while not first.done():  # until the watcher is up, saves go unseen
        number += 1
        workspace.write("training/loss.py", f"x = {number}\n")
        await asyncio.wait({first}, timeout=0.3)
    assert await first == "training/loss.py"
    (workspace.root / "notes.txt").write_text("not source")
    workspace.write("training/loss.py", f"x = {number}\n")
    second = asyncio.ensure_future(anext(told))
    await asyncio.sleep(0)
    workspace.write("training/new.py", "y = 1\n")
    assert "training/new.py" in await second
    await told.aclose()


async def test_a_save_ends_the_run_of_the_one_before(play: Terminal) -> None:
    game = play.game()
    level = game.catalog.find(1)
    game.open(level)
    runs: list[str] = []

    class Slow(Game):
        async def probe(self, *of: object, **how: object) -> ProbeRun:
            runs.append("begun")
            try:
                await asyncio.sleep(0 if len(runs) > 2 else 60)
            except asyncio.CancelledError:
                runs.append("ended")
                raise
            return ProbeRun((), Ended(Outcome.DONE))

    async def reasons() -> AsyncIterator[str]:
        while not runs:
            await asyncio.sleep(0)
        yield "loss.py"

    slow = Slow(game.home, game.catalog, game.sandbox)
    await Watching(slow, level, (), game.workspace(level)).go_on(reasons())
    slow.ledger.close()
    game.ledger.close()
    assert runs == ["begun", "ended", "begun"]


def test_what_came_out_differently_is_told() -> None:
    fires = Evidence("a.b", "a", Status.FIRES, "It is 3, not 1.")
    quiet = Evidence("a.b", "a", Status.QUIET, "Fine.")
    done = ProbeRun((quiet,), Ended(Outcome.DONE))
    assert "a.b: fires before, quiet now." in told(done, {"a.b": fires})
    assert told(done, {"a.b": quiet}) == ["\n0 fire, 1 quiet."]
    assert "It is 3, not 1." in told(ProbeRun((fires,), Ended(Outcome.DONE)), {})[0]
