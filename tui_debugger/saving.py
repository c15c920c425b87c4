"""Keeping what a player sees: a text and a picture beside each other, never over older ones."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from engine.workspace import write_atomically


def save(folder: Path, name: str, text: str, picture: str) -> tuple[Path, Path]:
    """Write ``name.txt`` and ``name.svg``, numbered where those are taken. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        stem = name if number == 1 else f"{name}-{number}"
        files = folder / f"{stem}.txt", folder / f"{stem}.svg"
        if not any(file.exists() for file in files):
            break
    for file, content in zip(files, (text, picture), strict=True):
        write_atomically(file, content)
    return files
