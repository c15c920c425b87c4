"""Where bugs like those of the levels were met in code that people use, each with its source."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from engine.catalog import PACKS
from engine.guide import read
from engine.level import Name, Text


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """One such case."""

    level: Name
    text: Text
    source: Annotated[str, Meta(pattern=r"^https://\S+$")]


class FieldFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A pack's ``field.toml``."""

    format: Literal[1]
    notes: tuple[Note, ...]


def notes(content: Traversable, level: str) -> tuple[Note, ...]:
    """What is known for a level, by its id. Raises BadLevel when a file cannot be read."""
    files = (read(content / name, "field.toml", FieldFile) for name in PACKS)
    told = (note for file in files if file is not None for note in file.notes)
    return tuple(note for note in told if note.level == level)
