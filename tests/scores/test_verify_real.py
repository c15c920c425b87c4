"""``verify`` on the real judge: strangers' code, an interrupt, and going on from there."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.ledger import Entry, Opened, Submitted
from engine.level import unified_diff
from engine.scores.cards import card
from engine.scores.replay import guard
from tests.scores.course import BEGAN, student, write

ROOT = Path(__file__).parents[2]
RUN = "from tui_debugger.cli import main; main()"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """``tui-debugger`` in a home of its own."""
    monkeypatch.setenv("TUI_DEBUGGER_HOME", str(tmp_path / "home"))
    return [sys.executable, "-c", RUN]


def test_honest_fixes_hold_and_hostile_ones_count_nothing(
    command: list[str], catalog: Catalog, tmp_path: Path
) -> None:
    scale, loss = catalog.find("minds-made-up"), catalog.find("green-dashboard")
    leaves = {**loss.start, "training/loss.py": "import os\nos._exit(0)\n"}
    useless = {**scale.start, "training/__init__.py": "# nothing is mended\n"}
    entries = [
        Entry(BEGAN, loss.id, Opened()),
        Entry(BEGAN, loss.id, Submitted(True, fix=unified_diff(loss.start, leaves))),
        Entry(BEGAN, scale.id, Opened()),
        Entry(BEGAN, scale.id, Submitted(True, fix=unified_diff(scale.start, useless))),
    ]
    eve = write(tmp_path / "eve.json", catalog, [card("Eve", catalog.levels, entries)])
    ada = write(tmp_path / "ada.json", catalog, [student(1, [scale, loss])])
    out = tmp_path / "verified.json"
    done = subprocess.run(
        [*command, "verify", "--unconfined", str(ada), str(eve), "-o", str(out)],
        capture_output=True,
        cwd=ROOT,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert f"{eve}: Eve, The dashboard is green, record[1].deed.fix: does not" in done.stderr
    assert "Eve, Minds made up before step one, record[1].deed.fix: mends 0 of 1" in done.stderr
    told = json.loads(out.read_text())
    assert told["verified"] is True
    assert [(row["team"], row["score"]) for row in told["standings"]] == [
        ("Student 1", 150),
        ("Eve", 0),
    ]


def test_a_fix_gets_at_nothing_but_its_own_copy_or_is_not_run(
    command: list[str], catalog: Catalog, tmp_path: Path
) -> None:
    loss = catalog.find("green-dashboard")
    prey = tmp_path / "prey"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reaches = (
            "import contextlib, socket\n"
            "with contextlib.suppress(OSError):\n"
            f"    open({str(prey)!r}, 'w').close()\n"
            "with contextlib.suppress(OSError):\n"
            f"    socket.create_connection(('127.0.0.1', {port}), 1).close()\n"
        )
        text = loss.clean["training/__init__.py"] + reaches
        fix = unified_diff(loss.start, {**loss.clean, "training/__init__.py": text})
        deeds = [Entry(BEGAN, loss.id, Opened()), Entry(BEGAN, loss.id, Submitted(True, fix=fix))]
        eve = write(tmp_path / "eve.json", catalog, [card("Eve", catalog.levels, deeds)])
        done = subprocess.run(
            [*command, "verify", str(eve)], capture_output=True, cwd=ROOT, text=True, check=False
        )
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not prey.exists()
    kept = guard.in_force()
    assert all(sentence in done.stderr for sentence in kept.sentences)
    assert done.returncode == (0 if kept.complete else 2), done.stderr
    assert ("yes" in done.stdout) == kept.complete


def test_a_run_that_was_stopped_goes_on_where_it_was(
    command: list[str], catalog: Catalog, tmp_path: Path
) -> None:
    level = catalog.find("green-dashboard")
    crowd = [student(n, [level], remark=f"Student {n}") for n in range(6)]
    file = write(tmp_path / "course.json", catalog, crowd)
    verify = [*command, "verify", "--unconfined", "--workers", "1", str(file)]
    first = subprocess.Popen(
        verify, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    folder = tmp_path / "home" / "rulings"
    while not any(folder.glob("*.jsonl")):
        assert first.poll() is None, first.communicate()
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=120)
    assert first.returncode == 130
    kept = _kept(folder)
    assert f"Stopped: {len(kept)} of 6 fixes judged and kept" in said
    assert 1 <= len(kept) < 6
    again = subprocess.run(verify, capture_output=True, cwd=ROOT, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert len(_kept(folder)) == 6
    assert _kept(folder)[: len(kept)] == kept
    assert again.stdout.count("yes") == 6


def _kept(folder: Path) -> list[str]:
    (file,) = folder.glob("*.jsonl")
    return file.read_text().splitlines()
