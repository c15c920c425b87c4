"""A stranger's file: a card for each player, or one sentence that names file and field."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.catalog import Catalog
from engine.errors import BadExport
from engine.ledger import Submitted
from engine.scores.cards import Board, standings
from engine.scores.formats import EXPORTS
from engine.scores.reading import LARGEST, Reader
from tests.scores.players import NOW, board, history, player, solved

Change = Callable[[Any], None]


@pytest.fixture(scope="session")
def reader(tiny: Catalog) -> Reader:
    return Reader(tiny.levels, NOW)


def changed(four: Board, change: Change) -> bytes:
    """The four players' file after ``change``."""
    told = json.loads(EXPORTS["json"](four))
    change(told)
    return json.dumps(told).encode("utf-8", "surrogatepass")


def test_what_is_written_is_read_again(four: Board, reader: Reader) -> None:
    cards = reader.cards(EXPORTS["json"](four).encode())
    assert standings(cards) == four.rows


def test_a_file_of_many_gives_each_of_them(four: Board, reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "course.json"
    path.write_text(EXPORTS["json"](four))
    assert [card.player for card in reader.read(path)] == ["=Ada; ﷺ <b>|", "Ben", "Cy", "Di"]


def _set(*path: str | int, to: object) -> Change:
    def change(told: Any) -> None:
        for step in path[:-1]:
            told = told[step]
        told[path[-1]] = to

    return change


def _again(*path: str | int) -> Change:
    def change(told: Any) -> None:
        for step in path:
            told = told[step]
        told.append(told[-1])

    return change


LATER = (NOW + timedelta(days=1)).isoformat()
RECORD = ("solves", 4, "record")
"""Cy's on the second level: opened, probed, one hint, solved."""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("format", to="other"), "format: is other, not tui-debugger/score."),
        (_set("version", to=2), "version: is 2; this game reads version 1."),
        (_set("version", to="1"), "version: Expected `int`, got `str`."),
        (_set("extra", to=1), "it: Object contains unknown field `extra`."),
        (_set("solves", to={}), "solves: Expected `array`, got `object`."),
        (_set("solves", 0, "award", to=-5), "solves[0].award: Expected `int` >= 0."),
        (_set("solves", 0, "award", to=10**30), "solves[0].award: "),
        (_set("solves", 0, "award", to=True), "solves[0].award: Expected `int`, got `bool`."),
        (_set("solves", 0, "award", to=999), "solves[0].award: says 999, but its record amounts"),
        (_set("solves", 0, "value", to=999), "solves[0].value: says 999, but its record amounts"),
        (_set("solves", 4, "hints", to=0), "solves[4].hints: says 0, but its record amounts to 1."),
        (_set("solves", 3, "submissions", to=1), "solves[3].submissions: says 1, but"),
        (_set("solves", 0, "fix", to="x"), "solves[0].fix: says x, but"),
        (_set("solves", 0, "level", to="nope"), "solves[0].level: this version of the game has no"),
        (_set("solves", 0, "player", to="Nobody"), "solves[0].player: is not in the standings."),
        (_again("solves"), "solves[6].level: comes twice for Cy."),
        (_again("standings"), "standings[4].team: Di comes twice."),
        (_set("standings", 1, "team", to="DI"), "standings[3].team: Di comes twice."),
        (_set("standings", 0, "score", to=350), "standings[0].score: says 350, but its record"),
        (_set("standings", 2, "pos", to=1), "standings[2].pos: says 1, but"),
        (_set("standings", 2, "lastAccept", to=1), "standings[2].lastAccept: says 1, but"),
        (_set("standings", 0, "team", to="a\u202eb"), "standings[0].team: holds an invisible"),
        (_set("standings", 0, "team", to="a\x1b[2J"), "standings[0].team: holds a control char"),
        (_set("standings", 0, "team", to="x" * 65), "standings[0].team: Expected `str` of"),
        (_set("tasks", 0, to="Other"), "tasks[0]: Other is no level of this game."),
        (_set("exported_at", to=LATER), "exported_at: 2026-04-01T12:00+00:00 is in the future."),
        (_set("exported_at", to="2026-03-01T00:00:00"), "exported_at: Expected `datetime` with"),
        (_set(*RECORD, 0, "at", to=LATER), "solves[4].record[0].at: "),
        (_set(*RECORD, 0, "at", to="0001-01-01T00:00:00Z"), "solves[4].record[0].at: 0001-01-01"),
        (_set(*RECORD, 2, "deed", "cost", to=0), "solves[4].record[2].deed.cost: is 0, but that"),
        (_set(*RECORD, 2, "deed", "rung", to=1), "solves[4].record[2].deed.rung: is not the next"),
        (_set(*RECORD, 2, "deed", "reveals", to=True), "solves[4].record[2].deed.reveals: "),
        (_set(*RECORD, 2, "deed", "type", to="gift"), "solves[4].record[2].deed.type: "),
        (_set(*RECORD, 3, "deed", "solved", to=False), "solves[4].record: nothing was mended"),
        (_set(*RECORD, 3, "deed", "mended", to=["zz"]), "solves[4].record[3].deed.mended: names"),
        (_set(*RECORD, to=[]), "solves[4].record: Expected `array` of length >= 1."),
    ],
)
def test_what_is_forged_or_strange_is_named(
    four: Board, reader: Reader, change: Change, said: str
) -> None:
    with pytest.raises(BadExport) as error:
        reader.cards(changed(four, change))
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_dropping_the_hints_from_the_record_does_not_go_unseen(four: Board, reader: Reader) -> None:
    def change(told: Any) -> None:
        del told["solves"][4]["record"][2]

    with pytest.raises(BadExport, match=r"solves\[4\].award: says 40, but .* 50"):
        reader.cards(changed(four, change))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is not JSON"),
        (b"{", "it is not JSON"),
        (b"\x00\xff", "it is not JSON"),
        (b"[]", "it: Expected `object`, got `array`."),
        (b"{}", "format: is , not"),
        (b"[" * 200_000, "it"),
        (b'{"format": ' * 100_000, "format: Expected `str`, got `object`."),
        (b'{"x": ' + b"[" * 200_000, "it"),
        (b'{"format": "\xff"}', "it is not JSON"),
        (b" " * (LARGEST + 1), "it is larger than 64 MiB."),
    ],
    ids=["empty", "cut", "binary", "list", "object", "deep", "nested", "within", "text", "huge"],
)
def test_what_is_no_export_is_said_to_be_none(reader: Reader, data: bytes, said: str) -> None:
    with pytest.raises(BadExport) as error:
        reader.cards(data)
    assert str(error.value).startswith(said)
    assert len(str(error.value)) < 400


def test_a_file_that_cannot_be_read_is_named(reader: Reader, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(BadExport, match=r"^/.*: "):
            reader.read(path)


def test_a_strangers_text_is_shown_without_what_a_terminal_obeys(
    four: Board, reader: Reader
) -> None:
    with pytest.raises(BadExport) as error:
        reader.cards(changed(four, _set("format", to="\x1b]0;x\x07\u202e" * 100)))
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 200


def test_a_clock_an_hour_ahead_is_forgiven(tiny: Catalog, four: Board) -> None:
    data = EXPORTS["json"](four).encode()
    assert Reader(tiny.levels, NOW - timedelta(minutes=59)).cards(data)
    with pytest.raises(BadExport, match="in the future"):
        Reader(tiny.levels, NOW - timedelta(minutes=61)).cards(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def _places(told: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document."""
    inner = told.items() if isinstance(told, dict) else enumerate(told)
    found = []
    for step, value in inner:
        found.append((*path, step))
        if isinstance(value, dict | list):
            found += _places(value, (*path, step))
    return found


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_stands_anywhere_the_file_is_read_or_refused_in_one_sentence(
    data: st.DataObject, four: Board, reader: Reader
) -> None:
    told = json.loads(EXPORTS["json"](four))
    place = data.draw(st.sampled_from(_places(told)))
    value = data.draw(JSON)
    said = ""
    try:
        cards = reader.cards(changed(four, _set(*place, to=value)))
    except BadExport as error:
        said = str(error)
    else:
        assert {card.player for card in cards} == {row.card.player for row in four.rows}
        assert sum(card.score for card in cards) == 440
    assert "\n" not in said
    assert len(said) < 500


@given(st.binary(max_size=200))
def test_bytes_are_no_export(reader: Reader, data: bytes) -> None:
    with pytest.raises(BadExport):
        reader.cards(data)


@given(
    name=st.text("aé王=|<\u0301", min_size=1, max_size=8),
    taken=st.integers(0, 4),
    failed=st.integers(0, 3),
)
def test_any_honest_export_is_taken(
    tiny: Catalog, reader: Reader, name: str, taken: int, failed: int
) -> None:
    from engine.scores.names import tidy

    both = tiny.levels[2]
    half = history(both, [Submitted(False, ("upside-down",)), Submitted(True)], hours=5)
    made = board(tiny, player(tiny, tidy(name), solved(tiny.levels[0], taken, failed), half))
    assert standings(reader.cards(EXPORTS["json"](made).encode())) == made.rows
