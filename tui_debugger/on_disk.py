"""Python files as other programs write them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from pathlib import Path


async def written(
    root: Path, say: Callable[[str], None], *, poll: bool = False
) -> AsyncGenerator[set[Path], None]:
    """Those under ``root`` that are written, added or removed, as it happens.

    Environments, caches and the like are left out. Where file events fail, or with ``poll``, it
    looks every second; ``say`` is told. Raises OSError, RuntimeError when that fails as well.
    """
    # Imported here: whoever watches nothing does without it.
    from watchfiles import PythonFilter, awatch

    try:
        async for changes in awatch(
            root, watch_filter=PythonFilter(), debounce=200, force_polling=poll or None,
            poll_delay_ms=1000,
        ):  # fmt: skip
            yield {Path(path) for _, path in changes}
        return
    except (OSError, RuntimeError) as error:
        if poll:
            raise
        say(f"File events fail here ({error}); looking every second instead.")
    async for paths in written(root, say, poll=True):
        yield paths
