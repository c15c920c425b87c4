"""What a level is: an edit of the clean codebase, told as an incident, with its own answer key."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Annotated, Literal

from msgspec import Meta, Struct

from engine.errors import BadLevel

Source = Mapping[str, str]
"""A codebase as text: relative path with forward slashes -> content."""

Name = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, Meta(min_length=1)]
Points = Annotated[int, Meta(ge=1)]
NO_NEWLINE = "\\ No newline at end of file"
"""What follows a last line without a newline in a unified diff."""

Dotted = Annotated[str, Meta(pattern=r"^[a-z_0-9]+\.[a-z_0-9]+$")]


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """The clean lines and what the level has in their place."""

    file: Text
    find: Text
    """Stands exactly once in the clean file."""
    replace: str


class Hint(Struct, frozen=True, forbid_unknown_fields=True):
    """One note on how such a bug is detected, and what it costs to read it."""

    title: Text
    cost: Points
    text: Text
    probe: Dotted | None = None
    """The probe that puts the note to the test."""
    holds: bool = True
    """As measured on the live model; False where the folklore is wrong, and the text says so."""
    note: Annotated[int, Meta(ge=1)] | None = None
    """Which of the answer key's notes on detection this is made from, counted from 1."""


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """What is shown once the level is solved or given up."""

    title: Text
    explanation: Text


class Contract(Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold for the level, checked by machine."""

    fires: Annotated[tuple[Dotted, ...], Meta(min_length=1)]
    """Probes that fire on the level for every seed."""
    decides: Annotated[tuple[Dotted, ...], Meta(min_length=1)]
    """Checks of the exam that all pass once this bug is mended, and not before, whatever the other
    bugs of the pack do."""


class LevelFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A level's TOML file, as written. It has either edits and a contract, or parts."""

    format: Literal[1]
    id: Name
    title: Text
    severity: Literal["critical", "high", "medium"]
    category: Text
    value: Points
    brief: Text
    hints: Annotated[tuple[Hint, ...], Meta(min_length=1)]
    answer: Answer
    edits: tuple[Edit, ...] = ()
    contract: Contract | None = None
    arguable: tuple[Text, ...] = ()
    """Categories of the pack that describe the bug as well: a claim may name either."""
    parts: tuple[Name, ...] = ()
    """Ids of levels of the same pack whose bugs are all in this one."""


class PackFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A pack's ``pack.toml``."""

    format: Literal[1]
    id: Name
    title: Text
    about: Text
    categories: dict[Text, Text] = {}
    """What kind of mistake each category of its levels stands for, in a few words that give no bug
    away."""


class Part(Struct, frozen=True):
    """One bug of a level, with the checks that tell whether it is mended."""

    id: str
    title: str
    """The answer's title: a spoiler until this bug is mended."""
    edits: tuple[Edit, ...]
    contract: Contract


class Level(Struct, frozen=True):
    """A level as the game uses it: its file, its place in the catalog, its bugs."""

    file: LevelFile
    pack: str
    number: int
    """From 1, in the catalog's order."""
    parts: tuple[Part, ...]
    """One for an ordinary level."""
    clean: Source
    """The correct codebase."""
    start: Source
    """What the player is given."""
    kind: str = ""
    """What its category stands for; empty where the pack doesn't say."""

    @property
    def id(self) -> str:
        """Stable, unlike the number."""
        return self.file.id

    @property
    def title(self) -> str:
        """The incident's name."""
        return self.file.title

    @property
    def value(self) -> int:
        """Points for a solution without hints."""
        return self.file.value

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits that make the level's source of the clean one."""
        return tuple(edit for part in self.parts for edit in part.edits)

    def places(self) -> tuple[tuple[str, int], ...]:
        """File and line (from 1) where the start first parts from the clean code, edit by edit."""
        return tuple((edit.file, self._line_of(edit)) for edit in self.edits)

    def answer_diff(self) -> str:
        """From the level's source to the clean one, as a unified diff."""
        return unified_diff(self.start, self.clean)

    def _line_of(self, edit: Edit) -> int:
        """Where ``edit`` shows in the start, found from the clean text, in which ``find`` stands
        exactly once; what stands in its place may be empty, or stand elsewhere too."""
        clean = self.clean[edit.file]
        at = clean.index(edit.find)
        above = [e for e in self.edits if e.file == edit.file and clean.index(e.find) < at]
        moved = sum(e.replace.count("\n") - e.find.count("\n") for e in above)
        pairs = zip(edit.find.splitlines(), edit.replace.splitlines(), strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return clean.count("\n", 0, at) + moved + same + 1


def apply_edits(source: Source, edits: Iterable[Edit]) -> dict[str, str]:
    """``source`` with every edit made. Raises BadLevel when one does not stand exactly once."""
    edited = dict(source)
    for edit in edits:
        if edit.file not in edited:
            raise BadLevel(f"edits: the codebase has no file {edit.file}")
        count = edited[edit.file].count(edit.find)
        if count != 1:
            first = edit.find.strip().partition("\n")[0]
            raise BadLevel(f"edits: {edit.file} holds {first!r} {count} times, not once")
        edited[edit.file] = edited[edit.file].replace(edit.find, edit.replace)
    return edited


def unified_diff(before: Source, after: Source) -> str:
    """All differences of two sources as one unified diff; empty when there are none.

    Lines end at a newline and nowhere else, and a last line without one is marked as GNU diff does
    it, so that ``engine.patch`` gets ``after`` back to the letter.
    """
    lines: list[str] = []
    for file in sorted({*before, *after}):
        old, new = (io.StringIO(source.get(file, "")).readlines() for source in (before, after))
        lines += difflib.unified_diff(old, new, f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}\n" for line in lines)
