"""Finding the packs that are installed, and reading them strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec
import tomli

from engine.errors import BadLevel, UnknownLevel
from engine.level import Level, LevelFile, PackFile, Part, Source, apply_edits

PACKS = ("answer_key",)
"""The packs in the order in which they are numbered."""
NO_LEVELS = ("pack.toml", "guide.toml")
"""Files of a pack that hold no level."""

T = TypeVar("T")


class Catalog:
    """Every level, in order. Reads content on first use; raises BadLevel when it is not valid."""

    def __init__(self, content: Traversable | None = None) -> None:
        self.content = content or resources.files("levels")

    @cached_property
    def codebase(self) -> Source:
        """The clean codebase."""
        return dict(sorted(_python_files(self.content / "codebase")))

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """All levels of all packs."""
        found: list[Level] = []
        for name in PACKS:
            found += self._pack(self.content / name, len(found) + 1)
        shared = {level.id for level in found if sum(other.id == level.id for other in found) > 1}
        if shared:
            raise BadLevel(f"id: more than one level is called {', '.join(sorted(shared))}")
        return tuple(found)

    def find(self, reference: str | int) -> Level:
        """The level with that number or id. Raises UnknownLevel."""
        wanted = str(reference).strip()
        for level in self.levels:
            if wanted in (level.id, str(level.number)):
                return level
        raise UnknownLevel(
            f"There is no level {wanted!r}: give a number from 1 to {len(self.levels)} or an id; "
            "`tui-debugger list` shows both."
        )

    def _pack(self, folder: Traversable, first: int) -> list[Level]:
        pack = _decode(folder, "pack.toml", PackFile)
        there = {entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")}
        names = sorted(there.difference(NO_LEVELS))
        for name in names:
            if not re.match(r"\d\d-", name):
                raise BadLevel(f"{folder.name}/{name}: a level's file is called NN-name.toml")
        files = {name: _decode(folder, name, LevelFile) for name in names}
        by_id = {file.id: file for file in files.values()}
        return [
            self._level(f"{folder.name}/{name}", file, by_id, pack.id, first + position)
            for position, (name, file) in enumerate(files.items())
        ]

    def _level(
        self, path: str, file: LevelFile, by_id: dict[str, LevelFile], pack: str, number: int
    ) -> Level:
        try:
            parts = tuple(_parts(file, by_id))
            if file.value % len(parts):
                raise BadLevel(f"value: {file.value} is not a multiple of its {len(parts)} parts")
            edits = [edit for part in parts for edit in part.edits]
            start = apply_edits(self.codebase, edits)
        except BadLevel as error:
            raise BadLevel(f"{path}: {error}") from None
        return Level(file, pack, number, parts, self.codebase, start)


def _parts(file: LevelFile, by_id: dict[str, LevelFile]) -> Iterator[Part]:
    if bool(file.parts) == bool(file.edits) or bool(file.edits) != bool(file.contract):
        raise BadLevel("a level has either parts, or edits and a contract")
    for id in file.parts or (file.id,):
        part = by_id.get(id)
        if part is None or part.contract is None:
            raise BadLevel(f"parts: the pack has no level {id!r} with edits of its own")
        yield Part(id, part.answer.title, part.edits, part.contract)


def _decode(folder: Traversable, name: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomli.loads((folder / name).read_text("utf-8")), kind)
    except (tomli.TOMLDecodeError, msgspec.ValidationError, OSError, ValueError) as error:
        raise BadLevel(f"{folder.name}/{name}: {error}") from None


def _python_files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _python_files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield f"{prefix}{entry.name}", entry.read_text("utf-8")
