"""What code under test has made of its folder is removed, and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engine.sandbox.removal import passing_folder, remove, removing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such folders")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    return made


def test_folders_deeper_than_any_path_or_stack(folder: Path) -> None:
    inner = os.open(folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("x" * 200, dir_fd=inner)
        deeper = os.open("x" * 200, os.O_RDONLY, dir_fd=inner)
        os.close(inner)
        inner = deeper
    os.close(inner)
    remove(folder)
    assert not folder.exists()


def test_locked_folders_and_odd_files(folder: Path) -> None:
    locked = folder / "a" / "b"
    locked.mkdir(parents=True)
    (locked / "file").write_text("x")
    os.mkfifo(locked / "pipe")
    (locked / "nowhere").symlink_to("nothing")
    for path in (locked / "file", locked, locked.parent, folder):
        path.chmod(0)
    remove(folder)
    assert not folder.exists()


def test_what_a_link_points_to_stays(folder: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o750)
    (theirs / "file").write_text("x")
    (folder / "link").symlink_to(theirs)
    remove(folder)
    assert not folder.exists()
    folder.symlink_to(theirs)
    remove(folder)
    assert (theirs / "file").read_text() == "x"
    assert theirs.stat().st_mode & 0o777 == 0o750


def test_many_are_removed_in_steps_of_one(folder: Path) -> None:
    for number in range(40):
        (folder / f"{number}" / "inner").mkdir(parents=True)
    steps = removing(folder)
    for _ in range(40):
        next(steps)
    assert any(folder.iterdir())
    remove(folder)
    assert not folder.exists()
    assert list(steps) == []


def test_what_is_not_there_is_no_error(folder: Path) -> None:
    with passing_folder("made-", folder) as inner:
        assert inner.parent == folder
        inner.rmdir()
    remove(folder)
    remove(folder)
    assert not folder.exists()
