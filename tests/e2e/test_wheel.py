"""The wheel carries everything, and starts from an environment that holds nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(PROJECT)], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_is_typed_and_carries_the_levels(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in ("engine", "levels", "tui_debugger"):
        assert f"{package}/py.typed" in names
    assert "levels/codebase/transformer/attention.py" in names
    assert sum(name.startswith("levels/answer_key/0") for name in names) == 9
    assert {f"{path.relative_to(PROJECT)}" for path in PROJECT.glob("tui_debugger/**/*.tcss")} <= (
        names
    )


@pytest.mark.xdist_group("wheel")
def test_the_wheel_plays_from_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    binaries = environment / ("Scripts" if os.name == "nt" else "bin")
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    constraints = ["--constraint", str(PROJECT / "constraints.txt")]
    subprocess.run([binaries / "python", *install, *constraints, wheel], check=True)

    variables = {"PATH": os.defpath, "TUI_DEBUGGER_HOME": str(tmp_path / "home")}

    def play(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(binaries / "tui-debugger"), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
        )

    listed = play("list", "--json")
    assert len(json.loads(listed.stdout)["levels"]) == 9, listed.stderr
    judged = play("submit", "7", "--json")
    assert judged.returncode == 1, judged.stderr
    assert json.loads(judged.stdout)["solved"] is False
