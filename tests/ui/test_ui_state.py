"""What the interface keeps: documents against the disk, settings, notes of evidence, the bill."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.evidence import Evidence, Status
from engine.game import Submission
from engine.level import Level
from engine.scoring import Progress, State
from engine.verdict import Verdict
from engine.workspace import Workspace
from tui_debugger.account import account
from tui_debugger.documents import ChangedOnDisk, Documents
from tui_debugger.notebook import Notebook
from tui_debugger.settings import Memory, Place

START = {"transformer/a.py": "a = 1\n", "transformer/__init__.py": "", "training/b.py": "b = 1\n"}


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    workspace = Workspace(tmp_path / "work", START)
    workspace.ensure()
    return Documents(workspace)


def test_files_that_say_something_come_first_and_the_scratch_last(documents: Documents) -> None:
    assert documents.files == (
        "transformer/a.py",
        "training/b.py",
        "transformer/__init__.py",
        "scratch.py",
    )


def test_an_edit_is_written_when_it_is_saved(documents: Documents) -> None:
    documents.open("training/b.py")
    documents.edit("training/b.py", "b = 2\n")
    assert documents.dirty() == ("training/b.py",)
    documents.save("training/b.py")
    assert documents.workspace.read("training/b.py") == "b = 2\n"
    assert documents.dirty() == ()
    assert documents.edited("training/b.py")


def test_saving_never_runs_over_what_another_program_wrote(documents: Documents) -> None:
    documents.open("training/b.py")
    documents.edit("training/b.py", "mine\n")
    documents.workspace.write("training/b.py", "theirs\n")
    with pytest.raises(ChangedOnDisk) as conflict:
        documents.save("training/b.py")
    assert conflict.value.disk == "theirs\n"
    assert documents.workspace.read("training/b.py") == "theirs\n"
    documents.keep("training/b.py")
    assert documents.workspace.read("training/b.py") == "mine\n"


def test_the_same_edit_from_two_sides_is_no_conflict(documents: Documents) -> None:
    documents.open("training/b.py")
    documents.edit("training/b.py", "same\n")
    documents.workspace.write("training/b.py", "same\n")
    documents.save("training/b.py")
    assert documents.dirty() == ()


def test_what_another_program_wrote_is_taken_over_only_without_unsaved_edits(
    documents: Documents,
) -> None:
    for file in ("transformer/a.py", "training/b.py"):
        documents.open(file)
        documents.workspace.write(file, "theirs\n")
    documents.edit("training/b.py", "mine\n")
    assert documents.take_over(documents.look()) == ("transformer/a.py",)
    assert documents.open("training/b.py").text == "mine\n"


def test_the_revision_is_that_of_the_text_and_comes_back_with_it(documents: Documents) -> None:
    before = documents.revision()
    documents.open("training/b.py")
    assert documents.revision() == before
    documents.edit("training/b.py", "b = 2\n")
    assert documents.revision() != before
    documents.edit("training/b.py", "b = 1\n")
    assert documents.revision() == before


def test_settings_come_back(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "config" / "settings.json")
    memory.choose_theme("nord")
    memory.leave("sharp", Place("training/b.py", 3, 4))
    again = Memory(tmp_path / "config" / "settings.json")
    assert again.settings.theme == "nord"
    assert again.place("sharp") == Place("training/b.py", 3, 4)
    assert again.notice == ""


@pytest.mark.parametrize("text", ["", "{", '{"format": 2}', '{"format": 1, "theme": 3}', "\xff"])
def test_damaged_settings_are_set_aside_under_a_name_that_is_told(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, "latin-1")
    memory = Memory(path)
    aside = next(tmp_path.glob("settings.json.damaged-*"))
    assert str(aside) in memory.notice
    assert aside.read_text("latin-1") == text
    memory.choose_theme("nord")
    assert Memory(path).settings.theme == "nord"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_settings_that_cannot_be_kept_keep_nobody_from_playing(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir(mode=0o500)
    memory = Memory(tmp_path / "config" / "settings.json")
    memory.choose_theme("nord")
    assert memory.settings.theme == "nord"
    assert "cannot be kept" in memory.notice


def test_settings_in_the_place_of_a_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    memory = Memory(tmp_path / "config" / "settings.json")
    memory.choose_theme("nord")
    assert "cannot be" in memory.notice


def test_notes_come_back_with_the_revision_they_speak_of(tmp_path: Path) -> None:
    evidence = Evidence("loss.sign", "loss", Status.FIRES, "It is -2.")
    book = Notebook(tmp_path / "evidence" / "sharp.json")
    book.write(evidence, "abc")
    book.keep()
    note = Notebook(tmp_path / "evidence" / "sharp.json").notes["loss.sign"]
    assert (note.evidence, note.revision) == (evidence, "abc")


def test_a_damaged_notebook_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "sharp.json").write_text("[")
    assert Notebook(tmp_path / "sharp.json").notes == {}


def standing(state: State, award: int, mended: tuple[str, ...] = ()) -> Progress:
    return Progress(state, award, award, 0, 1, mended, None)


def submission(before: Progress, after: Progress) -> Submission:
    return Submission(Verdict(True), before, after, "")


def test_the_bill_counts_value_hints_and_what_was_won(level: Level) -> None:
    done = submission(standing(State.STARTED, 0), standing(State.SOLVED, 70, (level.parts[0].id,)))
    assert account(level, done) == (
        ("Value of the level", "100"), ("Hints taken", "−30"), ("Won", "+70"),
    )  # fmt: skip


def test_the_bill_names_the_floor_when_it_holds(level: Level) -> None:
    done = submission(standing(State.STARTED, 0), standing(State.SOLVED, 10, (level.parts[0].id,)))
    assert ("Never less than a tenth", "10") in account(level, done)


def test_the_bill_of_a_revealed_or_an_old_solution_is_one_line(level: Level) -> None:
    mended = (level.parts[0].id,)
    revealed = submission(standing(State.REVEALED, 0), standing(State.SOLVED, 0, mended))
    again = submission(standing(State.SOLVED, 70, mended), standing(State.SOLVED, 70, mended))
    assert account(level, revealed) == (("The answer had been taken", "0"),)
    assert account(level, again) == (("Won before", "70 points"),)
