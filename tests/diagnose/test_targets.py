"""What a path offers is found without running any of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.diagnose.target import find
from engine.errors import NothingToAsk
from engine.sandbox.messages import Diagnose, Probe


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def test_a_repository_of_the_course_is_known_by_its_tests_folder(tmp_path: Path) -> None:
    found = find(write(tmp_path, tests__adapters_py="raise SystemExit"))
    assert (found.root, found.adapters) == (tmp_path, tmp_path / "tests/adapters.py")
    assert found.name == "tests/adapters.py"
    assert found.task(("norm.eps",), 3, "half") == Diagnose(
        str(tmp_path), str(tmp_path / "tests/adapters.py"), None, "half", ("norm.eps",), 3
    )


def test_functions_and_a_bound_model_are_asked_together(tmp_path: Path) -> None:
    write(tmp_path, adapters_py="", tui_debugger_model_py="")
    assert find(tmp_path).name == "adapters.py and tui_debugger_model.py"


def test_a_workspace_of_the_game_is_just_another_subject(tmp_path: Path) -> None:
    found = find(write(tmp_path, transformer__core_py="", training__loss_py=""))
    assert found.workspace
    assert found.task(None) == Probe(str(tmp_path), None, 0)


def test_a_file_is_known_by_what_it_defines_and_read_from_its_repository(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject_py="",
        src__mine__one_py="from parts import run_rope",
        src__mine__two_py="def build(): ...",
        src__mine__three_py="run_silu = None",
    )
    (tmp_path / "pyproject.toml").touch()
    assert find(tmp_path / "src/mine/one.py").adapters == tmp_path / "src/mine/one.py"
    assert find(tmp_path / "src/mine/two.py").model == tmp_path / "src/mine/two.py"
    assert find(tmp_path / "src/mine/three.py").root == tmp_path


@pytest.mark.parametrize(
    ("text", "says"),
    [("x = 1", "defines none of the course's adapters"), ("def (", "cannot be read as Python")],
)
def test_a_file_with_nothing_to_ask_says_what_is_wanted(
    tmp_path: Path, text: str, says: str
) -> None:
    write(tmp_path, mine_py=text)
    with pytest.raises(NothingToAsk, match=says):
        find(tmp_path / "mine.py")


def test_an_empty_folder_and_a_path_that_is_not_there_say_so(tmp_path: Path) -> None:
    with pytest.raises(NothingToAsk, match=r"holds neither tests/adapters\.py nor adapters\.py"):
        find(tmp_path)
    with pytest.raises(NothingToAsk, match="neither a file nor a folder"):
        find(tmp_path / "nowhere")
