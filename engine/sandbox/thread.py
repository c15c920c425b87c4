"""What takes its time, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVarTuple

_Ts = TypeVarTuple("_Ts")


async def in_thread(do: Callable[[*_Ts], None], *arguments: *_Ts) -> None:
    """``do`` it in a thread; in this one when the interpreter is ending."""
    try:
        await asyncio.to_thread(do, *arguments)
    except RuntimeError:  # no thread is started any more
        do(*arguments)
