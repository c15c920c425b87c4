"""``tui-debugger diagnose`` from end to end, in the real sandbox."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from engine.catalog import Catalog
from engine.diagnose import run
from engine.errors import NothingToAsk
from engine.guide import load
from engine.workspace import Workspace
from tui_debugger.cli import main
from tui_debugger.testing import assert_silent

SOUND = """
import torch

print("loading mine")

def run_silu(in_features):
    return torch.nn.functional.silu(in_features)

def run_softmax(in_features, dim):
    return torch.softmax(in_features, dim)

def run_rope(d_k, theta, max_seq_len, in_query_or_key, token_positions):
    raise NotImplementedError
"""
FAULTY = (
    SOUND
    + """
def run_softmax(in_features, dim):
    return in_features.exp() / in_features.exp().sum(dim, keepdim=True)
"""
)
ENDS = (
    SOUND
    + """
import os

def run_silu(in_features):
    os._exit(3)
"""
)
ASKED = ("feed_forward.silu", "layers.softmax", "layers.softmax_huge", "rope.norms")

Command = Callable[..., "Outcome"]


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def diagnose(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Command:
    monkeypatch.setenv("TUI_DEBUGGER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["diagnose", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Outcome(end.value.code, out, err)

    return run


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[str], Path]:
    def write(source: str) -> Path:
        root = tmp_path / "their repository"
        (root / "tests").mkdir(parents=True)
        (root / "tests" / "adapters.py").write_text(source, "utf-8")
        return root

    return write


def tree(root: Path) -> dict[str, bytes]:
    return {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()}


def test_a_fault_is_told_as_one_object_and_nothing_is_written(
    diagnose: Command, repository: Callable[[str], Path]
) -> None:
    root = repository(FAULTY)
    before = tree(root)
    told = diagnose(root, *ASKED, "--json")
    assert tree(root) == before
    assert told.code == 1
    (finding,) = told.json["findings"]
    assert (finding["component"], finding["probe"]) == ("softmax", "layers.softmax_huge")
    assert finding["finding"].startswith("An input of ")
    assert finding["measurements"][0].keys() >= {"what", "observed", "expected", "tolerance"}
    assert told.json["skipped"] == [
        {"component": "rope", "probe": "rope.norms", "reason": "run_rope is not implemented yet."}
    ]
    assert "| loading mine" in told.err


def test_a_damaged_matrix_is_told_beside_findings_that_lack_their_level(
    diagnose: Command,
    repository: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "answer_key").mkdir()
    (tmp_path / "answer_key" / "matrix.json").write_text("{", "utf-8")
    monkeypatch.setattr(run, "load", lambda _: load(tmp_path))
    told = diagnose(repository(FAULTY), *ASKED, "--json")
    assert told.code == 1
    assert [finding["level"] for finding in told.json["findings"]] == [None]
    assert "answer_key/matrix.json cannot be read (" in told.err


def test_silence_ends_with_zero_and_is_written_where_it_is_wanted(
    diagnose: Command, repository: Callable[[str], Path], tmp_path: Path
) -> None:
    xml, html = tmp_path / "report.xml", tmp_path / "report.html"
    told = diagnose(repository(SOUND), *ASKED, "--junit", xml, "--html", html)
    assert told.code == 0
    assert "✓ Silent: 3 probes quiet, 1 skipped" in told.out
    assert ET.parse(xml).getroot().get("tests") == "4"
    assert "tests/adapters.py" in html.read_text("utf-8")


def test_a_probe_at_which_the_code_ends_its_process_is_a_finding_and_the_run_goes_on(
    diagnose: Command, repository: Callable[[str], Path]
) -> None:
    told = diagnose(repository(ENDS), *ASKED, "--json")
    assert told.code == 1
    (finding,) = told.json["findings"]
    assert finding["component"] == "silu"
    assert "ended the process itself" in finding["finding"]
    assert len(told.json["skipped"]) == 1


def test_what_cannot_be_loaded_is_misuse_and_says_what_to_do(
    diagnose: Command, repository: Callable[[str], Path]
) -> None:
    told = diagnose(repository("import jaxtyping_not_there\ndef run_silu(x): ...\n"))
    assert told.code == 2
    assert "tests/adapters.py:1: ModuleNotFoundError" in told.err
    assert "--python" in told.err


def test_misuse_is_told_without_running_anything(diagnose: Command, tmp_path: Path) -> None:
    assert diagnose(tmp_path).code == 2
    assert diagnose(tmp_path / "nowhere").code == 2
    assert diagnose().code == 2
    told = diagnose(Path(__file__), "--open", "--json")
    assert told.code == 2
    assert "--open shows what --json" in told.err
    told = diagnose(Path(__file__), "--rope", "quarter")
    assert told.code == 2
    assert "neighbours" in told.err


def test_a_probe_that_there_is_not_is_misuse(
    diagnose: Command, repository: Callable[[str], Path]
) -> None:
    told = diagnose(repository(SOUND), "norm.nothing")
    assert (told.code, "no probe 'norm.nothing'" in told.err) == (2, True)


def test_a_workspace_of_the_game_is_asked_like_any_other_and_not_spoilt(
    diagnose: Command, tmp_path: Path
) -> None:
    level = Catalog().find(4)
    Workspace(tmp_path / "work", level.start).create()
    told = diagnose(tmp_path / "work", "norm.eps", "norm.zero_row", "loss.uniform", "--json")
    assert told.code == 1
    assert [f["probe"] for f in told.json["findings"]] == ["norm.zero_row", "norm.eps"]
    assert {f["means"] for f in told.json["findings"]} == {""}
    assert {f["level"]["number"] for f in told.json["findings"]} == {4}


OTHER = Path(sys.executable).with_name("python3" if sys.executable.endswith("n") else "python")
"""The same interpreter by another name, which stands for somebody else's."""


@pytest.mark.skipif(not OTHER.exists(), reason="there is no second name for the interpreter")
def test_another_interpreter_is_lent_the_engine_and_nothing_else(
    diagnose: Command, repository: Callable[[str], Path]
) -> None:
    told = diagnose(
        repository(SOUND + "import engine, sys\nprint(engine.__file__, 'levels' in sys.modules)\n"),
        *ASKED,
        "--python",
        OTHER,
    )
    assert told.code == 0, told.err
    (line,) = [line for line in told.err.splitlines() if "engine" in line]
    assert not line.startswith(f"  | {Path(__file__).parents[2]}")
    assert line.endswith("False")


def test_an_interpreter_that_lacks_what_is_needed_says_what(
    diagnose: Command, repository: Callable[[str], Path], tmp_path: Path
) -> None:
    bare = tmp_path / "python"
    said = '{"version": [3, 12], "tag": "another", "missing": ["torch", "msgspec"]}'
    bare.write_text(f"#!/bin/sh\necho '{said}'\n")
    bare.chmod(0o755)
    root = repository(SOUND)
    told = diagnose(root, "--python", bare)
    assert told.code == 2
    assert "has no torch and no msgspec" in told.err
    assert f"{bare} -m pip install torch msgspec" in told.err
    bare.write_text('#!/bin/sh\necho \'{"version": [3, 9], "tag": "x", "missing": []}\'\n')
    assert "is Python 3.9; the probes need 3.11" in diagnose(root, "--python", bare).err
    bare.write_text("#!/bin/sh\necho nothing of the kind\n")
    for wrong, says in {
        bare: "does not run as a Python; --python takes the interpreter of your transformer's",
        tmp_path / "none": "There is no program",
        tmp_path: "There is no program",
    }.items():
        told = diagnose(root, "--python", wrong)
        assert told.code == 2
        (line,) = told.err.splitlines()
        assert says in line
        assert str(wrong) in line


def test_three_lines_keep_it_in_a_repositorys_own_tests(
    repository: Callable[[str], Path],
) -> None:
    root = repository(FAULTY)
    assert_silent(root, "feed_forward.silu", "layers.softmax")
    with pytest.raises(AssertionError, match=r"layers\.softmax_huge"):
        assert_silent(root / "tests" / "adapters.py", *ASKED)
    with pytest.raises(NothingToAsk):
        assert_silent(root / "nowhere")
