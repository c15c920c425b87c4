"""``list``, ``start``, ``reset`` and ``hint``."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.game import Game
from engine.home import Home
from tests.cli.conftest import Terminal
from tui_debugger.commands.rendering import levels

CORE = "transformer/core.py"


def test_the_list_has_a_row_for_each_level_and_the_total(play: Terminal) -> None:
    listed = play("list")
    assert listed.code == 0
    assert listed.out == (
        "#  Level               Id           Severity  Points  Status\n"
        "1  The steep hill      steep-hill   critical  0/100   new\n"
        "2  Upside down         upside-down  high      0/50    new\n"
        "3  Everything at once  both         critical  0/200   new\n"
        "\n"
        "0 of 350 points.\n"
    )


def test_the_list_fits_a_narrow_terminal(play: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "54")
    lines = play("list").out.splitlines()
    assert max(map(len, lines)) <= 54
    assert lines[-3] == "3  Everything at once  critical  0/200   new"
    monkeypatch.setenv("COLUMNS", "44")
    lines = play("list").out.splitlines()
    assert max(map(len, lines)) <= 44
    assert lines[-3].strip() == "once"


def test_the_real_list_takes_a_line_a_level_at_80_columns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    game = Game(Home(tmp_path, tmp_path, tmp_path))
    rows = list(levels(game.levels, {level.id: game.progress(level) for level in game.levels}))
    game.ledger.close()
    assert len(rows) == 1 + len(game.levels)
    assert max(map(len, rows)) <= 80


def test_the_list_as_json_has_the_fields_that_scripts_rely_on(play: Terminal) -> None:
    play.mend(2)
    play("submit", "2")
    play("start", "1")
    listed = play("list", "--json")
    assert listed.json["total"] == 50
    assert listed.json["levels"][:2] == [
        {
            "number": 1,
            "id": "steep-hill",
            "title": "The steep hill",
            "severity": "critical",
            "category": "numerical",
            "value": 100,
            "status": "started",
            "award": 0,
        },
        {
            "number": 2,
            "id": "upside-down",
            "title": "Upside down",
            "severity": "high",
            "category": "math",
            "value": 50,
            "status": "solved",
            "award": 50,
        },
    ]


def test_nothing_in_the_list_or_the_brief_spoils_a_level(play: Terminal) -> None:
    shown = play("list").out + play("start", "1").err + play("hint", "1").out
    for spoiler in ("numerical", "Multiplied", "core.py", "attention.scale"):
        assert spoiler not in shown


def test_starting_prints_the_folder_alone_and_tells_the_rest_beside_it(play: Terminal) -> None:
    started = play("start", "1")
    assert started.code == 0
    assert started.out == f"{play.workspace(1).root}\n"
    assert "The steep hill" in started.err
    assert "Somebody saw something odd." in started.err
    assert "Next: tui-debugger probe 1, mend the source, tui-debugger submit 1" in started.err
    assert play.workspace(1).edited() == ()
    assert play.workspace(1).exists


@pytest.mark.parametrize("before", [True, False])
def test_a_folder_of_ones_own_may_come_before_or_after_the_level(
    play: Terminal, tmp_path: Path, before: bool
) -> None:
    folder = ("--dir", str(tmp_path / "my work"))
    started = play("start", *(folder if before else ()), "1", *(() if before else folder))
    assert started.code == 0
    assert started.out == f"{tmp_path / 'my work'}\n"
    assert (tmp_path / "my work" / CORE).exists()
    assert f"submit 1 --dir '{tmp_path}/my work'" in started.err
    assert not play.workspace(1).exists


def test_edited_work_is_overwritten_only_when_forced_and_kept_then(play: Terminal) -> None:
    root = Path(play("start", "1").out.strip())
    (root / CORE).write_text("mine\n")
    refused = play("start", "1")
    assert (refused.code, refused.out) == (2, f"{root}\n"), "the way there is told all the same"
    assert "--force" in refused.err
    assert (root / CORE).read_text() == "mine\n"
    forced = play("start", "1", "--force")
    assert (forced.code, forced.out) == (0, f"{root}\n")
    (kept,) = root.parent.glob("steep-hill.before-*")
    assert f"Your earlier work is in {kept}." in forced.err
    assert (kept / CORE).read_text() == "mine\n"


def test_resetting_tells_where_the_old_work_is(play: Terminal) -> None:
    root = Path(play("start", "1").out.strip())
    (root / CORE).write_text("mine\n")
    reset = play("reset", "1")
    (kept,) = root.parent.glob("steep-hill.before-*")
    assert reset.code == 0
    assert reset.out == f"The steep hill is back at its start.\nThe old work is in {kept}.\n"
    assert (kept / CORE).read_text() == "mine\n"
    assert play("reset", "1").out.endswith("Nothing had been edited.\n")


def test_resetting_a_folder_of_ones_own(play: Terminal, tmp_path: Path) -> None:
    play("start", "1", "--dir", str(tmp_path / "mine"))
    (tmp_path / "mine" / CORE).write_text("mine\n")
    assert play("reset", "--dir", str(tmp_path / "mine"), "1").code == 0
    assert (tmp_path / "mine" / CORE).read_text() == play.level(1).start[CORE]
    missed = play("reset", "1", "--dir", str(tmp_path / "elsewhere"))
    assert (missed.code, missed.out) == (2, "")
    assert "holds no workspace" in missed.err
    assert not (tmp_path / "elsewhere").exists()


def test_the_price_is_told_before_a_hint_is_taken(play: Terminal) -> None:
    assert play("hint", "1").out == (
        "The steep hill is worth 100 of 100 points.\n"
        "Next: Look at the size, for 10 points: tui-debugger hint 1 --take\n"
    )
    taken = play("hint", "1", "--take")
    assert taken.code == 0
    assert taken.out == (
        "Look at the size\n"
        "  It grows.\n"
        "\n"
        "  Put it to the test: tui-debugger probe 1 attention.scale\n"
        "\n"
        "The steep hill is worth 90 of 100 points.\n"
        "Next: Look at the loss, for 20 points: tui-debugger hint 1 --take\n"
    )


def test_folklore_that_does_not_hold_is_told_as_such(play: Terminal) -> None:
    play("hint", "1", "--take")
    assert "not what this model shows" in play("hint", "--take", "1").out


def test_the_answer_costs_all_that_could_still_be_won(play: Terminal) -> None:
    for _ in range(3):
        play("hint", "1", "--take")
    shown = play("hint", "1")
    assert "transformer/core.py, line 2" in shown.out
    assert "Next: The answer, for all that could still be won, 30 points" in shown.out
    answer = play("hint", "1", "--take")
    assert "Multiplied, not divided" in answer.out
    assert answer.out.endswith("is worth 0 of 100 points.\nEvery hint is taken, the answer too.\n")
    beyond = play("hint", "1", "--take")
    assert (beyond.code, beyond.out) == (2, "")
    assert beyond.err == "Every hint of this level is taken, the answer too.\n"


def test_hints_are_free_once_the_level_is_solved(play: Terminal) -> None:
    play.mend(1)
    play("submit", "1")
    assert "for nothing: tui-debugger hint 1 --take" in play("hint", "1").out
    for _ in range(4):
        hinted = play("hint", "1", "--take", "--json")
    assert hinted.json["worth"] == 100


def test_hints_as_json(play: Terminal) -> None:
    assert play("hint", "1", "--json").json == {
        "hints": [],
        "next": {"title": "Look at the size", "cost": 10},
        "worth": 100,
    }
    play("hint", "1", "--take")
    play("hint", "1", "--take")
    taken = play("hint", "1", "--take", "--json").json
    assert [hint["cost"] for hint in taken["hints"]] == [10, 20, 40]
    assert [hint["holds"] for hint in taken["hints"]] == [True, False, True]
    assert taken["hints"][0] == {
        "title": "Look at the size",
        "text": "It grows.",
        "cost": 10,
        "holds": True,
        "probe": "attention.scale",
    }
    assert taken["next"] == {"title": "The answer", "cost": 30}
    last = play("hint", "1", "--take", "--json").json
    assert (last["next"], last["worth"]) == (None, 0)
