"""The command line starts fast: what it loads is read off a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.fresh import LAB, ROOT, SCREEN, loaded_by, modules_under


def test_the_command_line_loads_neither_torch_nor_the_screen() -> None:
    modules = ["tui_debugger.cli", *modules_under("tui_debugger/commands")]
    assert "tui_debugger.commands.lab" in modules
    assert loaded_by(*modules) & (LAB | SCREEN) == set()


@pytest.mark.parametrize("command", [["list"], ["start", "1"], ["hint", "1"]])
def test_a_command_that_runs_no_code_loads_neither(command: list[str], tmp_path: Path) -> None:
    play = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('loaded', *sys.modules, file=sys.stderr))\n"
        "from tui_debugger.cli import main\n"
        f"main({command!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", play],
        capture_output=True,
        cwd=ROOT,
        env={"TUI_DEBUGGER_HOME": str(tmp_path), "PATH": ""},
        text=True,
        check=True,
    )
    loaded = done.stderr.rpartition("loaded ")[2].split()
    assert "tui_debugger.cli" in loaded
    assert {name.partition(".")[0] for name in loaded} & (LAB | SCREEN) == set()


def test_no_part_of_the_interface_loads_torch() -> None:
    modules = modules_under("tui_debugger")
    assert loaded_by(*modules) & LAB == set()


def test_the_list_of_levels_is_there_before_an_editor_is_loaded() -> None:
    assert "tree_sitter" not in loaded_by("tui_debugger.app")
    assert "tree_sitter" in loaded_by("tui_debugger.screens.level.screen", "tree_sitter")


def test_a_command_loads_no_other_one() -> None:
    look = (
        "import sys\n"
        "import tui_debugger.cli\n"
        "print(*(name for name in sys.modules if name.startswith('tui_debugger.commands.')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, cwd=ROOT, text=True, check=True
    )
    assert done.stdout.split() == ["tui_debugger.commands.shared"]
