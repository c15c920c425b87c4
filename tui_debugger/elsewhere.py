"""The player's own editor: which one it is, how it is told where to begin, and how it is opened."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

NONE = "Set EDITOR to the editor you like, and start again."
"""Where there is no editor to open."""
AT_LINE = {"vi", "vim", "nvim", "view", "nano", "emacs", "micro", "kak", "joe", "ne", "mg"}
"""Editors that take ``+12`` before the file's name as the line to begin at."""


def command(path: Path, line: int, environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """What opens ``path`` at ``line`` (from 1); None where neither VISUAL nor EDITOR is set."""
    words = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "")
    if not words:
        return None
    at = [f"+{line}"] if Path(words[0]).name in AT_LINE else []
    return [*words, *at, str(path)]


async def edit(app: App[Any], opens: list[str]) -> str:
    """Run ``opens`` in the place of ``app``, which waits for it to end; why it did not open."""
    try:
        with app.suspend():
            program = await asyncio.create_subprocess_exec(*opens)
            await program.wait()
    except SuspendNotSupported:
        return "Your own editor opens only where this runs in a terminal."
    except OSError as error:
        return f"{opens[0]} cannot be started: {error.strerror}."
    return ""
