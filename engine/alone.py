"""Keeping other games on the same home out while one looks and then writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

LONGEST = 30.0
"""Seconds that another game may take over one write, on whatever disk."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else who asks for ``path`` is let in meanwhile, and a kill lets go of it.

    The lock is a file beside ``path``. Raises OSError where that cannot be, TimeoutError when
    another has it for too long.
    """
    with FileLock(path.with_name(f"{path.name}.lock"), timeout=LONGEST):
        yield
