"""What takes its time, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def in_thread(do: Callable[[], None]) -> None:
    """``do`` it in a thread; in this one when the interpreter is ending."""
    try:
        await asyncio.to_thread(do)
    except RuntimeError:  # no thread is started any more
        do()
