"""Every format against what its own document demands."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.catalog import Catalog
from engine.scores.cards import Board
from engine.scores.document import schema
from engine.scores.formats import BOARDS, EXPORTS
from engine.scores.formats.ccs import team_id
from engine.scores.formats.markdown import plain
from tests.scores.players import NOW, START, board, player, solved
from tests.scores.specs import CCS, CTFTIME

ADA = "=Ada; ﷺ <b>|"


def valid(text: str, schema: dict[str, Any]) -> Any:
    """``text`` decoded, once it fits ``schema``."""
    assert text.isascii()
    told = json.loads(text)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(told)
    return told


def test_the_own_format_keeps_to_the_schema_that_is_published(four: Board) -> None:
    Draft202012Validator.check_schema(schema())
    told = valid(EXPORTS["json"](four), schema())
    assert told["verified"] is False
    assert [row["score"] for row in told["standings"]] == [150, 150, 140, 0]
    assert [row["pos"] for row in told["standings"]] == [1, 1, 3, 4]
    assert {solve["player"] for solve in told["solves"]} == {ADA, "Ben", "Cy"}


def test_a_solve_has_what_the_score_is_made_of(four: Board) -> None:
    solves = json.loads(EXPORTS["json"](four))["solves"]
    hinted = next(s for s in solves if s["player"] == "Cy" and s["level"] == "upside-down")
    assert (hinted["award"], hinted["value"], hinted["hints"]) == (40, 50, 1)
    assert (hinted["claim"], hinted["submissions"], hinted["solved"]) == (None, 1, True)
    assert hinted["fix"].startswith("--- a/training/loss.py\n+++ b/training/loss.py\n@@ ")
    assert hinted["started_at"] < hinted["solved_at"] == hinted["gained_at"]
    half = next(s for s in solves if s["level"] == "both")
    assert (half["award"], half["solved"], half["solved_at"]) == (100, False, None)


def test_what_is_nobody_elses_concern_stays_at_home(four: Board) -> None:
    text = EXPORTS["json"](four)
    assert "secret" not in text
    assert "quiet.after" not in text
    assert "loss.values" not in text


def test_ctftime_gets_its_feed(four: Board) -> None:
    feed = valid(EXPORTS["ctftime"](four), CTFTIME)
    assert list(feed) == ["tasks", "standings"]
    assert feed["tasks"] == ["The steep hill", "Upside down", "Everything at once"]
    for row in feed["standings"]:
        assert set(row["taskStats"]) <= set(feed["tasks"])
        assert row["score"] == sum(stat["points"] for stat in row["taskStats"].values())
        times = [stat["time"] for stat in row["taskStats"].values()]
        assert row.get("lastAccept") == max(times, default=None)
    first = int((START + timedelta(minutes=2)).timestamp())
    assert feed["standings"][0]["team"] == ADA
    assert feed["standings"][0]["taskStats"]["The steep hill"] == {"points": 100, "time": first}


def test_the_contest_api_gets_its_scoreboard(four: Board) -> None:
    told = valid(EXPORTS["ccs"](four), CCS)
    assert told["state"]["started"] == "2026-03-01T12:00:00.000+00:00"
    assert told["contest_time"] == "720:00:00.000"
    assert [row["rank"] for row in told["rows"]] == [1, 1, 3, 4]
    ben = next(row for row in told["rows"] if row["team_id"] == "Ben")
    assert ben["score"] == {"score": 150, "time": "6:04:00.000"}
    assert ben["problems"][1] == {
        "problem_id": "upside-down",
        "num_judged": 3,
        "num_pending": 0,
        "score": 50,
        "time": "6:04:00.000",
    }
    assert told["rows"][3]["score"] == {"score": 0, "time": None}


def test_every_score_adds_up_in_the_contest_api_too(four: Board) -> None:
    for row in json.loads(EXPORTS["ccs"](four))["rows"]:
        assert row["score"]["score"] == sum(problem["score"] for problem in row["problems"])
        times = [problem["time"] for problem in row["problems"] if "time" in problem]
        assert row["score"]["time"] in (times or [None])


@pytest.mark.parametrize("name", ["Ada", "a b", "ﷺ", "../x", "x" * 64, "Ada-" + "0" * 16])
def test_a_team_has_an_identifier_of_its_own(name: str) -> None:
    made = team_id(name)
    assert 0 < len(made) <= 36
    assert made.isascii()
    assert (made == name) == (name == "Ada")
    assert made != team_id(f"{name}!")


def test_an_empty_board_fits_every_format(tiny: Catalog) -> None:
    empty = board(tiny)
    valid(EXPORTS["json"](empty), schema())
    valid(EXPORTS["ctftime"](empty), CTFTIME)
    valid(EXPORTS["ccs"](empty), CCS)
    for name in ("csv", "ctfd", "markdown", "html"):
        assert BOARDS[name](empty)


def test_ctfd_gets_its_columns_and_a_row_for_each_user(four: Board) -> None:
    text = EXPORTS["ctfd"](four)
    head, *_ = text.split("\r\n")
    assert head == "place,user name,user id,user email,score,user bracket id,user bracket name"
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("1", f"'{ADA}", "150"),
        ("1", "Ben", "150"),
        ("3", "Cy", "140"),
        ("4", "Di", "0"),
    ]
    assert sorted(int(row[2]) for row in rows) == [1, 2, 3, 4]
    assert {(row[3], row[5], row[6]) for row in rows} == {("", "", "")}


def test_the_grade_book_has_a_column_for_each_level(four: Board) -> None:
    rows = list(csv.DictReader(io.StringIO(EXPORTS["csv"](four), newline="")))
    assert [row["rank"] for row in rows] == ["1", "1", "3", "4"]
    cy = rows[2]
    assert (cy["steep-hill"], cy["upside-down"], cy["both"]) == ("", "40", "100")
    assert (cy["solved"], cy["hints"], cy["submissions"]) == ("1", "1", "2")
    assert cy["last gain (UTC)"] == "2026-03-01 15:02"
    assert {row["verified"] for row in rows} == {"no"}


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "x;=1+1", 'x",=1'])
@pytest.mark.parametrize("form", ["csv", "ctfd"])
def test_no_name_is_a_formula_however_the_list_is_cut(tiny: Catalog, name: str, form: str) -> None:
    text = EXPORTS[form](board(tiny, player(tiny, name, solved(tiny.levels[0]))))
    for delimiter in ",;":
        body = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[1:]
        cells = [cell for row in body for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for cell in cells)
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert name in [cell.replace("'", "") for cell in cells]


def test_markdown_shows_names_as_they_are(four: Board) -> None:
    lines = BOARDS["markdown"](four).splitlines()
    assert lines[2].startswith("| 1 | \\=Ada\\; ﷺ &lt;b&gt;\\| | 150 | 2 | 2026-03-01 13:02 | no |")
    assert lines[3].startswith("| 1 | Ben | 150 |")
    assert {line.count(" | ") for line in lines[2:]} == {5}


@pytest.mark.parametrize("name", ["[x](javascript:1)", "<img src=x>", "`a`", "a|b", "*b*", "\\"])
def test_no_name_is_markup_in_markdown(name: str) -> None:
    shown = plain(name)
    for mark in "[](|*`\\:":
        assert shown.count(mark) == shown.count(f"\\{mark}") or mark == "\\"
    assert "<" not in shown


def test_the_time_of_a_board_is_that_of_its_making(four: Board) -> None:
    assert json.loads(EXPORTS["json"](four))["exported_at"].startswith(f"{NOW:%Y-%m-%dT%H:%M}")
