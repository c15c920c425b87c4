"""Source code as a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write(root: Path, source: Mapping[str, str]) -> Path:
    """Write ``source``, text by path, below ``root``, which is made."""
    for file, text in source.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root
