"""Mutants that the judge accepts, each with the reason: ``survivors.toml``, read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import tomli

from tests.mutation.mutant import Key


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mutant, as its key has it."""

    file: str
    function: str
    original: str
    mutated: str
    occurrence: int = 1

    @property
    def key(self) -> Key:
        """The mutant's key."""
        return Key(self.file, self.function, self.original, self.mutated, self.occurrence)


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mutants that survive for one reason."""

    reason: str
    mutants: tuple[Change, ...]
    equivalent: bool = True
    """False: it differs in what a player could observe, and the exam leaves it alone. It counts
    against the score."""


class Reasons(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them."""

    group: tuple[Group, ...]

    def by_key(self) -> Mapping[Key, Group]:
        """The group of each mutant that is named."""
        return {change.key: group for group in self.group for change in group.mutants}


def read() -> Reasons:
    """The reasons, from beside this file."""
    text = Path(__file__).with_name("survivors.toml").read_text("utf-8")
    return msgspec.convert(tomli.loads(text), Reasons)


def entry(key: Key) -> str:
    """``key`` as a line of the file, for whoever has found the reason."""
    fields = ", ".join(
        f"{name} = {msgspec.json.encode(value).decode()}"
        for name, value in key._asdict().items()
        if (name, value) != ("occurrence", 1)
    )
    return f"  {{ {fields} }},"


def unknown(reasons: Reasons, keys: Iterable[Key]) -> list[Key]:
    """Mutants that have a reason and do not exist: the code has changed since."""
    existing = set(keys)
    return [key for key in reasons.by_key() if key not in existing]


def within(reasons: Reasons, file: str) -> Reasons:
    """Those about mutants of files whose name holds ``file``."""
    kept = (
        msgspec.structs.replace(g, mutants=tuple(m for m in g.mutants if file in m.file))
        for g in reasons.group
    )
    return Reasons(tuple(group for group in kept if group.mutants))
