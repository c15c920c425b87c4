"""The record: nothing that was recorded is lost, and damage never locks the player out."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import LedgerError
from engine.ledger import Deed, HintTaken, Ledger, Opened, Probed, Submitted, WasReset
from tests.engine.strategies import deeds

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "ledger.sqlite3"


@settings(max_examples=25)  # each makes a file
@given(told=st.lists(st.tuples(st.sampled_from(["a", "b"]), deeds("part")), max_size=5))
def test_what_was_told_is_found_again_in_order(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, Deed]]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite3"
    ledger = Ledger(path)
    for level, deed in told:
        ledger.append(level, deed)
    ledger.close()
    again = Ledger(path)
    assert again.notice == ""
    assert [(entry.level, entry.deed) for entry in again.entries()] == told
    assert [entry.deed for entry in again.entries("a")] == [d for level, d in told if level == "a"]
    again.close()


def test_every_kind_of_deed_comes_back_whole(path: Path) -> None:
    told: list[Deed] = [
        Opened(),
        Probed(("attention.scale",), 3, 1),
        HintTaken(2, 40, True),
        Submitted(False, ("a",), ("b.c",), "It hung.", 7, "-x\n+√\n"),
        WasReset("/somewhere/else"),
    ]
    ledger = Ledger(path)
    for deed in told:
        ledger.append("level", deed)
    assert [entry.deed for entry in ledger.entries("level")] == told
    ledger.close()


def test_two_windows_write_into_one_ledger(path: Path) -> None:
    first, second = Ledger(path), Ledger(path)
    first.append("a", Opened())
    second.append("b", Opened())
    first.append("a", Opened())
    assert [entry.level for entry in first.entries()] == ["a", "b", "a"]
    assert first.entries() == second.entries()
    first.close()
    second.close()


WRITER = """
import sys
from pathlib import Path
from engine.ledger import HintTaken, Ledger

ledger = Ledger(Path(sys.argv[1]))
for number in range(100_000):
    ledger.append("level", HintTaken(number, 1))
    print(number, flush=True)
"""


def test_a_kill_in_the_middle_loses_nothing_that_was_recorded(path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if line == "40\n":
            break
    writer.send_signal(signal.SIGKILL)
    told = 40 + len(writer.stdout.read().split())
    writer.stdout.close()
    writer.wait()
    ledger = Ledger(path)
    assert ledger.notice == ""
    rungs = [entry.deed.rung for entry in ledger.entries() if isinstance(entry.deed, HintTaken)]
    assert rungs == list(range(len(rungs)))
    assert len(rungs) > told
    ledger.append("level", Opened())
    assert ledger.entries()[-1].deed == Opened()
    ledger.close()


def damage_start(path: Path) -> None:
    path.write_bytes(b"this is no ledger" + path.read_bytes())


def damage_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def damage_middle(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:8192] + bytes(len(content) - 8192))


@pytest.mark.parametrize("damage", [damage_start, damage_end, damage_middle])
def test_a_damaged_ledger_is_set_aside_and_named(path: Path, damage: object) -> None:
    ledger = Ledger(path)
    for _ in range(100):
        ledger.append("level", Submitted(False, fix="x" * 200))
    ledger.close()
    assert callable(damage)
    damage(path)
    damaged = path.read_bytes()

    ledger = Ledger(path)
    assert "set aside as ledger.sqlite3.damaged-" in ledger.notice
    assert str(path.parent) in ledger.notice
    kept = ledger.entries()
    assert len(kept) < 100
    assert f"{len(kept)} of its entries" in ledger.notice or not kept
    ledger.append("level", Opened())
    ledger.close()
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.read_bytes() == damaged

    ledger = Ledger(path)
    assert ledger.notice == ""
    assert ledger.entries()[:-1] == kept
    assert ledger.entries()[-1].deed == Opened()
    ledger.close()


def test_what_can_be_read_of_a_damaged_ledger_is_carried_over(path: Path) -> None:
    ledger = Ledger(path)
    told = [Submitted(False, fix=f"{number} {'x' * 400}") for number in range(100)]
    for deed in told:
        ledger.append("level", deed)
    ledger.close()
    content = bytearray(path.read_bytes())
    size = 4096
    middle = len(content) // size // 2 * size
    content[middle : middle + size] = bytes(size)
    path.write_bytes(content)

    ledger = Ledger(path)
    kept = [entry.deed for entry in ledger.entries()]
    assert len(kept) > 80  # a page holds about nine of them
    assert kept == [deed for deed in told if deed in kept]
    assert kept[0] == told[0]
    assert kept[-1] == told[-1]
    assert f"{len(kept)} of its entries" in ledger.notice
    ledger.close()


def test_one_entry_that_has_become_unreadable_costs_no_other(path: Path) -> None:
    ledger = Ledger(path)
    for deed in (Opened(), Probed(("attention.scale",), 3), WasReset()):
        ledger.append("level", deed)
    ledger.close()
    path.write_bytes(path.read_bytes().replace(b'"type":"probed"', b'"typo":"probed"'))
    ledger = Ledger(path)
    assert [entry.deed for entry in ledger.entries()] == [Opened(), WasReset()]
    assert "1 of its entries cannot be read" in ledger.notice
    ledger.close()


def test_a_ledger_that_can_no_longer_be_written_is_read_and_written_once_it_can(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(path)
    ledger.append("level", Opened())
    crashed = path.parent.with_name("crashed")
    shutil.copytree(path.parent, crashed)  # the write-ahead log is not yet in the file
    ledger.close()
    path = crashed / path.name

    def full(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("engine.ledger_file._open", full)
        ledger = Ledger(path)
        assert str(path.parent) in ledger.notice
        assert "make room" in ledger.notice
        assert [entry.deed for entry in ledger.entries()] == [Opened()]
        with pytest.raises(LedgerError, match="make room"):
            ledger.append("level", WasReset())
    ledger.append("level", WasReset())
    assert [entry.deed for entry in ledger.entries()] == [Opened(), WasReset()]
    ledger.close()


def test_entries_can_be_had_as_they_were_before_a_number(path: Path) -> None:
    first, second = Ledger(path), Ledger(path)
    first.append("level", Opened())
    number = second.append("level", WasReset("there"))
    first.append("level", WasReset())
    assert [entry.deed for entry in first.entries("level", before=number)] == [Opened()]
    assert len(first.entries(before=number + 1)) == 2
    first.close()
    second.close()


def test_deeds_of_a_later_version_are_passed_over(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append("level", Opened())
    with sqlite3.connect(path) as connection:
        row = ("2031-01-01T00:00:00+00:00", "level", '{"type":"danced","how":"well"}')
        connection.execute("INSERT INTO deeds (at, level, deed) VALUES (?, ?, ?)", row)
    connection.close()
    ledger.append("level", Opened())
    assert [entry.deed for entry in ledger.entries()] == [Opened(), Opened()]
    ledger.close()


def test_a_ledger_of_a_later_version_is_left_alone(path: Path) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerError, match="newer version of the game"):
        Ledger(path)
    assert [p.name for p in path.parent.glob("*damaged*")] == []


def test_a_place_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="TUI_DEBUGGER_HOME"):
        Ledger(tmp_path / "file" / "ledger.sqlite3")
    (tmp_path / "folder.sqlite3").mkdir()
    with pytest.raises(LedgerError, match="TUI_DEBUGGER_HOME"):
        Ledger(tmp_path / "folder.sqlite3")


@pytest.mark.skipif(os.name == "nt", reason="locks differ")
def test_a_ledger_that_another_program_holds_is_told_not_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(path)
    ledger._file._connection.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="could not be recorded"):
        ledger.append("level", Opened())
    other.execute("ROLLBACK")
    ledger.append("level", Opened())
    assert len(ledger.entries()) == 1
    other.close()
    ledger.close()
