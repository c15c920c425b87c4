"""Reading packs: what a good one gives, and the sentence that a bad one gets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import Catalog
from engine.errors import BadLevel, UnknownLevel
from tests.engine.content import BOTH, CODEBASE, SCALE, SIGN, catalog, write_content


def test_levels_are_numbered_in_the_order_of_their_files(tiny: Catalog) -> None:
    assert [(level.number, level.id) for level in tiny.levels] == [
        (1, "steep-hill"),
        (2, "upside-down"),
        (3, "both"),
    ]
    assert {level.pack for level in tiny.levels} == {"answer-key"}


@pytest.mark.parametrize("reference", [2, "2", " 2 ", "upside-down"])
def test_a_level_is_found_by_number_or_id(tiny: Catalog, reference: str | int) -> None:
    assert tiny.find(reference).id == "upside-down"


@pytest.mark.parametrize("reference", ["0", "4", "-1", "1.0", "", "upside", "training/loss.py"])
def test_an_unknown_level_is_told_what_would_be_known(tiny: Catalog, reference: str) -> None:
    with pytest.raises(UnknownLevel, match="from 1 to 3 or an id"):
        tiny.find(reference)


def test_a_level_differs_from_the_codebase_by_its_edits_alone(tiny: Catalog) -> None:
    level = tiny.find(1)
    assert level.clean == CODEBASE
    assert level.start == {
        **CODEBASE,
        "transformer/core.py": CODEBASE["transformer/core.py"].replace("x / d_k", "x * d_k"),
    }


def test_a_level_of_parts_holds_the_edits_of_all_of_them(tiny: Catalog) -> None:
    both = tiny.find("both")
    assert [part.id for part in both.parts] == ["steep-hill", "upside-down"]
    assert "x * d_k" in both.start["transformer/core.py"]
    assert "return sum(" in both.start["training/loss.py"]
    assert [part.contract.decides for part in both.parts] == [
        ("attention.values",),
        ("loss.values", "loss.gradient"),
    ]


def test_only_python_files_make_the_codebase(tmp_path: Path) -> None:
    root = write_content(tmp_path)
    (root / "codebase/transformer/__pycache__").mkdir()
    (root / "codebase/transformer/__pycache__/core.py").write_text("stale")
    (root / "codebase/transformer/notes.txt").write_text("notes")
    assert Catalog(root).codebase == CODEBASE


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"format": 2}, "format"),
        ({"id": "Two Words"}, "id"),
        ({"title": ""}, "title"),
        ({"severity": "dreadful"}, "severity"),
        ({"value": 0}, "value"),
        ({"value": "100"}, "value"),
        ({"hints": []}, "hints"),
        ({"hints": [{"title": "t", "cost": -5, "text": "x"}]}, r"hints\[0\].cost"),
        ({"hints": [{"title": "t", "cost": 5, "text": "x", "probe": "vague"}]}, "probe"),
        ({"answer": {"title": "t"}}, "explanation.*answer"),
        ({"contract": {"fires": [], "decides": ["a.b"]}}, r"contract.fires"),
        ({"contract": {"fires": ["a.b"], "decides": []}}, r"contract.decides"),
        ({"spoiler": True}, "spoiler"),
        ({"edits": []}, "either parts, or edits and a contract"),
        ({"parts": ["upside-down"]}, "either parts, or edits and a contract"),
    ],
)
def test_a_bad_level_is_refused_by_file_and_field(
    tmp_path: Path, change: Mapping[str, Any], complaint: str
) -> None:
    damage = catalog(tmp_path, ("01-scale.toml", {**SCALE, **change})).damage
    assert re.match(rf"answer_key/01-scale\.toml: .*{complaint}", damage[0])


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        ({"file": "transformer/lost.py", "find": "x", "replace": "y"}, "no file transformer/lost"),
        ({"file": "transformer/core.py", "find": "not there", "replace": "y"}, "0 times"),
        ({"file": "transformer/core.py", "find": "return", "replace": "y"}, "2 times"),
        ({"file": "transformer/core.py", "find": "", "replace": "y"}, "find"),
    ],
)
def test_an_edit_stands_exactly_once(
    tmp_path: Path, edit: Mapping[str, Any], complaint: str
) -> None:
    damage = catalog(tmp_path, ("01-scale.toml", {**SCALE, "edits": [edit]})).damage
    assert re.match(rf"answer_key/01-scale\.toml: .*edits.*{complaint}", damage[0])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"parts": ["steep-hill", "lost"]}, "parts: .*'lost'"),
        ({"parts": ["steep-hill", "both"]}, "parts: .*'both'"),
        ({"parts": ["steep-hill", "steep-hill"]}, "edits: .*0 times"),
        ({"value": 201}, "value: 201 is not a multiple of its 2 parts"),
    ],
)
def test_parts_are_levels_of_the_same_pack(
    tmp_path: Path, change: Mapping[str, Any], complaint: str
) -> None:
    (damage,) = catalog(tmp_path, ("03-both.toml", {**BOTH, **change})).damage
    assert re.match(rf"answer_key/03-both\.toml: {complaint}", damage)


def test_two_levels_never_share_an_id(tmp_path: Path) -> None:
    twin = ("02-sign.toml", {**SIGN, "id": "steep-hill"})
    third = ("03-both.toml", {**SIGN, "id": "third"})
    found = catalog(tmp_path, twin, third)
    assert [level.number for level in found.levels] == [1, 3]
    (damage,) = found.damage
    assert damage == "answer_key/02-sign.toml: id: more than one level is called steep-hill"


def test_a_level_file_under_another_kind_of_name_is_not_passed_over(tmp_path: Path) -> None:
    (damage,) = catalog(tmp_path, ("4-more.toml", SCALE)).damage
    assert re.match(r"answer_key/4-more\.toml: .*NN-name\.toml", damage)


@pytest.mark.parametrize("content", [b"format = ", b"\xff\xfe", b"format = 1\nformat = 1\n"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    root = write_content(tmp_path)
    (root / "answer_key/02-sign.toml").write_bytes(content)
    found = Catalog(root)
    assert found.damage[0].startswith("answer_key/02-sign.toml: ")
    # Level 3 has all bugs of the pack in it, this one's too.
    assert found.damage[1].startswith("answer_key/03-both.toml: parts")
    assert len(found.damage) == 2
    assert [level.number for level in found.levels] == [1]
    assert "answer_key/02-sign.toml" in found.notice


def test_levels_keep_their_numbers_beside_one_that_cannot_be_read(tmp_path: Path) -> None:
    found = catalog(tmp_path, ("01-scale.toml", {**SCALE, "value": 0}))
    assert [(level.number, level.id) for level in found.levels] == [(2, "upside-down")]
    assert found.find(2).id == "upside-down"
    with pytest.raises(UnknownLevel):
        found.find(1)


def test_without_a_single_level_there_is_nothing_to_play(tmp_path: Path) -> None:
    root = write_content(tmp_path, {"01-scale.toml": {**SCALE, "value": 0}})
    with pytest.raises(BadLevel, match=r"^answer_key/01-scale\.toml: "):
        _ = Catalog(root).levels


def test_a_codebase_that_is_no_text_is_named(tmp_path: Path) -> None:
    root = write_content(tmp_path)
    (root / "codebase/training/loss.py").write_bytes(b"\xff\xfe")
    with pytest.raises(BadLevel, match=r"^codebase/training/loss\.py: "):
        _ = Catalog(root).levels


def test_a_pack_without_its_own_file_is_named(tmp_path: Path) -> None:
    root = write_content(tmp_path)
    (root / "answer_key/pack.toml").unlink()
    found = Catalog(root)
    assert [damage.partition(": ")[0] for damage in found.damage] == ["answer_key/pack.toml"]
    assert len(found.levels) == 3


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    root = write_content(tmp_path)
    found = Catalog(root)
    assert [level.number for level in found.first(1)] == [1]
    assert found.find(2).number == 2
    assert not found.complete
    (root / "answer_key/03-both.toml").write_text("format = ")
    assert [level.number for level in found.levels] == [1, 2]
    assert found.complete
    assert found.damage[0].startswith("answer_key/03-both.toml: ")
    assert [level.number for level in found.first(9)] == [1, 2]


def test_a_level_that_has_the_bugs_of_later_ones_can_be_read_before_them(tmp_path: Path) -> None:
    both = ("00-both.toml", {**BOTH, "id": "before"})
    first = catalog(tmp_path, both).first(1)[0]
    assert [part.id for part in first.parts] == BOTH["parts"]
