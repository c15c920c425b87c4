"""Killed at any moment, two hundred times: nothing that was recorded is lost.

170 kills hit a small process that appends to the real ledger and saves through the real documents
and workspace, two at a time on one home, for what costs time in a kill is the start of a process.
10 each hit the real game in a pseudo-terminal with somebody typing, the real server in the middle
of jobs, and the real child of such a server. The seed of the random moments is in each assertion.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.game import Game
from engine.home import Home
from engine.ledger import HintTaken, Ledger, Probed
from engine.sandbox.client import Sandbox
from engine.sandbox.messages import Event, ProbeStarted
from engine.workspace import Workspace
from tests.robustness.game import LEVEL, START, home

if sys.platform == "win32":
    pytest.skip("Windows has no SIGKILL", allow_module_level=True)
import pexpect

from tests.pseudo_terminal import Terminal

ROOT = Path(__file__).parents[2]
PAIRS, TYPED, SERVERS, CHILDREN = 85, 10, 10, 10
LOOSE = 2.0
"""Seconds of typing that a kill may cost."""


@pytest.fixture
def seed() -> int:
    return random.SystemRandom().randrange(1 << 32)


def start(folder: Path, player: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.robustness.game", str(folder), str(player)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)


def told(player: subprocess.Popen[str]) -> int:
    """How many more entries it had said were recorded when it was killed."""
    assert player.stdout is not None
    said = player.stdout.read()
    player.stdout.close()
    player.wait()
    return said.count("\n")  # a line cut short was not said


def seen(player: subprocess.Popen[str], entries: int) -> int:
    """Wait until it has said that so many entries are recorded; that many."""
    assert player.stdout is not None
    for _ in range(entries + 1):
        assert player.stdout.readline()
    return entries


@pytest.mark.timeout(600)
def test_two_games_on_one_home_are_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    recorded = [0, 0]
    for round_ in range(PAIRS):
        players = [start(tmp_path, player) for player in (0, 1)]
        entries = moments.choice([0, 0, 1, 5, 20])
        counts = [seen(player, entries) for player in players]
        # From opening into appending and saving.
        time.sleep(moments.uniform(0, 0.03))
        for player in players:
            player.kill()
        counts = [count + told(player) for count, player in zip(counts, players, strict=True)]
        recorded = [before + count for before, count in zip(recorded, counts, strict=True)]
        ledger = Ledger(home(tmp_path).ledger)
        where = f"seed {seed}, round {round_}"
        assert ledger.notice == "", where
        deeds = [entry.deed for entry in ledger.entries(LEVEL)]
        ledger.close()
        for player_number, least in enumerate(recorded):
            found = sum(isinstance(d, HintTaken) and d.cost == player_number + 1 for d in deeds)
            # One more may have been recorded in each round, with no time left to say so.
            assert least <= found <= least + round_ + 1, where
            workspace = Workspace(home(tmp_path).workspace(f"{LEVEL}-{player_number}"), START)
            if workspace.exists:
                lines = workspace.read("transformer/core.py").splitlines()
                assert len(set(lines)) == 1, where  # whole: the old text or the new one
    assert min(recorded) > PAIRS, "they hardly came to record anything"


@pytest.mark.timeout(600)
def test_what_was_typed_into_the_real_game_is_back_after_a_kill(tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    level = Catalog().levels[0]
    here = Home(tmp_path, tmp_path, tmp_path / "logs")
    game = Game(here)
    workspace = game.open(level)
    game.ledger.append(level.id, Probed((), 1))  # opens with the keyboard in the code
    game.ledger.close()
    file = "transformer/attention.py"
    total = 0
    for round_ in range(TYPED):
        where = f"seed {seed}, round {round_}"
        workspace.write(file, level.start[file])
        here.settings.unlink(missing_ok=True)  # so that the cursor is where the text begins
        with Terminal(tmp_path) as terminal:
            terminal.game.expect("1:1 .*saved")
            terminal.game.expect("Panel")  # where esc leads: the code has the keyboard
            typed: list[tuple[float, str]] = []
            end = time.monotonic() + moments.uniform(0.3, 4.0)
            while (now := time.monotonic()) < end:
                word = f"w{len(typed)}x"
                terminal.game.send(word)
                typed.append((now, word))
                # Without a pause that would be long enough to save in.
                terminal.game.expect([pexpect.TIMEOUT, pexpect.EOF], timeout=0.05)
            killed = time.monotonic()
            terminal.kill()
        text = workspace.read(file)
        words = [word for at, word in typed if killed - at > LOOSE]
        assert all(word in text for word in words), where
        # In the order in which it was typed, and nothing but that.
        assert re.match(r'(w\d+x)*(w?\d*)?"""', text), where
        total += len(words)
        if words:
            with Terminal(tmp_path) as terminal:
                # A long line shows the part with the cursor: its beginning, or where typing ended.
                last = re.findall(r"w\d+x", text)[-1]
                terminal.game.expect_exact([words[0], last])
    assert total > TYPED, f"hardly anything was typed, seed {seed}"
    ledger = Ledger(here.ledger)
    assert ledger.notice == ""
    assert ledger.entries()[1].deed == Probed((), 1)
    ledger.close()


def of_server(sandbox: Sandbox) -> Iterator[int]:
    """The process ids of the server's children."""
    assert sandbox._opening is not None
    server = sandbox._opening.result()._host._process.pid
    for task in Path(f"/proc/{server}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")
@pytest.mark.parametrize(("victim", "kills"), [("server", SERVERS), ("child", CHILDREN)])
async def test_a_killed_server_or_child_costs_no_more_than_its_run(
    tmp_path: Path, seed: int, victim: str, kills: int
) -> None:
    moments = random.Random(seed)
    sandbox = Sandbox()
    game = Game(Home(tmp_path, tmp_path, tmp_path / "logs"), sandbox=sandbox)
    level = game.levels[0]
    game.open(level)
    names = ["attention.row_sums", "attention.causality"]
    recorded = 0
    try:
        for round_ in range(kills):
            where = f"seed {seed}, round {round_}"
            begun = asyncio.Event()

            def listen(event: Event, begun: asyncio.Event = begun) -> None:
                if isinstance(event, ProbeStarted):
                    begun.set()

            await game.catalogue()
            run = asyncio.create_task(game.probe(level, names, on_event=listen))
            await asyncio.wait(
                {run, asyncio.create_task(begun.wait())}, return_when="FIRST_COMPLETED"
            )
            await asyncio.sleep(moments.uniform(0.0, 0.2))
            assert sandbox._opening is not None
            server = sandbox._opening.result()._host._process.pid
            for pid in [server] if victim == "server" else list(of_server(sandbox)):
                os.kill(pid, signal.SIGKILL)
            done = await run
            assert len(done.evidence) == 2, where
            recorded += 1
            again = await game.probe(level, names[:1])
            assert again.ended.sentence == "", where
            recorded += 1
    finally:
        await game.close()
    ledger = Ledger(game.home.ledger)
    assert ledger.notice == ""
    assert sum(isinstance(entry.deed, Probed) for entry in ledger.entries()) == recorded, seed
    ledger.close()
