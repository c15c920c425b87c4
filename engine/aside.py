"""Setting a damaged file aside: it is kept, under a name that says so, and out of the way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path


def set_aside(path: Path) -> Path:
    """Rename ``path`` to one beside it that nobody has taken; that one. Raises OSError."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    return path.rename(path.with_name(f"{path.name}.damaged-{stamp}"))
