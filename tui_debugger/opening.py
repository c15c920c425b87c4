"""Opening an interface: what the terminal is like is found out while the interface loads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from tui_debugger.terminal import facts
from tui_debugger.terminal.asking import asked
from tui_debugger.terminal.facts import Colours, Terminal

Loaded = TypeVar("Loaded")


def suited(load: Callable[[], Loaded]) -> tuple[Loaded, Terminal]:
    """What ``load`` imports, and the terminal that it has to suit.

    Call it before anything of Textual is imported, and run the app right after.
    """
    # Textual reads these as it is loaded, and by rules that are not quite ours.
    colours = facts.colours()
    os.environ.pop("NO_COLOR", None)
    if facts.is_remote():
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ["TEXTUAL_COLOR_SYSTEM"] = Colours.FEW if colours is Colours.NONE else colours
    with asked() as question:
        loaded = load()
        question.wait()
    terminal = facts.known(
        sys.stderr.encoding, colours, question.dark, question.typed, owing=question.owing
    )
    return loaded, terminal
