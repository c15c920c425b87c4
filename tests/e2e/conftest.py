"""A player with nothing but the command line, on the real model in the real sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


class Player:
    """Types commands; progress and workspaces lie in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What the command printed, and its exit code."""
        return subprocess.run(
            [sys.executable, "-m", "tui_debugger", *arguments],
            cwd=self.folder,
            env={**os.environ, "TUI_DEBUGGER_HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def ask(self, *arguments: str) -> tuple[int, Any]:
        """The exit code and the one JSON object on standard output."""
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture
def player(tmp_path: Path) -> Player:
    return Player(tmp_path)
