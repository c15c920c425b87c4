"""``score``, ``export``, ``import`` and ``leaderboard``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.scores.document import schema
from tests.cli.conftest import Terminal

ROOT = Path(__file__).parents[2]


@pytest.fixture
def played(play: Terminal) -> Terminal:
    """The second level solved, the first with a hint and a failure."""
    play.mend(2)
    play("submit", "2")
    play("start", "1")
    play("hint", "1", "--take")
    play("submit", "1")
    return play


def test_the_score_tells_every_level_the_total_and_the_course(played: Terminal) -> None:
    shown = played("score")
    assert shown.code == 0
    lines = [re.sub(r" {2,}", "  ", line) for line in shown.out.splitlines()]
    assert lines[:4] == [
        "#  Level  Points  Hints  Claim  Submissions  Time  Status",
        "1  The steep hill  0/100  1  1  started",
        "2  Upside down  50/50  0  1  0 s  solved",
        "3  Everything at once  0/200  0  0  new",
    ]
    assert lines[5] == "50 of 350 points."
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d  \+50  50  Upside down", lines[6])


def test_the_score_as_json_has_the_same(played: Terminal) -> None:
    told = played("score", "--json").json
    assert (told["total"], told["value"]) == (50, 350)
    assert told["levels"][0] == {
        "id": "steep-hill",
        "award": 0,
        "value": 100,
        "hints": 1,
        "claim": None,
        "submissions": 1,
        "seconds": None,
        "status": "started",
    }
    assert [(won["level"], won["points"], won["total"]) for won in told["course"]] == [
        ("upside-down", 50, 50)
    ]


def test_an_export_asks_who_one_is_once(played: Terminal) -> None:
    asked = played("export")
    assert asked.code == 2
    assert asked.err == ("Say who you are: --player NAME. The name is kept for the next time.\n")
    first = played("export", "--player", "  Ada   Lovelace ")
    assert first.json["standings"][0]["team"] == "Ada Lovelace"
    assert played("export").json["standings"][0]["team"] == "Ada Lovelace"


@pytest.mark.parametrize("name", ["", " ", "a\u202eb", "a\x07b", "x" * 65])
def test_a_name_that_no_leaderboard_would_take_is_refused(played: Terminal, name: str) -> None:
    refused = played("export", "--player", name)
    assert refused.code == 2
    assert refused.err.startswith("A player's name ")
    assert "\u202e" not in refused.err


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("json", '{\n "format": "tui-debugger/score",'),
        ("csv", "rank,player,score,solved,"),
        ("ctftime", '{\n "tasks": ['),
        ("ctfd", "place,user name,user id,user email,score,user bracket id,user bracket name"),
        ("ccs", '{\n "time": "'),
    ],
)
def test_every_format_goes_to_standard_output_or_a_file(
    played: Terminal, tmp_path: Path, form: str, begins: str
) -> None:
    shown = played("export", "--format", form, "--player", "Ada")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(begins)
    path = tmp_path / "out"
    written = played("export", "--format", form, "-o", str(path))
    assert (written.code, written.out) == (0, "")
    assert written.err == f"Written to {path}.\n"
    assert path.read_text("utf-8").startswith(begins)
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "home"] == ["out"]


def test_an_export_that_cannot_be_written_says_so_and_leaves_the_old_one(
    played: Terminal, tmp_path: Path
) -> None:
    gone = tmp_path / "gone" / "out.json"
    refused = played("export", "--player", "Ada", "-o", str(gone))
    assert (refused.code, refused.err) == (
        2,
        f"{gone} cannot be written: No such file or directory.\n",
    )


def test_the_schema_is_the_one_that_is_published(play: Terminal) -> None:
    published = json.loads((ROOT / "docs" / "score-schema.json").read_text("utf-8"))
    assert play("export", "--schema").json == published == json.loads(json.dumps(schema()))


def _export(play: Terminal, path: Path, name: str) -> str:
    play("export", "--player", name, "-o", str(path))
    return str(path)


def test_the_leaderboard_is_a_table_that_fits_the_terminal(
    played: Terminal, tmp_path: Path
) -> None:
    first = _export(played, tmp_path / "a.json", "[red]Ada[/] 王小明")
    played.mend(1)
    played("submit", "1")
    second = _export(played, tmp_path / "b.json", "Ben")
    shown = played("leaderboard", first, second)
    assert (shown.code, shown.err) == (0, "")
    rows = [re.split(r" {2,}", line.strip()) for line in shown.out.splitlines()]
    assert rows[3][:4] == ["1", "Ben", "140", "2"]
    assert rows[4][:4] == ["2", "[red]Ada[/] 王小明", "50", "1"]
    assert shown.out.splitlines()[-1] == "2 players."
    assert max(map(len, shown.out.splitlines())) <= 80


def test_a_file_that_is_no_export_is_named_and_the_others_count(
    played: Terminal, tmp_path: Path
) -> None:
    good = _export(played, tmp_path / "a.json", "Ada")
    bad = tmp_path / "b.json"
    bad.write_text("[")
    shown = played("leaderboard", good, str(bad), str(tmp_path / "c.json"))
    assert shown.code == 1
    assert "Ada" in shown.out
    first, second = shown.err.splitlines()
    assert first.startswith(f"{bad}: it: Expected `object`")
    assert second == f"{tmp_path / 'c.json'}: there is no such file."


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("x.html", "<!doctype html>"),
        ("x.md", "| Rank |"),
        ("x.csv", "rank,"),
        ("x.json", "{"),
    ],
)
def test_a_files_name_chooses_the_format(
    played: Terminal, tmp_path: Path, name: str, begins: str
) -> None:
    good = _export(played, tmp_path / "a.json", "Ada")
    played("leaderboard", good, "-o", str(tmp_path / name))
    assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_standings_can_be_merged_again(played: Terminal, tmp_path: Path) -> None:
    good = _export(played, tmp_path / "a.json", "Ada")
    both = _export(played, tmp_path / "b.json", "Ben")
    merged = str(tmp_path / "merged.json")
    played("leaderboard", good, both, "-o", merged)
    again = played("leaderboard", merged, good, "--format", "ctftime").json
    assert [row["team"] for row in again["standings"]] == ["Ada", "Ben"]


def test_a_save_is_moved_by_two_commands(
    played: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my save.zip"
    written = played("export", "--save", str(path))
    assert written.code == 0
    assert written.err == f"Written to {path}; there: tui-debugger import 'my save.zip'\n"
    before = played("score", "--json").json
    played.mend(1)
    played("submit", "1")
    refused = played("import", str(path))
    assert refused.code == 2
    assert "--force replaces it and keeps it." in refused.err
    assert played("score", "--json").json != before
    taken = played("import", "--force", str(path))
    assert taken.code == 0
    kept = re.search(r"is now (/.*\.zip)\.", taken.err)
    assert kept
    assert played("score", "--json").json == before
    played("import", "--force", kept[1])
    assert played("score", "--json").json["total"] == 140


def test_whoever_is_asked_may_say_no(
    played: Terminal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "save.zip"
    played("export", "--save", str(path))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    for answer, code in ((False, 2), (True, 0)):

        def say(question: str, err: bool, answer: bool = answer) -> bool:
            assert question.startswith("There is a save in ")
            return answer

        monkeypatch.setattr("click.confirm", say)
        assert played("import", str(path)).code == code


def test_scores_are_imported_for_the_games_own_screen(played: Terminal, tmp_path: Path) -> None:
    one = _export(played, tmp_path / "a.json", "Ada")
    two = _export(played, tmp_path / "b.json", "Ben")
    shown = played("import", one, two, str(tmp_path / "none.json"))
    assert shown.code == 1
    assert "2 players on the leaderboard in the game." in shown.err
    told = json.loads(played.home.leaderboard.read_text())
    assert [row["team"] for row in told["standings"]] == ["Ada", "Ben"]


def test_verifying_refuses_to_run_strangers_code_where_nothing_confines_it(
    played: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.scores.replay.guard.in_force", Unguarded)
    good = _export(played, tmp_path / "a.json", "Ada")
    refused = played("verify", good)
    assert refused.code == 2
    assert refused.out == ""
    assert refused.err.splitlines()[0] == "Nothing at all."
    assert "--unconfined runs it all the same." in refused.err


class Unguarded:
    """A machine on which nothing holds."""

    complete = False
    sentences = ("Nothing at all.",)


def test_interactive_players_are_asked_for_their_name(
    played: Terminal, monkeypatch: pytest.MonkeyPatch, at_a_terminal: Callable[[], None]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.prompt", lambda text, err: " Ada ")
    assert played("export").json["standings"][0]["team"] == "Ada"
    assert played("export").json["standings"][0]["team"] == "Ada"
