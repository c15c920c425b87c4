"""The field guide: how to look for a bug, and what is known of the bugs that have been found.

Nothing of a bug leaves this file before its level is solved or its answer was taken.
"""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Annotated, Literal, TypeVar

import msgspec
import tomli
from msgspec import Meta, Struct

from engine.catalog import PACKS
from engine.errors import BadLevel
from engine.level import Dotted, Hint, Level, Name, Text
from engine.scoring import Progress, State

TOLD = (State.SOLVED, State.REVEALED)
"""States of a level in which its bug is no secret any more."""

T = TypeVar("T")


class Tip(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to go about it, with the probes that carry it out."""

    title: Text
    text: Text
    probes: Annotated[tuple[Dotted, ...], Meta(min_length=1)]


class Learnt(Struct, frozen=True, forbid_unknown_fields=True):
    """What there is to take away from a level."""

    level: Name
    text: Text


class GuideFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A pack's ``guide.toml``."""

    format: Literal[1]
    tips: Annotated[tuple[Tip, ...], Meta(min_length=1)]
    learnt: tuple[Learnt, ...] = ()


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """Which probes see one level's bugs."""

    fires: tuple[Dotted, ...]
    """On every seed."""
    sometimes: tuple[Dotted, ...] = ()
    """On some seeds."""


class Matrix(Struct, frozen=True, forbid_unknown_fields=True):
    """A pack's ``matrix.json``: every probe run on every level."""

    format: Literal[1]
    levels: dict[Name, Row]
    """By the level's id."""
    probes: Annotated[int, Meta(ge=1)]
    """How many were run."""


class Found(Struct, frozen=True):
    """What is known of a bug that is no secret any more."""

    title: str
    files: tuple[str, ...]
    category: str
    folklore: tuple[Hint, ...]
    """What is often said of it, and was not so when it was measured."""
    learnt: str
    """Empty where nothing is written."""
    row: Row | None
    """None where it was not measured."""
    probes: int
    """How many were run to measure ``row``."""


class Entry(Struct, frozen=True):
    """One line of the summary."""

    level: str
    """Its id."""
    number: int
    incident: str
    severity: str
    state: State
    found: Found | None
    """None while the bug is a secret."""


class Guide(Struct, frozen=True):
    """What the packs say, put together."""

    tips: tuple[Tip, ...] = ()
    learnt: dict[str, str] = {}
    """By the level's id."""
    rows: dict[str, tuple[Row, int]] = {}
    """By the level's id, with how many probes were run."""

    def entry(self, level: Level, standing: Progress) -> Entry:
        """The line of ``level`` for a player who stands like that."""
        told = standing.state in TOLD
        return Entry(
            level.id,
            level.number,
            level.title,
            level.file.severity,
            standing.state,
            self._found(level) if told else None,
        )

    def _found(self, level: Level) -> Found:
        row, probes = self.rows.get(level.id, (None, 0))
        return Found(
            title=level.file.answer.title,
            files=tuple(dict.fromkeys(edit.file for edit in level.edits)),
            category=level.file.category,
            folklore=tuple(hint for hint in level.file.hints if not hint.holds),
            learnt=self.learnt.get(level.id, ""),
            row=row,
            probes=probes,
        )


def load(content: Traversable) -> Guide:
    """The guide of all packs in ``content``. A pack without one adds nothing.

    Raises BadLevel when a file is not valid.
    """
    tips: list[Tip] = []
    learnt: dict[str, str] = {}
    rows: dict[str, tuple[Row, int]] = {}
    for name in PACKS:
        folder = content / name
        if (file := _read(folder, "guide.toml", GuideFile)) is not None:
            tips += file.tips
            learnt |= {lesson.level: lesson.text for lesson in file.learnt}
        if (matrix := _read(folder, "matrix.json", Matrix)) is not None:
            rows |= {level: (row, matrix.probes) for level, row in matrix.levels.items()}
    return Guide(tuple(tips), learnt, rows)


def _read(folder: Traversable, name: str, kind: type[T]) -> T | None:
    try:
        text = (folder / name).read_text("utf-8")
        if name.endswith(".json"):
            return msgspec.json.decode(text, type=kind)
        return msgspec.convert(tomli.loads(text), kind)
    except FileNotFoundError:
        return None
    except (tomli.TOMLDecodeError, msgspec.MsgspecError, OSError, ValueError) as error:
        raise BadLevel(f"{folder.name}/{name}: {error}") from None
