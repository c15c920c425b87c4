"""An interface that never stutters, in figures: a part of ``make bench``.

Everything is seen from outside, on a terminal, beside a bare Textual app in the same run; ends
with 1 when a target is missed by more than noise. Arguments choose parts: paint, keys, pauses,
catalogue.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles

from engine.catalog import Catalog
from engine.game import Game
from engine.home import VARIABLE, Home
from engine.ledger import Opened
from engine.level import Level
from tests.bench.many import pack
from tests.bench.terminal import Terminal, typed
from tests.bench.ticking import EVERY, TYPING, Ticker
from tests.bench.timing import Target, load
from tui_debugger.settings import Memory, Place

PYTHON = sys.executable
STARTS = 9
"""Of each program, by turns."""
ROUNDS = 3
KEYS = 60
"""Letters typed in a round."""
SOON = 50.0
"""Milliseconds."""


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many per cent of ``values`` stay below."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def first_paint() -> Iterator[Target]:
    """From the start of the process to the list of levels on the screen."""
    with tempfile.TemporaryDirectory() as folder:
        levels = Catalog().levels
        lines = Path(folder, "lines")
        lines.write_text("\n".join(level.title for level in levels), "utf-8")
        game = [PYTHON, "-m", "tui_debugger"]
        bare = [PYTHON, "-m", "tests.bench.bare", "list", str(lines)]
        yield from _starts("first paint of the game / bare", game, bare, levels[-1].title, 1.5)


def catalogue() -> Iterator[Target]:
    """The same with a thousand levels, against nine."""
    with tempfile.TemporaryDirectory() as folder:
        many = [PYTHON, "-m", "tests.bench.many", str(pack(Path(folder, "many"), 1000))]
        nine = [PYTHON, "-m", "tests.bench.many", str(pack(Path(folder, "nine"), 9))]
        title = Catalog(Path(folder, "nine")).levels[-1].title
        yield from _starts("opening 1,000 levels / 9 levels", many, nine, title, 1.3)


def _starts(
    what: str, one: Sequence[str], other: Sequence[str], sight: str, limit: float
) -> Iterator[Target]:
    """How long ``one`` takes to show that, as a multiple of what ``other`` takes."""
    wall: dict[str, list[float]] = {"one": [], "other": []}
    work: dict[str, list[float]] = {"one": [], "other": []}
    for _ in range(STARTS + 1):
        for name, command in {"one": one, "other": other}.items():
            with tempfile.TemporaryDirectory() as home, Terminal(command, {VARIABLE: home}) as seen:
                wall[name].append(seen.seen(sight) - seen.began)
                if sys.platform == "linux":
                    work[name].append(seen.work())
    pairs = zip(wall["one"][1:], wall["other"][1:], strict=True)  # the first fills the disk's cache
    yield Target(what, tuple(a / b for a, b in pairs), limit, "x")
    taken = " and ".join(f"{median(wall[name][1:]):.2f} s" for name in wall)
    print(f"    n = {STARTS} starts of each, by turns; {taken}")
    if work["one"]:
        ratio = median(work["one"][1:]) / median(work["other"][1:])
        taken = " and ".join(f"{median(work[name][1:]):.2f} s" for name in work)
        print(f"    {ratio:.2f} x in work done, {taken}")


def keys() -> Iterator[Target]:
    """From a key to its letter on the screen, in the longest file, while probes train and stream.

    By turns with the same keys in a bare editor of the same text, which nothing runs beside.
    """
    level = Catalog().levels[0]
    file, text = max(level.start.items(), key=lambda item: item[1].count("\n"))
    line = text.count("\n") // 2
    taken: dict[str, list[list[float]]] = {"game": [], "bare": []}
    for number in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            home, report = Path(folder, "home"), Path(folder, "report")
            _leave_in(home, level, Place(file, line))
            command = [PYTHON, "-m", "tests.bench.ticking", "typing", str(report)]
            with Terminal(command, {VARIABLE: str(home)}) as game:
                game.seen(TYPING)
                game.send("\x1b[F\r")  # the end of the line, and a new one
                game.drain(1)
                taken["game"].append([s * 1000 for s in typed(game, KEYS, number)])
            source = Path(folder, "source.py")
            source.write_text(text, "utf-8")
            command = [PYTHON, "-m", "tests.bench.bare", "editor", str(source), str(line)]
            with Terminal(command, {}) as bare:
                bare.seen("keys")
                bare.drain(1)
                bare.send("\x1b[F\r")
                bare.drain(1)
                taken["bare"].append([s * 1000 for s in typed(bare, KEYS, number)])
    tails = {name: tuple(percentile(row, 95) for row in rows) for name, rows in taken.items()}
    what = f"key to screen while a probe trains, p95, {file}"
    yield Target(what, tails["game"], SOON, "ms")
    print(f"    n = {ROUNDS} x {KEYS} keys; {_spread(taken['game'])}")
    print(f"    a bare editor of the same text, alone: {_spread(taken['bare'])}")
    ratio = median(tails["game"]) / median(tails["bare"])
    print(f"    {ratio:.2f} x the bare editor's 95th percentile")


def _spread(rows: Sequence[Sequence[float]]) -> str:
    every = [value for row in rows for value in row]
    return f"median {median(every):.1f}, p95 {percentile(every, 95):.1f}, most {max(every):.1f} ms"


def pauses() -> Iterator[Target]:
    """How late the event loop is during every kind of run, and when nothing runs."""
    level = Catalog().levels[0]
    rounds: list[Mapping[str, list[float]]] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            home, report = Path(folder, "home"), Path(folder, "report")
            _leave_in(home, level, Place(next(iter(level.start))))
            command = [PYTHON, "-m", "tests.bench.ticking", "runs", str(report)]
            with Terminal(command, {VARIABLE: str(home)}) as game:
                game.ended()
            rounds.append(json.loads(report.read_text()))
    for what in rounds[0]:
        late = [[1000 * seconds for seconds in one[what]] for one in rounds]
        if what == Ticker.IDLE:
            print(f"  the event loop with nothing to do: {_pauses(late)}")
            continue
        tails = tuple(percentile(row, 99) for row in late)
        yield Target(f"pauses of the event loop, p99, {what}", tails, SOON, "ms")
        print(f"    n = {sum(map(len, late))} ticks, {EVERY * 1000:g} ms apart; {_pauses(late)}")


def _pauses(rows: Sequence[Sequence[float]]) -> str:
    every = [value for row in rows for value in row]
    return f"median {median(every):.1f}, p99 {percentile(every, 99):.1f}, most {max(every):.1f} ms"


def _leave_in(home: Path, level: Level, place: Place) -> None:
    """A home whose player was last in that place."""
    game = Game(Home(home, home, home / "logs"))
    game.open(level)
    game.ledger.append(level.id, Opened(started=True))
    game.ledger.close()
    memory = Memory(game.home.settings)
    memory.has_toured()
    memory.leave(level.id, place)


PARTS: dict[str, Callable[[], Iterator[Target]]] = {
    "paint": first_paint,
    "keys": keys,
    "pauses": pauses,
    "catalogue": catalogue,
}


def main() -> int:
    """Print each as it comes; the exit code."""
    print(f"The interface, {load()}")
    missed = 0
    for name in sys.argv[1:] or PARTS:
        for target in PARTS[name]():
            print(target, flush=True)
            missed += target.missed
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
