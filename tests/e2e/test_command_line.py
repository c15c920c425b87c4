"""Every level, from the list to the points, without the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.catalog import Catalog
from engine.hints import ladder
from engine.level import Level

if TYPE_CHECKING:
    from tests.e2e.conftest import Player

LEVELS = Catalog().levels


def mend(level: Level, root: Path, *parts: str) -> None:
    """Put the clean lines back: of the named parts, or of all."""
    for part in level.parts:
        for edit in part.edits if not parts or part.id in parts else ():
            path = root / edit.file
            text = path.read_text("utf-8")
            assert text.count(edit.replace) == 1
            path.write_text(text.replace(edit.replace, edit.find), "utf-8")


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.id)
def test_a_level_is_opened_probed_hinted_fixed_and_solved(player: Player, level: Level) -> None:
    number = str(level.number)
    root = Path(player.run("start", number).stdout.strip())
    assert {p.relative_to(root).as_posix() for p in root.rglob("*.py")} == set(level.start)

    wanted = sorted({name for part in level.parts for name in part.contract.fires})
    code, probed = player.ask("probe", number, *wanted)
    assert code == 1
    assert {p["name"]: p["status"] for p in probed["probes"]} == dict.fromkeys(wanted, "fires")

    code, hinted = player.ask("hint", number, "--take")
    assert (code, len(hinted["hints"])) == (0, 1)
    price = ladder(level)[0].cost

    code, judged = player.ask("submit", number)
    assert (code, judged["solved"], judged["award"]) == (1, False, 0)
    assert any(not check["passed"] and check["message"] for check in judged["checks"])

    mend(level, root)
    code, judged = player.ask("submit", number)
    assert (code, judged["solved"]) == (0, True)
    assert judged["award"] == level.value - price
    assert all(check["passed"] for check in judged["checks"])

    code, probed = player.ask("probe", number, *wanted)
    assert code == 0
    code, listed = player.ask("list")
    row = listed["levels"][level.number - 1]
    assert (row["status"], row["award"]) == ("solved", level.value - price)


def test_the_ninth_level_pays_for_each_bug_mended(player: Player) -> None:
    level = LEVELS[-1]
    root = Path(player.run("start", str(level.number)).stdout.strip())
    share = level.value // len(level.parts)
    for done, part in enumerate(level.parts, start=1):
        mend(level, root, part.id)
        code, judged = player.ask("submit", str(level.number))
        assert judged["award"] == done * share
        assert judged["solved"] is (done == len(level.parts))
        assert code == (0 if judged["solved"] else 1)


def test_a_fix_beside_something_newly_broken_is_not_solved(player: Player) -> None:
    level = LEVELS[6]
    root = Path(player.run("start", "7", "--dir", "mine").stdout.strip())
    mend(level, root)
    path = root / "training/clipping.py"
    path.write_text(path.read_text("utf-8").replace("max_norm /", "2 * max_norm /"), "utf-8")
    code, judged = player.ask("submit", "7", "--dir", str(root))
    assert (code, judged["solved"]) == (1, False)
    failed = {check["component"] for check in judged["checks"] if not check["passed"]}
    assert any("clip" in component.lower() for component in failed), failed


TRAPS = {
    "a hang": ("while True:\n    pass\n", "training/loss.py"),
    "sys.exit": ("import sys\nsys.exit(0)\n", "training/loss.py"),
    "os._exit": ("import os\nos._exit(0)\n", "training/loss.py"),
    "a flood": ("while True:\n    print('x' * 10_000)\n", "training/loss.py"),
    "a syntax error": ("def cross_entropy_loss(:\n", "training/loss.py"),
    "memory": ("hoard = [bytearray(1 << 30) for _ in range(64)]\n", "training/loss.py"),
    "recursion": ("def f():\n    return f()\nf()\n", "training/loss.py"),
    "a killed parent": ("import os\nos.kill(os.getppid(), 9)\n", "training/loss.py"),
    "a segmentation fault": ("import ctypes\nctypes.string_at(0)\n", "training/loss.py"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_whatever_the_code_does_is_one_sentence_and_the_next_submission_works(
    player: Player, trap: str
) -> None:
    level = LEVELS[6]
    root = Path(player.run("start", "7").stdout.strip())
    mend(level, root)
    text, file = TRAPS[trap]
    right = (root / file).read_text("utf-8")
    (root / file).write_text(text + right, "utf-8")
    done = player.run("submit", "7")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    code, judged = player.ask("submit", "7")
    assert (code, judged["solved"], judged["award"]) == (1, False, 0)
    assert judged["reason"]
    (root / file).write_text(right, "utf-8")
    code, judged = player.ask("submit", "7")
    assert (code, judged["solved"]) == (0, True)


def test_an_undecodable_file_is_named(player: Player) -> None:
    root = Path(player.run("start", "7").stdout.strip())
    (root / "training/loss.py").write_bytes(b"# \xff\xfe\n")
    code, judged = player.ask("submit", "7")
    assert (code, judged["solved"]) == (1, False)
    assert "training/loss.py" in judged["reason"]


def test_a_probe_of_the_players_own_runs_on_the_live_code(player: Player) -> None:
    root = Path(player.run("start", "7").stdout.strip())
    code, answer = player.ask("scratch", "7")
    assert (code, answer["ended"]["outcome"]) == (0, "done")
    assert [shown["name"] for shown in answer["shown"]][-1].startswith("cross_entropy_loss")
    assert answer["shown"][-1]["text"].startswith("-")
    (root / "scratch.py").write_text("x = 1\nsoftmax(x)\n")
    code, answer = player.ask("scratch", "7")
    assert code == 1
    assert (answer["fault"]["file"], answer["fault"]["line"]) == ("scratch.py", 2)
