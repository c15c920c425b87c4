"""A player at the command line, over the tiny pack and a sandbox without processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import Catalog
from engine.game import Game
from engine.home import Home
from engine.level import Level
from engine.sandbox.runner import Runner
from engine.workspace import Workspace
from tests.engine.content import catalog
from tests.engine.doubles import Double
from tui_debugger.cli import main


@dataclass
class Played:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)


class Terminal:
    """Types commands into a game of its own."""

    def __init__(self, home: Home, catalog: Catalog, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.catalog = catalog
        self.capsys = capsys
        self.sandbox: Runner = Double()

    def __call__(self, *arguments: str) -> Played:
        """Run the command to its end."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(arguments, self.game)
        out, err = self.capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Played(end.value.code, out, err)

    def game(self) -> Game:
        """The same player's game, opened again."""
        return Game(self.home, self.catalog, self.sandbox)

    def level(self, number: int) -> Level:
        """A level of the tiny pack."""
        return self.catalog.find(number)

    def workspace(self, number: int) -> Workspace:
        """Where the player works on it."""
        level = self.level(number)
        return Workspace(self.home.workspace(level.id), level.start)

    def mend(self, number: int, root: Path | None = None) -> None:
        """Bring the clean code."""
        level = self.level(number)
        workspace = Workspace(root or self.workspace(number).root, level.clean)
        workspace.create(force=True)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return catalog(tmp_path_factory.mktemp("content"))


@pytest.fixture
def play(
    tiny: Catalog,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Terminal:
    root = tmp_path / "home"
    monkeypatch.setenv("TUI_DEBUGGER_HOME", str(root))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal(Home(root, root, root / "logs"), tiny, capsys)


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have both output streams say that they are one."""

    def begin() -> None:
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    return begin
