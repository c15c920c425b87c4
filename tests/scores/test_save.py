"""A whole save as one file: what is in it, what is refused, what is never lost."""

from __future__ import annotations

import sqlite3
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import save
from engine.catalog import Catalog
from engine.errors import BadSave
from engine.game import Game
from engine.home import Home
from tests.engine.doubles import Double


def _home(root: Path) -> Home:
    return Home(root / "data", root / "config", root / "logs")


@pytest.fixture
def here(tmp_path: Path) -> Home:
    return _home(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Home:
    return _home(tmp_path / "there")


@pytest.fixture
def game(tiny: Catalog) -> Callable[[Home], Game]:
    return lambda home: Game(home, tiny, Double())


async def _play(game: Game, note: str) -> None:
    """Solve a level, take a hint in another, leave files of one's own, choose a theme."""
    level = game.levels[0]
    workspace = game.open(level)
    for file, text in level.clean.items():
        workspace.write(file, text)
    (workspace.root / "my notes").mkdir()
    (workspace.root / "my notes" / "über.md").write_text(note, "utf-8")
    await game.submit(level)
    game.take_hint(game.levels[1])
    game.reset(level)
    for folder in ("history", "evidence/pack", "saved/steep-hill", "pictures"):
        (game.home.data / folder).mkdir(parents=True)
        (game.home.data / folder / "kept.txt").write_text(f"{folder} {note}")
    game.home.config.mkdir(parents=True, exist_ok=True)
    game.home.settings.with_name("keys.toml").write_text(f"# {note}")
    game.home.settings.write_text(f'{{"player": "{note}"}}')
    game.ledger.close()


def _files(home: Home) -> dict[str, bytes]:
    """What a player would miss."""
    folders = ("workspaces", "history", "evidence", "saved", "pictures")
    found = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for root, names in ((home.data, folders), (home.config, ("",)))
        for name in names
        for path in (root / name).rglob("*")
        if path.is_file()
    }
    assert {"settings.json", "keys.toml", "pictures/kept.txt"} <= set(found)
    return found


async def test_a_save_goes_on_elsewhere_as_it_was_here(
    here: Home, there: Home, game: Callable[[Home], Game], tmp_path: Path
) -> None:
    await _play(game(here), "mine")
    save.write(here, tmp_path / "save.zip")
    assert save.is_save(tmp_path / "save.zip")
    assert not save.exists(there)
    assert save.take(there, tmp_path / "save.zip") is None
    mine, theirs = game(here), game(there)
    assert theirs.ledger.entries() == mine.ledger.entries()
    assert [theirs.progress(level) for level in theirs.levels] == [
        mine.progress(level) for level in mine.levels
    ]
    assert _files(there) == _files(here)
    assert any("before-" in name for name in _files(there))
    mine.ledger.close()
    theirs.ledger.close()


async def test_what_an_import_replaces_is_kept_as_a_save(
    here: Home, there: Home, game: Callable[[Home], Game], tmp_path: Path
) -> None:
    await _play(game(here), "mine")
    await _play(game(there), "theirs")
    before = _files(there)
    save.write(here, tmp_path / "save.zip")
    assert save.exists(there)
    kept = save.take(there, tmp_path / "save.zip")
    assert kept is not None
    assert _files(there) == _files(here)
    assert save.take(there, kept) is not None
    assert _files(there) == before


async def test_a_game_that_is_open_sees_the_new_record_at_once(
    here: Home, there: Home, game: Callable[[Home], Game], tmp_path: Path
) -> None:
    await _play(game(here), "mine")
    save.write(here, tmp_path / "save.zip")
    theirs = game(there)
    theirs.open(theirs.levels[1])
    save.take(there, tmp_path / "save.zip")
    assert theirs.progress(theirs.levels[0]).award == 100
    theirs.ledger.close()


async def test_an_import_that_fails_half_way_puts_everything_back(
    here: Home,
    there: Home,
    game: Callable[[Home], Game],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _play(game(here), "mine")
    await _play(game(there), "theirs")
    before = _files(there)
    save.write(here, tmp_path / "save.zip")
    holder = sqlite3.connect(there.ledger)
    holder.execute("BEGIN EXCLUSIVE")  # as a disk that fails would: nothing can be recorded
    monkeypatch.setattr(save, "exists", lambda home: False)
    monkeypatch.setattr(save, "_WAIT", 0.1)
    with pytest.raises(BadSave, match="cannot be taken"):
        save.take(there, tmp_path / "save.zip")
    holder.close()
    assert _files(there) == before


def test_a_new_player_has_nothing_to_lose(
    here: Home, game: Callable[[Home], Game], tmp_path: Path
) -> None:
    fresh = game(here)
    fresh.ledger.close()
    assert not save.exists(here)
    save.write(here, tmp_path / "save.zip")
    assert save.take(here, tmp_path / "save.zip") is None


def _zip(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in entries:
            out.writestr(name, data)
    return path


def _link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


ABOUT = ("save.json", b'{"format": "tui-debugger/save", "version": 1}')


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([("../evil", b"")], "'../evil' has no place in a save."),
        ([("/etc/evil", b"")], "'/etc/evil' has no place in a save."),
        ([("workspaces/../../evil", b"")], "has no place in a save."),
        ([("workspaces/a/..", b"")], "has no place in a save."),
        ([("workspaces/a\\b/c", b"")], "has no place in a save."),
        ([("workspaces/C:/c", b"")], "has no place in a save."),
        ([("workspaces", b"")], "has no place in a save."),
        ([("rulings/forged.jsonl", b"")], "has no place in a save."),
        ([("evil.py", b"")], "has no place in a save."),
        ([(_link("workspaces/a/link"), b"/etc/passwd")], "has no place in a save."),
        ([("workspaces/a/b", b""), ("workspaces/A/B", b"")], "is in it twice."),
        ([("workspaces/a/b", b"")], "save.json: "),
        ([("save.json", b'{"version": 2}')], "save.json: "),
        ([("save.json", b"{")], "save.json: "),
        ([ABOUT, ("ledger.sqlite3", b"no database, but as long as one would be" * 99)], "ledger"),
        ([ABOUT, ("workspaces/a/b", b""), ("workspaces/a/b/c", b"")], "cannot be taken"),
    ],
)
async def test_what_does_not_belong_in_a_save_is_refused_and_nothing_is_touched(
    here: Home,
    game: Callable[[Home], Game],
    tmp_path: Path,
    entries: list[tuple[str | zipfile.ZipInfo, bytes]],
    said: str,
) -> None:
    await _play(game(here), "mine")
    before = _files(here)
    path = _zip(tmp_path / "evil.zip", *entries)
    with pytest.raises(BadSave, match=r"^/.*evil\.zip: ") as error:
        save.take(here, path)
    assert said in str(error.value)
    assert _files(here) == before
    assert not (tmp_path / "evil").exists()
    assert not list(here.data.glob(".import-*"))


def test_a_save_that_would_fill_the_disk_is_refused(
    here: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(save, "LARGEST", 1000)
    path = _zip(tmp_path / "bomb.zip", ABOUT, ("workspaces/a/b", bytes(2000)))
    with pytest.raises(BadSave, match="unpacks to more than"):
        save.take(here, path)


def test_a_file_that_is_cut_short_is_refused(here: Home, tmp_path: Path) -> None:
    path = _zip(tmp_path / "cut.zip", ABOUT)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(BadSave, match=r"cut\.zip"):
        save.take(here, path)


def test_a_save_that_cannot_be_written_leaves_nothing_behind(here: Home, tmp_path: Path) -> None:
    with pytest.raises(BadSave, match="cannot be written"):
        save.write(here, tmp_path / "missing" / "save.zip")
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(BadSave, match="cannot be written"):
        save.write(here, tmp_path / "folder.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.zip"]
