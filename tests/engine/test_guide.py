"""The field guide's content: read strictly, and silent about bugs that are still a secret."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from engine import guide
from engine.catalog import Catalog
from engine.game import Game
from engine.guide import Entry, Guide, Row
from engine.scoring import State
from tests.engine.content import write_content

TIP = '[[tips]]\ntitle = "Look"\ntext = "Just look."\nprobes = ["attention.scale"]\n'
LEARNT = '[[learnt]]\nlevel = "steep-hill"\ntext = "Vary the size."\n'
MATRIX: dict[str, Any] = {
    "format": 1,
    "levels": {"steep-hill": {"fires": ["attention.scale"], "sometimes": ["loss.sign"]}},
    "probes": 3,
}
CLAIM: dict[str, Any] = {
    "level": "steep-hill",
    "number": "1.1",
    "note": 1,
    "says": "It is steep",
    "kind": "holds only when",
    "condition": "it has a slope",
}
AUDIT: dict[str, Any] = {"format": 1, "claims": [CLAIM]}


def written(
    root: Path,
    told: str | None = None,
    matrix: object | None = None,
    audit: object | None = None,
) -> Path:
    """The tiny pack with a guide of its own."""
    write_content(root)
    if told is not None:
        (root / "answer_key/guide.toml").write_text(told, "utf-8")
    if matrix is not None:
        (root / "answer_key/matrix.json").write_text(json.dumps(matrix), "utf-8")
    if audit is not None:
        (root / "answer_key/audit.json").write_text(json.dumps(audit), "utf-8")
    return root


@pytest.fixture
def full(tmp_path: Path) -> Guide:
    return guide.load(written(tmp_path, f"format = 1\n{TIP}{LEARNT}", MATRIX, AUDIT))


def entry(full: Guide, game: Game, id: str) -> Entry:
    level = game.catalog.find(id)
    return full.entry(level, game.progress(level))


def test_everything_is_read(full: Guide) -> None:
    assert [tip.title for tip in full.tips] == ["Look"]
    assert full.learnt == {"steep-hill": "Vary the size."}
    assert full.rows == {"steep-hill": (Row(("attention.scale",), ("loss.sign",)), 3)}


def test_a_pack_without_a_guide_adds_nothing(tmp_path: Path) -> None:
    assert guide.load(written(tmp_path)) == Guide()


def test_a_guide_without_a_matrix_has_no_rows(tmp_path: Path) -> None:
    found = guide.load(written(tmp_path, f"format = 1\n{TIP}"))
    assert len(found.tips) == 1
    assert found.rows == {}


def test_the_guide_is_not_taken_for_a_level(tmp_path: Path) -> None:
    root = written(tmp_path, f"format = 1\n{TIP}", MATRIX)
    assert len(Catalog(root).levels) == 3


@pytest.mark.parametrize(
    "told",
    [
        "format = 2",
        "format = 1",
        f"format = 1\nmore = 1\n{TIP}",
        f"format = 1\n{TIP}".replace("attention.scale", "attention"),
        "format = ",
        "format = 1\n[[tips]]\ntitle = 1",
    ],
)
def test_a_guide_that_is_not_valid_is_named(tmp_path: Path, told: str) -> None:
    (said,) = guide.load(written(tmp_path, told)).damage
    assert said.startswith("answer_key/guide.toml cannot be read (")


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"probes": 0},
        {"levels": {"steep-hill": {"fires": ["no name"]}}},
        {"levels": {"Steep Hill": {"fires": []}}},
        {"levels": []},
        {"seeds": 3},
    ],
)
def test_a_matrix_that_is_not_valid_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    (said,) = guide.load(written(tmp_path, matrix={**MATRIX, **change})).damage
    assert said.startswith("answer_key/matrix.json cannot be read (")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "perhaps"},
        {"number": "one"},
        {"note": 0},
        {"says": ""},
        {"figures": []},
    ],
)
def test_an_audit_that_is_not_valid_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    audit = {**AUDIT, "claims": [{**CLAIM, **change}]}
    (said,) = guide.load(written(tmp_path, audit=audit)).damage
    assert said.startswith("answer_key/audit.json cannot be read (")


def test_of_a_secret_bug_there_is_the_incident_only(full: Guide, game: Game) -> None:
    level = game.catalog.find("steep-hill")
    game.start(level)
    secret = entry(full, game, "steep-hill")
    assert secret == Entry("steep-hill", 1, "The steep hill", "critical", State.STARTED, None)


async def test_a_solved_level_is_told(full: Guide, game: Game) -> None:
    level = game.catalog.find("steep-hill")
    game.start(level)
    game.workspace(level).write("transformer/core.py", level.clean["transformer/core.py"])
    await game.submit(level)
    found = entry(full, game, "steep-hill").found
    assert found is not None
    assert (found.title, found.category) == ("Multiplied, not divided", "numerical")
    assert found.files == ("transformer/core.py",)
    assert [(claim.says, claim.kind) for claim in found.claims] == [
        ("It is steep", "holds only when")
    ]
    assert found.learnt == "Vary the size."
    assert found.row == Row(("attention.scale",), ("loss.sign",))
    assert found.probes == 3
    assert entry(full, game, "both").found is None


def test_a_revealed_level_is_told_and_no_other(full: Guide, game: Game) -> None:
    level = game.catalog.find("upside-down")
    while game.next_hint(level):
        game.take_hint(level)
    found = entry(full, game, "upside-down").found
    assert found is not None
    assert (found.title, found.learnt, found.row) == ("The sign of the loss", "", None)
    assert entry(full, game, "steep-hill").found is None


def test_the_games_guide_speaks_of_every_level() -> None:
    found = guide.load(resources.files("levels"))
    levels = {level.id: level for level in Catalog().levels}
    assert len(found.tips) == 5
    assert set(found.learnt) == set(found.rows) == set(levels)


def test_the_games_matrix_keeps_the_promises_of_the_levels() -> None:
    found = guide.load(resources.files("levels"))
    for level in Catalog().levels:
        row, probes = found.rows[level.id]
        promised = {name for part in level.parts for name in part.contract.fires}
        if len(level.parts) == 1:
            assert promised <= set(row.fires), level.id
        assert not set(row.fires) & set(row.sometimes)
        assert len(row.fires) + len(row.sometimes) <= probes


@pytest.mark.parametrize("name", ["guide.toml", "matrix.json", "audit.json"])
def test_what_is_damaged_takes_nothing_else_with_it(tmp_path: Path, full: Guide, name: str) -> None:
    (tmp_path / "answer_key" / name).write_text("{[", "utf-8")
    found = guide.load(tmp_path)
    kept = {"guide.toml": ("tips", "learnt"), "matrix.json": ("rows",), "audit.json": ("claims",)}
    for file, fields in kept.items():
        for field in fields:
            whole = Guide() if file == name else full
            assert getattr(found, field) == getattr(whole, field), field
    (said,) = found.damage
    assert guide.TELLS[name] in said
