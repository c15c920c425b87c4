"""What the tests of the interface share: reading the screen, and waiting for a fact."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from tui_debugger.app import DebuggerApp
from tui_debugger.screens.level import LevelScreen
from tui_debugger.widgets.code_editor import CodeEditor

NARROW = (80, 24)
WIDE = (140, 45)
STRANGE = "[/x] a[b=c] \x1b[31mred\x1b[0m \x07"
"""Markup that closes nothing, an action, a colour and a bell: nothing of it may be obeyed."""

MakeApp = Callable[..., DebuggerApp]
"""Makes the game on its first level, as after a restart, in that terminal."""
PATIENCE = 60.0
"""Seconds; none of the tests measures time."""
S = TypeVar("S", bound=Screen[object])


def seen(app: App[None]) -> str:
    """The text on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


async def until(pilot: Pilot[None], true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Let the app work until ``true()``; fails after ``patience`` seconds."""
    end = time.monotonic() + patience
    await pilot.pause()
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"never came true; the screen says:\n{seen_of(pilot)}")
        await pilot.pause(0.005)  # threads have to get on too
    await pilot.pause()


async def until_seen(pilot: Pilot[None], *texts: str) -> None:
    """Let the app work until all of that can be read."""
    await until(pilot, lambda: all(text in seen_of(pilot) for text in texts))


def seen_of(pilot: Pilot[None]) -> str:
    return seen(pilot.app)


def level_screen(pilot: Pilot[None]) -> LevelScreen:
    """The level's screen, wherever it is in the stack."""
    return next(s for s in reversed(pilot.app.screen_stack) if isinstance(s, LevelScreen))


def editor(pilot: Pilot[None]) -> CodeEditor:
    """The editor in front."""
    found = level_screen(pilot).code.editor
    assert found is not None
    return found


async def in_code(pilot: Pilot[None]) -> CodeEditor:
    """The editor in front, once it has the keyboard."""
    await until(pilot, lambda: isinstance(pilot.app.focused, CodeEditor))
    return editor(pilot)


async def mend(pilot: Pilot[None]) -> None:
    """Mend the first level's bug by keys."""
    area = await in_code(pilot)
    lines = area.text.splitlines()
    row = next(row for row, line in enumerate(lines) if "* d_k**0.5" in line)
    area.move_cursor((row, lines[row].index("* d_k")))
    await pilot.press("delete", "slash")
