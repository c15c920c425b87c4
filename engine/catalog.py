"""Finding the packs that are installed, and reading them strictly."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Protocol, TypeVar

import msgspec
import tomli

from engine.errors import BadLevel, UnknownLevel
from engine.level import Level, LevelFile, PackFile, Part, Source, apply_edits

PACKS = ("answer_key",)
"""The packs in the order in which they are numbered."""
NO_LEVELS = ("pack.toml", "guide.toml", "field.toml")
"""Files of a pack that hold no level."""

T = TypeVar("T")


class _Read(Protocol):
    """Reads a file of a pack; None when it is not valid, which is noted."""

    def __call__(self, folder: Traversable, name: str, kind: type[T]) -> T | None: ...


class Catalog:
    """Every level, in order. Reads content on first use, and no more of it than is asked for.

    A level whose file is not valid is left out and named in ``damage``; the others keep their
    numbers. Raises BadLevel when no level is left, or the codebase itself cannot be read. May be
    used from any thread.
    """

    def __init__(self, content: Traversable | None = None) -> None:
        self.content = content or resources.files("levels")
        self._one = threading.Lock()

    @cached_property
    def codebase(self) -> Source:
        """The clean codebase."""
        return dict(sorted(_python_files(self.content / "codebase")))

    @property
    def levels(self) -> tuple[Level, ...]:
        """All levels of all packs."""
        return self._read(lambda _: False)

    def first(self, count: int) -> tuple[Level, ...]:
        """So many levels from the first on, or as many as there are."""
        return self._read(lambda levels: len(levels) >= count)[:count]

    @property
    def complete(self) -> bool:
        """Whether everything has been read."""
        return self._reader.done

    @property
    def damage(self) -> tuple[str, ...]:
        """What is wrong with each file that is not valid, beginning with its name."""
        self._read(lambda _: False)
        return tuple(self._reader.damage)

    @property
    def notice(self) -> str:
        """``damage`` as one sentence for the player; empty when there is none."""
        if not self.damage:
            return ""
        return (
            f"Not every file of the game is as it should be ({'; '.join(self.damage)}); what is in "
            "them is left out until the game has been installed anew."
        )

    def find(self, reference: str | int) -> Level:
        """The level with that number or id. Raises UnknownLevel."""
        wanted = str(reference).strip()

        def is_it(level: Level) -> bool:
            return wanted in (level.id, str(level.number))

        found = self._read(lambda levels: any(map(is_it, levels)))
        for level in found:
            if is_it(level):
                return level
        raise UnknownLevel(
            f"There is no level {wanted!r}: give a number from 1 to {found[-1].number} or an "
            "id; `tui-debugger list` shows both."
        )

    @cached_property
    def _reader(self) -> _Reader:
        return _Reader(self.content, self.codebase)

    def _read(self, enough: Callable[[Sequence[Level]], bool]) -> tuple[Level, ...]:
        """The levels that have been read, once those are enough or there are no more."""
        reader = self._reader
        # What is there already is not waited for, while another thread reads the rest.
        if not (reader.done or enough(reader.levels)):
            with self._one:
                while not reader.done and not enough(reader.levels):
                    reader.read_on()
        if reader.done and not reader.levels:
            raise BadLevel("; ".join(reader.damage) or "There are no levels.")
        return tuple(reader.levels)


class _Reader:
    """Goes through packs, file by file, and passes over what is not valid."""

    def __init__(self, content: Traversable, codebase: Source) -> None:
        self.codebase = codebase
        self.levels: list[Level] = []
        self.damage: list[str] = []
        self.done = False
        self._ids: set[str] = set()
        self._steps = self._packs(content)

    def read_on(self) -> None:
        """Read another file."""
        try:
            next(self._steps)
        except StopIteration:
            self.done = True

    def _packs(self, content: Traversable) -> Iterator[None]:
        seen = 0
        for name in PACKS:
            pack = _Pack(content / name, self._try)
            for number, file in enumerate(pack.names, seen + 1):
                told = pack.file(file)
                if told is not None:
                    try:
                        level = self._level(file, told, pack, number)
                    except BadLevel as error:
                        self.damage.append(f"{name}/{file}: {error}")
                    else:
                        self._ids.add(level.id)
                        self.levels.append(level)
                yield
            seen += len(pack.names)

    def _level(self, name: str, file: LevelFile, pack: _Pack, number: int) -> Level:
        if not re.match(r"\d\d-", name):
            raise BadLevel("a level's file is called NN-name.toml")
        if file.id in self._ids:
            raise BadLevel(f"id: more than one level is called {file.id}")
        parts = tuple(_parts(file, pack))
        if file.value % len(parts):
            raise BadLevel(f"value: {file.value} is not a multiple of its {len(parts)} parts")
        edits = [edit for part in parts for edit in part.edits]
        start = apply_edits(self.codebase, edits)
        kind = pack.categories.get(file.category, "")
        return Level(file, pack.id, number, parts, self.codebase, start, kind)

    def _try(self, folder: Traversable, name: str, kind: type[T]) -> T | None:
        try:
            return msgspec.convert(tomli.loads((folder / name).read_text("utf-8")), kind)
        except (tomli.TOMLDecodeError, msgspec.ValidationError, OSError, ValueError) as error:
            self.damage.append(f"{folder.name}/{name}: {error}")
            return None


class _Pack:
    """One pack's files, each read when it is asked for."""

    def __init__(self, folder: Traversable, read: _Read) -> None:
        about = read(folder, "pack.toml", PackFile)
        self.id = about.id if about else folder.name
        self.categories = about.categories if about else {}
        there = {entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")}
        self.names = sorted(there.difference(NO_LEVELS))
        """Of the levels' files, valid or not."""
        self._folder = folder
        self._read = read
        self._files: dict[str, LevelFile | None] = {}

    def file(self, name: str) -> LevelFile | None:
        """What is in that file; None when it is not valid."""
        if name not in self._files:
            self._files[name] = self._read(self._folder, name, LevelFile)
        return self._files[name]

    def with_id(self, id: str) -> LevelFile | None:
        """The first file of a level that is called ``id``."""
        files = (self.file(name) for name in self.names)
        return next((file for file in files if file is not None and file.id == id), None)


def _parts(file: LevelFile, pack: _Pack) -> Iterator[Part]:
    if bool(file.parts) == bool(file.edits) or bool(file.edits) != bool(file.contract):
        raise BadLevel("a level has either parts, or edits and a contract")
    for id in file.parts or (file.id,):
        part = pack.with_id(id) if file.parts else file
        if part is None or part.contract is None:
            raise BadLevel(f"parts: the pack has no level {id!r} with edits of its own")
        yield Part(id, part.answer.title, part.edits, part.contract)


def _python_files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        file = f"{prefix}{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _python_files(entry, f"{file}/")
        elif entry.name.endswith(".py"):
            try:
                yield file, entry.read_text("utf-8")
            except (OSError, ValueError) as error:
                raise BadLevel(f"codebase/{file}: {error}") from None
