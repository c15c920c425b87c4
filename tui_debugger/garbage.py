"""Python's garbage, collected when nobody waits.

A full collection goes through everything that is alive: with a level on the screen that is a pause
of a twentieth of a second and more, and Python takes it in the middle of typing or of a run. So it
is done when a run is over and when a level has been opened or left; what is alive then is kept out
of later collections, and what comes by itself only looks at what is young.
"""

from __future__ import annotations

import gc

SELDOM = 1000
"""Collections of what is younger between two full ones that come by themselves: Python has 10."""
QUIET = 0.3
"""Seconds after which what has just changed has been drawn: on top of that a pause is felt."""


def begin() -> None:
    """Leave full collections to ``collect``."""
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, SELDOM)


def collect(*, everything: bool = False) -> None:
    """Collect what has become garbage since the last time, or ever."""
    if everything:
        gc.unfreeze()
    gc.collect()
    gc.freeze()
