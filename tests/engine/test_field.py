"""Notes from the field."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.errors import BadLevel
from engine.field import notes


def test_the_notes_of_the_game_belong_to_its_levels_and_have_a_source_each() -> None:
    catalog = Catalog()
    found = {level.id: notes(catalog.content, level.id) for level in catalog.levels}
    assert sum(map(len, found.values())) == 8
    assert all(
        note.source.startswith("https://github.com/") for of in found.values() for note in of
    )


def test_a_pack_without_notes_has_none(tmp_path: Path) -> None:
    assert notes(tmp_path, "sharp") == ()


@pytest.mark.parametrize(
    "text",
    [
        "format = 2\nnotes = []",
        "format = 1",
        'format = 1\n[[notes]]\nlevel = "a"\ntext = "b"\nsource = "hearsay"',
        "[",
    ],
)
def test_notes_that_are_not_valid_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "answer_key").mkdir()
    (tmp_path / "answer_key" / "field.toml").write_text(text, "utf-8")
    with pytest.raises(BadLevel, match=r"^answer_key/field\.toml cannot be read \("):
        notes(tmp_path, "a")
