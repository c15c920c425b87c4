"""The player's copy: edits are never lost, and whatever lies in the folder is coped with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EditedWork, WorkspaceError
from engine.workspace import LARGEST, Workspace, write_atomically

CORE = "transformer/core.py"
LOSS = "training/loss.py"
START = {CORE: "a = 1\nb = 2\n", LOSS: "c = 3\n", "training/__init__.py": ""}
NOW = datetime(2031, 5, 6, 7, 8, 9)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "work", START)
    workspace.create()
    return workspace


def files(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_creating_writes_the_start_and_nothing_else(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "new" / "work", START)
    assert not workspace.exists
    assert workspace.create() is None
    assert workspace.exists
    assert files(workspace.root) == START
    assert workspace.files == tuple(START)
    assert workspace.edited() == ()
    assert workspace.diff() == ""


def test_creating_again_over_an_untouched_start_is_no_loss(workspace: Workspace) -> None:
    assert workspace.create() is None
    assert files(workspace.root) == START


def test_edits_are_never_overwritten_unless_forced(workspace: Workspace) -> None:
    workspace.write(CORE, "mine\n")
    with pytest.raises(EditedWork, match=r"edited work \(transformer/core\.py\).*--force"):
        workspace.create()
    assert workspace.read(CORE) == "mine\n"
    kept = workspace.create(force=True)
    assert kept is not None
    assert kept.parent == workspace.root.parent
    assert files(kept)[CORE] == "mine\n"
    assert files(workspace.root) == START


def test_ensuring_writes_what_is_missing_and_leaves_edits_alone(workspace: Workspace) -> None:
    workspace.write(CORE, "mine\n")
    (workspace.root / LOSS).unlink()
    workspace.ensure()
    assert files(workspace.root) == {**START, CORE: "mine\n"}


def test_reset_keeps_the_old_work_beside_the_new(workspace: Workspace) -> None:
    workspace.write(CORE, "mine\n")
    (workspace.root / "transformer/helper.py").write_text("helps\n")
    kept = workspace.reset(NOW)
    assert kept == workspace.root.with_name("work.before-20310506-070809")
    assert files(kept) == {**START, CORE: "mine\n", "transformer/helper.py": "helps\n"}
    assert workspace.edited() == ()
    assert (workspace.root / "transformer/helper.py").exists()


def test_reset_never_writes_into_an_earlier_copy(workspace: Workspace) -> None:
    kept = []
    for text in ("first\n", "second\n", "third\n"):
        workspace.write(CORE, text)
        kept.append(workspace.reset(NOW))
    assert [files(path)[CORE] for path in kept if path] == ["first\n", "second\n", "third\n"]


def test_reset_without_edits_keeps_nothing(workspace: Workspace) -> None:
    assert workspace.reset() is None
    assert list(workspace.root.parent.iterdir()) == [workspace.root]


def test_reset_of_a_folder_with_a_missing_file_keeps_the_rest(workspace: Workspace) -> None:
    (workspace.root / CORE).unlink()
    kept = workspace.reset()
    assert kept is not None
    assert CORE not in files(kept)
    assert files(workspace.root) == START


def test_a_workspace_in_the_current_folder_can_be_reset(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    here = Workspace(Path(), START)
    here.write(CORE, "mine\n")
    kept = here.reset(NOW)
    assert kept == workspace.root.with_name("work.before-20310506-070809")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\xff\xfe a = 1", r"not UTF-8 text \(byte 0\)"),
        (b"x" * (LARGEST + 1), "larger than 1 MiB"),
        (None, "is missing; reset brings it back"),
    ],
)
def test_what_cannot_be_read_as_text_is_told_in_one_sentence(
    workspace: Workspace, content: bytes | None, complaint: str
) -> None:
    path = workspace.root / CORE
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=rf"^transformer/core\.py .*{complaint}"):
        workspace.read(CORE)
    assert workspace.edited() == ((CORE,) if content else ())
    kept = workspace.reset()
    assert kept is not None
    if content is not None:
        assert (kept / CORE).read_bytes() == content
    assert files(workspace.root) == START


def test_a_folder_or_a_pipe_in_a_files_place_is_told_at_once(workspace: Workspace) -> None:
    for make in (Path.mkdir, os.mkfifo):
        path = workspace.root / LOSS
        path.unlink() if path.is_file() else None
        make(path)
        with pytest.raises(WorkspaceError, match="is not a file"):
            workspace.read(LOSS)
        assert workspace.edited() == (LOSS,)
        path.rmdir() if path.is_dir() else path.unlink()


def test_writing_replaces_a_link_and_leaves_its_target_alone(
    workspace: Workspace, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere.py"
    target.write_text("theirs\n")
    (workspace.root / CORE).unlink()
    (workspace.root / CORE).symlink_to(target)
    assert workspace.edited() == (CORE,)
    workspace.create(force=True)
    assert target.read_text() == "theirs\n"
    assert files(workspace.root) == START


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        Workspace(tmp_path / "file", START).create()


def test_half_a_character_cannot_be_written_and_harms_nothing(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="half a character"):
        workspace.write(CORE, "x = '\ud800'")
    assert files(workspace.root) == START


def test_writing_is_whole_or_not_at_all(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        workspace.write(CORE, "half\n")
    assert files(workspace.root) == START


def test_writing_keeps_the_permissions_and_the_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    write_atomically(path, "x\n")
    path.chmod(0o600)
    write_atomically(path, "y\r\nz\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == b"y\r\nz\n"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a = 1\nb = 2\n", set()),
        ("a = 1\nb = 3\n", {1}),
        ("a = 1\nnew\nb = 2\n", {1}),
        ("b = 2\n", {0}),
        ("x\ny\nz\n", {0, 1, 2}),
    ],
)
def test_changed_lines_are_those_that_the_start_has_not(
    workspace: Workspace, text: str, changed: set[int]
) -> None:
    assert workspace.changed_lines(CORE, text) == changed


@given(st.lists(st.sampled_from(["a = 1", "b = 2", "other", ""]), max_size=12))
def test_a_line_that_is_not_marked_stands_in_the_start(lines: list[str]) -> None:
    workspace = Workspace(Path("nowhere"), START)
    changed = workspace.changed_lines(CORE, "\n".join(lines))
    before = START[CORE].splitlines()
    after = "\n".join(lines).splitlines()
    kept = [line for number, line in enumerate(after) if number not in changed]
    assert all(line in before for line in kept)
    assert (changed == frozenset()) == (after == before)


def test_a_snapshot_is_what_was_saved_and_stays_so(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / "transformer/helper.py").write_text("helps\n")
    (workspace.root / "transformer/notes.txt").write_text("not source\n")
    (workspace.root / "own.py").write_text("outside the packages\n")
    workspace.snapshot(tmp_path / "copy")
    workspace.write(CORE, "later\n")
    assert files(tmp_path / "copy") == {**START, "transformer/helper.py": "helps\n"}


def test_a_snapshot_takes_bytes_as_they_are(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / CORE).write_bytes(b"\xff\xfe")
    workspace.snapshot(tmp_path / "copy")
    assert (tmp_path / "copy" / CORE).read_bytes() == b"\xff\xfe"


def test_a_snapshot_passes_over_what_editors_hide(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / "transformer/.#core.py").symlink_to("someone@somewhere.42")
    hidden = workspace.root / "transformer/.ipynb_checkpoints"
    hidden.mkdir()
    (hidden / "core.py").write_text("old\n")
    workspace.snapshot(tmp_path / "copy")
    assert files(tmp_path / "copy") == START


def test_a_snapshot_of_a_link_or_a_giant_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    own = workspace.root / "transformer/own.py"
    own.symlink_to("/etc/hostname")
    with pytest.raises(WorkspaceError, match=r"transformer/own\.py is not a plain file"):
        workspace.snapshot(tmp_path / "copy")
    own.unlink()
    own.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(WorkspaceError, match=r"transformer/own\.py is larger than 1 MiB"):
        workspace.snapshot(tmp_path / "copy")


def test_a_snapshot_takes_no_folder_for_a_file_and_follows_no_linked_folder(
    workspace: Workspace, tmp_path: Path
) -> None:
    core = workspace.root / CORE
    core.unlink()
    core.mkdir()
    with pytest.raises(WorkspaceError, match=r"transformer/core\.py is not a plain file"):
        workspace.snapshot(tmp_path / "one")
    core.rmdir()
    core.write_text("")
    (workspace.root / "training").rename(tmp_path / "elsewhere")
    (workspace.root / "training").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorkspaceError, match="training is not a plain folder"):
        workspace.snapshot(tmp_path / "two")


def test_a_link_to_nothing_is_not_overwritten_unasked(workspace: Workspace) -> None:
    core = workspace.root / CORE
    core.unlink()
    core.symlink_to(core)
    workspace.ensure()
    assert core.is_symlink()
    workspace.reset(NOW)
    assert {file: workspace.read(file) for file in START} == START


def test_a_folder_without_a_workspace_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"holds no workspace.*start LEVEL --dir"):
        Workspace(tmp_path, START).snapshot(tmp_path / "copy")


def test_mending_leaves_sound_work_alone(workspace: Workspace) -> None:
    workspace.write(CORE, "mine\n")
    (workspace.root / LOSS).write_text("")
    workspace.mend()
    assert workspace.notice == ""
    assert set(workspace.edited()) == {LOSS, CORE}
    assert workspace.read(CORE) == "mine\n"


def no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe a = 1")


def zeros(path: Path) -> None:
    path.write_bytes(bytes(4096))


def out_of_proportion(path: Path) -> None:
    path.write_bytes(b"x" * (LARGEST + 1))


def folder(path: Path) -> None:
    path.unlink()
    (path / "inside").mkdir(parents=True)


def file_for_a_package(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_text("in the way")


def file_for_a_workspace(path: Path) -> None:
    root = path.parents[1]
    shutil.rmtree(root)
    root.write_text("in the way")


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (no_text, "work/transformer/core.py"),
        (zeros, "work/transformer/core.py"),
        (out_of_proportion, "work/transformer/core.py"),
        (folder, "work/transformer/core.py"),
        (file_for_a_package, "work/transformer"),
        (file_for_a_workspace, "work"),
    ],
)
def test_what_cannot_be_source_is_set_aside_and_named(
    workspace: Workspace, damage: Callable[[Path], None], named: str
) -> None:
    damage(workspace.root / CORE)
    found = workspace.root.parent / named
    content = found.read_bytes() if found.is_file() else None
    workspace.mend()
    assert f"{named}.damaged-" in workspace.notice
    assert str(workspace.root.parent) in workspace.notice
    assert "\n" not in workspace.notice
    (aside,) = workspace.root.parent.rglob("*.damaged-*")
    assert content is None or aside.read_bytes() == content
    assert {file: workspace.read(file) for file in START} == START
    again = Workspace(workspace.root, START)
    again.mend()
    assert again.notice == ""


@pytest.mark.parametrize("damage", [folder, file_for_a_package])
def test_reset_gets_by_whatever_is_in_the_way(
    workspace: Workspace, damage: Callable[[Path], None]
) -> None:
    damage(workspace.root / CORE)
    kept = workspace.reset()
    assert {file: workspace.read(file) for file in START} == START
    aside = [*workspace.root.glob("**/*.damaged-*"), *(kept.glob(CORE) if kept else ())]
    assert len(aside) == 1
