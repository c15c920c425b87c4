"""The pack's files with any byte changed: the file is named, and every other level still plays."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings

from engine import guide
from engine.catalog import Catalog
from engine.game import Game
from engine.home import Home
from tests.engine.doubles import Double
from tests.robustness.damage import Damage, damages
from tui_debugger.cli import main

PACK = Path(str(resources.files("levels"))) / "answer_key"
FILES = sorted(path.name for path in PACK.iterdir() if path.suffix in (".toml", ".json"))
LEVELS = [name for name in FILES if re.match(r"\d\d-", name)]
WHOLE = Catalog()
WHOLE_GUIDE = guide.load(WHOLE.content)
GUIDE = {"guide.toml": ("tips", "learnt"), "matrix.json": ("rows",), "audit.json": ("claims",)}
"""What the field guide has from each file."""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to be damaged, file by file."""
    return Path(shutil.copytree(PACK.parent, tmp_path_factory.mktemp("content") / "levels"))


@contextmanager
def accident(content: Path, name: str, found: bytes) -> Iterator[None]:
    """One of the pack's files holds ``found``, and is sound again afterwards."""
    path = content / "answer_key" / name
    path.write_bytes(found)
    try:
        yield
    finally:
        path.write_bytes((PACK / name).read_bytes())


@contextmanager
def played(game: Game) -> Iterator[Game]:
    """``game``, which lets go of its home afterwards."""
    try:
        yield game
    finally:
        game.ledger.close()


def affected(name: str) -> set[int]:
    """The numbers of the levels that read ``name``: all bugs at once reads all of them."""
    return {int(name[:2]), len(LEVELS)} if name in LEVELS else set()


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=15)
@given(damage=damages)
def test_any_damage_to_a_file_of_the_pack_leaves_the_other_levels_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, content: Path, name: str, damage: Damage
) -> None:
    found = damage.to((PACK / name).read_bytes())
    root = tmp_path_factory.mktemp("home")
    with (
        accident(content, name, found),
        played(Game(Home(root, root, root), Catalog(content), Double())) as game,
    ):
        others = {w.number: w for w in WHOLE.levels if w.number not in affected(name)}
        assert {level.number for level in game.levels} >= set(others)
        for level in game.levels:
            if level.number in others:
                whole = others[level.number]
                assert (level.file, level.start) == (whole.file, whole.start)
            game.open(level)
            game.take_hint(level)
            assert game.progress(level).hints == 1
        said = " ".join(game.notices)
        for number in {*range(1, len(LEVELS) + 1)} - {level.number for level in game.levels}:
            assert LEVELS[number - 1] in said
        told = guide.load(game.catalog.content)
        assert all(said.startswith(f"answer_key/{name} ") for said in told.damage)
        for file, fields in GUIDE.items():
            for field in fields:
                if file != name:
                    assert getattr(told, field) == getattr(WHOLE_GUIDE, field)
                elif told.damage:
                    assert getattr(told, field) == getattr(guide.Guide(), field)


@pytest.mark.parametrize("name", ["03-page-numbers.toml", "pack.toml"])
def test_the_command_line_names_a_damaged_file_and_goes_on(
    content: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path, tmp_path, tmp_path / "logs")

    def make() -> Game:
        return Game(home, Catalog(content), Double())

    with accident(content, name, (PACK / name).read_bytes()[:-20] + b"\0"):
        with pytest.raises(SystemExit) as end:
            main(["list"], make)
        told = capsys.readouterr()
        assert end.value.code == 0
        assert told.err.count("\n") == 1
        assert f"answer_key/{name}" in told.err
        numbers = {line[:1] for line in told.out.splitlines() if line[:1].isdigit()}
        assert ("3" in numbers) == (name == "pack.toml")
        with pytest.raises(SystemExit) as end:
            main(["start", "5"], make)
        assert end.value.code == 0
