"""Two games on one home: one record, no award won twice, no text written over in silence."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.game import Game
from engine.home import Home
from engine.ledger import Ledger, Opened
from tests.engine.content import catalog
from tests.engine.doubles import Double
from tui_debugger.documents import ChangedOnDisk, Documents

ROOT = Path(__file__).parents[2]
CORE = "transformer/core.py"


@pytest.fixture
def games(tmp_path: Path) -> tuple[Game, Game]:
    home = Home(tmp_path / "home", tmp_path / "home", tmp_path / "logs")
    levels = catalog(tmp_path / "content")
    return Game(home, levels, Double()), Game(home, levels, Double())


async def test_a_level_that_both_solve_at_once_is_paid_once(games: tuple[Game, Game]) -> None:
    level = games[0].levels[0]
    workspace = games[0].open(level)
    workspace.write(CORE, level.clean[CORE])
    done = await asyncio.gather(*(game.submit(level) for game in games for _ in range(3)))
    assert sum(submission.gained for submission in done) == level.value
    assert sum(bool(submission.newly_mended) for submission in done) == 1
    assert {game.progress(level).award for game in games} == {level.value}
    assert games[1].progress(level).submissions == 6
    for game in games:
        await game.close()


def test_a_hint_that_both_take_at_once_is_charged_once(games: tuple[Game, Game]) -> None:
    first, second = games
    level = first.levels[0]
    taking = [game._taking(level, rung) for game in games if (rung := game.next_hint(level))]
    for game, deed in zip(games, taking, strict=True):
        game.ledger.append(level.id, deed)
    assert first.progress(level).hints == second.progress(level).hints == 1
    assert first.progress(level).worth == level.value - 10
    for game in games:
        game.ledger.close()


def test_of_two_who_save_at_once_one_is_asked(games: tuple[Game, Game]) -> None:
    level = games[0].levels[0]
    for round_ in range(20):
        editors = [Documents(game.open(level)) for game in games]
        asked: list[str] = []
        theirs: list[str] = []
        together = threading.Barrier(2)

        def save(
            editor: Documents,
            text: str,
            asked: list[str] = asked,
            theirs: list[str] = theirs,
            together: threading.Barrier = together,
        ) -> None:
            together.wait()
            try:
                editor.save(CORE)
            except ChangedOnDisk as conflict:
                asked.append(text)
                theirs.append(conflict.disk)

        threads = []
        for number, editor in enumerate(editors):
            editor.open(CORE)
            text = f"{round_} {number}\n"
            editor.edit(CORE, text)
            threads.append(threading.Thread(target=save, args=(editor, text)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        on_disk = editors[0].workspace.read(CORE)
        assert theirs == [on_disk]
        assert sorted([*asked, on_disk]) == [f"{round_} 0\n", f"{round_} 1\n"]
    for game in games:
        game.ledger.close()


OPENER = """
import sys
from pathlib import Path
from engine.ledger import Ledger, Opened

sys.stdin.readline()
ledger = Ledger(Path(sys.argv[1]))
ledger.append("level", Opened())
print(ledger.notice)
"""


@pytest.mark.parametrize("found", [None, b"this is no ledger" * 500], ids=["new", "damaged"])
def test_all_who_open_a_ledger_at_once_write_into_the_same_one(
    tmp_path: Path, found: bytes | None
) -> None:
    path = tmp_path / "ledger.sqlite3"
    if found:
        path.write_bytes(found)
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        for _ in range(6)
    ]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("\n")
        opener.stdin.flush()
    said = []
    for opener in openers:
        out, err = opener.communicate()
        assert (opener.returncode, err) == (0, "")
        said.append(out.strip())
    assert sum(bool(notice) for notice in said) == bool(found)  # one sets it aside, and says so
    assert len(list(path.parent.glob("*.damaged-*"))) == bool(found)
    ledger = Ledger(path)
    assert [entry.deed for entry in ledger.entries()] == [Opened()] * 6
    ledger.close()
