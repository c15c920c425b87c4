"""Where the game keeps things on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

VARIABLE = "TUI_DEBUGGER_HOME"
NAME = "tui-debugger"


@dataclass(frozen=True)
class Home:
    """Progress, settings and logs, each in the place that the system has for it."""

    data: Path
    config: Path
    logs: Path

    @classmethod
    def find(cls) -> Home:
        """Everything under ``TUI_DEBUGGER_HOME`` when that is set; else the system's places."""
        chosen = os.environ.get(VARIABLE)
        if chosen:
            root = Path(chosen).expanduser().absolute()
            return cls(root, root, root / "logs")
        return cls(
            platformdirs.user_data_path(NAME, appauthor=False),
            platformdirs.user_config_path(NAME, appauthor=False),
            platformdirs.user_log_path(NAME, appauthor=False),
        )

    @property
    def ledger(self) -> Path:
        """The record of what the player did."""
        return self.data / "ledger.sqlite3"

    @property
    def leaderboard(self) -> Path:
        """The standings that were imported last."""
        return self.data / "leaderboard.json"

    @property
    def rulings(self) -> Path:
        """The folder of what has been replayed on this machine."""
        return self.data / "rulings"

    @property
    def settings(self) -> Path:
        """What the player chose: the theme, where they left off."""
        return self.config / "settings.json"

    def workspace(self, level: str) -> Path:
        """The folder of a level's workspace; ids are unique across packs."""
        return self.data / "workspaces" / level
