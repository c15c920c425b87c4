"""The field guide: how to look for a bug, and what is known of the bugs that have been found.

Nothing of a bug leaves this file before its level is solved or its answer was taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Annotated, Literal, TypeVar

import msgspec
import tomli
from msgspec import Meta, Struct

from engine.catalog import PACKS
from engine.errors import BadLevel
from engine.level import Dotted, Level, Name, Text
from engine.scoring import Progress, State

TOLD = (State.SOLVED, State.REVEALED)
"""States of a level in which its bug is no secret any more."""

TELLS: Mapping[str, str] = {
    "guide.toml": "how to go about it, and what a level has taught",
    "matrix.json": "which probes see which bug",
    "audit.json": "what is said of the bugs, and whether it holds",
    "field.toml": "where such bugs were met in code that people use",
}
"""A pack's files beside its levels, and what is missing without them."""

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


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is said of a bug, and what became of it when it was measured."""

    level: Name
    number: Annotated[str, Meta(pattern=r"^\d+\.\d+$")]
    """As in the document that has the figures."""
    note: Annotated[int, Meta(ge=1)] | None
    """Which of the notes on detection this is, where it is one."""
    says: Text
    kind: Literal["holds", "holds only when", "is not seen", "the reverse is seen"]
    condition: str = ""
    """What completes ``holds only when``."""


class Audit(Struct, frozen=True, forbid_unknown_fields=True):
    """A pack's ``audit.json``: what is said of its bugs, put to the test."""

    format: Literal[1]
    claims: tuple[Claim, ...]


class Found(Struct, frozen=True):
    """What is known of a bug that is no secret any more."""

    title: str
    files: tuple[str, ...]
    category: str
    claims: tuple[Claim, ...]
    """What is said of it, and whether it is so."""
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
    claims: tuple[Claim, ...] = ()
    damage: tuple[str, ...] = ()
    """A sentence for each file that cannot be read: what is missing here, and why."""

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
            claims=tuple(claim for claim in self.claims if claim.level == level.id),
            learnt=self.learnt.get(level.id, ""),
            row=row,
            probes=probes,
        )


def load(content: Traversable) -> Guide:
    """The guide of all packs in ``content``. A pack without one adds nothing, nor does a file that
    cannot be read: the rest of the guide is not its fault."""
    tips: list[Tip] = []
    learnt: dict[str, str] = {}
    rows: dict[str, tuple[Row, int]] = {}
    claims: list[Claim] = []
    damage: list[str] = []

    def told(folder: Traversable, name: str, kind: type[T]) -> T | None:
        try:
            return read(folder, name, kind)
        except BadLevel as error:
            damage.append(str(error))
            return None

    for name in PACKS:
        folder = content / name
        if (file := told(folder, "guide.toml", GuideFile)) is not None:
            tips += file.tips
            learnt |= {lesson.level: lesson.text for lesson in file.learnt}
        if (matrix := told(folder, "matrix.json", Matrix)) is not None:
            rows |= {level: (row, matrix.probes) for level, row in matrix.levels.items()}
        if (audit := told(folder, "audit.json", Audit)) is not None:
            claims += audit.claims
    return Guide(tuple(tips), learnt, rows, tuple(claims), tuple(damage))


def read(folder: Traversable, name: str, kind: type[T]) -> T | None:
    """What is in that file of a pack; None where it has none. Raises BadLevel."""
    try:
        text = (folder / name).read_text("utf-8")
        if name.endswith(".json"):
            return msgspec.json.decode(text, type=kind)
        return msgspec.convert(tomli.loads(text), kind)
    except FileNotFoundError:
        return None
    except (tomli.TOMLDecodeError, msgspec.MsgspecError, OSError, ValueError) as error:
        raise BadLevel(
            f"{folder.name}/{name} cannot be read ({error}); {TELLS[name]} is missing."
        ) from None
