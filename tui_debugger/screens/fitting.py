"""Screens whose layout depends on how much room the terminal has."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from textual import on
from textual.events import Resize
from textual.screen import Screen

T = TypeVar("T")

WIDE = 110
"""Columns from which on things stand side by side; on fewer there is one at a time."""


class FittingScreen(Screen[T]):
    """Has the class ``-wide`` or ``-narrow``."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - as Screen has it

    def __init__(self, name: str | None = None) -> None:
        # Right from the start: Textual sees to it after the first layout, and then makes another.
        super().__init__(name, classes="-wide" if self.app.size.width >= WIDE else "-narrow")

    @on(Resize)
    async def _take_turns(self) -> None:
        """Let keys and timers have one: this may come right behind a layout, and leads to one."""
        await asyncio.sleep(0.001)  # of no time at all, it would come before timers that are due
