"""How the cost of leaderboards and of replaying grows: ``make bench``.

Figures of one run on one machine, to be compared with one another and not across machines. A whole
course is not part of it, for it takes long:
``python -m tests.bench.scores course --players 300 --distinct``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine.catalog import Catalog
from engine.scores.cards import Board, standings
from engine.scores.formats import BOARDS
from engine.scores.reading import Reader
from engine.scores.replay.executors import cores, local
from engine.scores.replay.replay import replay
from engine.scores.replay.ruling import Rulings
from tests.scores.course import student, write

EXPORTS = (1, 10, 100, 1000)
FIXES = 12
"""Different ones, so that each is judged."""
ALIKE = 10
"""Students among whom a course's fixes go round, unless all are to be different."""
LOADED = 10
"""Fixes after which every worker has loaded, and the rest can be foretold."""
OFTEN = 30.0
"""Seconds between two lines on how far a course is."""


def leaderboards(catalog: Catalog, folder: Path) -> None:
    """Reading, checking, ranking and drawing so many exports of nine solves each."""
    print("leaderboard, nine solves an export    seconds   an export   against one in ten")
    per: dict[int, float] = {}
    for count in EXPORTS:
        files = [
            write(folder / f"{number}.json", catalog, [student(number, catalog.levels, "mine")])
            for number in range(count)
        ]
        began = time.process_time()  # whatever else the machine does
        reader = Reader(catalog.levels)
        cards = [card for file in files for card in reader.read(file)]
        BOARDS["html"](Board(standings(cards), catalog.levels, datetime.now(UTC)))
        taken = time.process_time() - began
        per[count] = taken / count
        ratio = f"{per[count] / per[count // 10]:.2f}" if count > 1 else ""
        print(f"  {count:5} exports {taken:29.3f} s {per[count] * 1000:8.1f} ms {ratio:>12}")


def replays(catalog: Catalog, folder: Path, workers: Sequence[int] = (1, 2)) -> None:
    """Judging different fixes, by one worker and by two."""
    print(f"replay of {FIXES} different fixes, unconfined")
    alone = 0.0
    for count in workers:
        whole, each = _replay(catalog, folder / str(count), count)
        alone = alone or each
        print(
            f"  {count} at a time  {whole:6.2f} s in all, {each:5.2f} s a fix once loaded, "
            f"{alone / each:4.2f} times as fast as one at a time"
        )


def _replay(catalog: Catalog, folder: Path, workers: int) -> tuple[float, float]:
    """Seconds in all, and for each fix after every worker has judged its first."""
    levels = {level.id: level for level in catalog.levels}
    crowd = [student(n, catalog.levels[6:7], remark=f"fix {n}") for n in range(FIXES)]
    times = [time.perf_counter()]

    def watch(done: int, total: int) -> None:
        times.append(time.perf_counter())

    with local(workers) as executor:
        replay(crowd, levels, Rulings(folder), executor, 7, unconfined=True, watch=watch)
    began, _, *judged = times
    return judged[-1] - began, (judged[-1] - judged[workers - 1]) / (FIXES - workers)


def course(catalog: Catalog, folder: Path, players: int, distinct: bool, workers: int) -> int:
    """The one command that verifies a whole course, nine solves a player; its exit code."""
    files = [
        write(
            folder / f"{number}.json",
            catalog,
            [student(number, catalog.levels, f"fix {number if distinct else number % ALIKE}")],
        )
        for number in range(players)
    ]
    different = (players if distinct else min(players, ALIKE)) * len(catalog.levels)
    print(f"verify {players} exports, {different} different fixes, {workers} at a time", flush=True)
    out = folder / "verified.json"
    verify = [sys.executable, "-m", "tui_debugger", "verify", "--unconfined"]
    command = [*verify, "--workers", str(workers), "-o", str(out), *map(str, files)]
    home = folder / "home"
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "TUI_DEBUGGER_HOME": str(home)})
    loaded: tuple[float, int] | None = None
    due = OFTEN
    while process.poll() is None:
        time.sleep(0.2)
        judged = sum(path.read_bytes().count(b"\n") for path in home.glob("rulings/*"))
        spent = time.perf_counter() - began
        if loaded is None and judged >= LOADED:
            loaded = spent, judged
        elif loaded is not None and judged > loaded[1] and spent >= due:
            each = (spent - loaded[0]) / (judged - loaded[1])
            left = f"about {each * (different - judged) / 60:.1f} min left"
            print(f"  {spent:6.0f} s  {judged:5} judged, {each:.2f} s each; {left}", flush=True)
            due = spent + OFTEN
    spent = time.perf_counter() - began
    print(f"  {spent:6.1f} s in all, {spent / different:.2f} s for each different fix")
    cards = Reader(catalog.levels).read(out) if process.returncode == 0 else ()
    assert [card.solved for card in cards] == [len(catalog.levels)] * players
    return process.returncode


def main() -> int:
    """Everything that is quick, or what is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", choices=["leaderboards", "replays", "course", []])
    parser.add_argument("--players", type=int, default=300, help="of a course")
    parser.add_argument("--distinct", action="store_true", help="no two fixes of it are equal")
    parser.add_argument("--workers", type=int, default=cores(), help="of a course")
    asked = parser.parse_args()
    wanted = asked.what or ["leaderboards", "replays"]
    catalog = Catalog()
    with tempfile.TemporaryDirectory() as folder:
        if "leaderboards" in wanted:
            leaderboards(catalog, Path(folder))
        if "replays" in wanted:
            replays(catalog, Path(folder))
        if "course" in wanted:
            return course(catalog, Path(folder), asked.players, asked.distinct, asked.workers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
