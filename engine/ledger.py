"""The append-only record of what the player did. Progress and score are derived from it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
from msgspec import Struct

from engine.ledger_file import LedgerFile, Row


class Opened(Struct, frozen=True, tag="opened"):
    """The level was opened to be looked at, or its source asked for."""

    started: bool = False
    """Whether the source was asked for, as who brings an editor of their own does."""


class Edited(Struct, frozen=True, tag="edited"):
    """The source was changed in the game's own editor, in a level with no deed before."""


class Probed(Struct, frozen=True, tag="probed"):
    """Probes ran to their end."""

    fired: tuple[str, ...]
    quiet: int
    failed: int = 0


class HintTaken(Struct, frozen=True, tag="hint"):
    """A rung of the hint ladder was taken, at the price it had then."""

    rung: int
    """From 0."""
    cost: int
    reveals: bool = False
    """Whether it was the answer itself."""


class Line(Struct, frozen=True, order=True):
    """A line of a level's start."""

    file: str
    number: int
    """From 1."""


class Claimed(Struct, frozen=True, tag="claimed"):
    """The player said what is wrong, before the first submission."""

    lines: tuple[Line, ...]
    category: str
    probe: str
    """The evidence."""


class Submitted(Struct, frozen=True, tag="submitted"):
    """A submission was judged."""

    solved: bool
    mended: tuple[str, ...] = ()
    """Ids of the parts that the referee found mended."""
    failed: tuple[str, ...] = ()
    """Names of the checks that failed."""
    reason: str = ""
    seed: int = 0
    fix: str = ""
    """What was submitted, as a unified diff against the level's start."""


class WasReset(Struct, frozen=True, tag="reset"):
    """The workspace went back to its start."""

    kept: str | None = None
    """The folder that holds the old work."""


Deed = Opened | Edited | Probed | HintTaken | Claimed | Submitted | WasReset


class Entry(Struct, frozen=True):
    """One deed, when it was done and in which level."""

    at: datetime
    level: str
    deed: Deed


class Ledger:
    """A file that is only ever appended to, by any number of games at once, from any thread.

    Each entry is on disk before ``append`` returns. What was wrong with the file, and what became
    of it, is in ``notice``. Raises LedgerError when there is no keeping anything.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = LedgerFile(path, _sound)

    @property
    def notice(self) -> str:
        """What there is to say to the player; empty when all is well."""
        return self._file.notice

    def append(self, level: str, deed: Deed) -> int:
        """Record ``deed``, now; its number, above those of all before. Raises LedgerError."""
        at = datetime.now(UTC).isoformat()
        return self._file.append(at, level, msgspec.json.encode(deed).decode())

    def entries(self, level: str | None = None, *, before: int | None = None) -> tuple[Entry, ...]:
        """Everything recorded, oldest first; of one level, if one is named, and of entries
        numbered below ``before``."""
        rows = self._file.rows(level, before)
        return tuple(entry for row in rows if (entry := _entry(row)) is not None)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class _AnyDeed(Struct, frozen=True):
    """What every version writes."""

    type: str


def _entry(row: Row) -> Entry | None:
    """None for a kind of deed that this version does not know."""
    try:
        at, level, deed = (msgspec.convert(cell, bytes) for cell in row)
        when = datetime.fromisoformat(at.decode("ascii"))
        return Entry(when, level.decode(), msgspec.json.decode(deed, type=Deed))
    except (ValueError, msgspec.MsgspecError):
        return None


def _sound(row: Row) -> bool:
    """Whether ``row`` is an entry, if of a kind that a later version has introduced."""
    if _entry(row) is not None:
        return True
    try:
        kind = msgspec.json.decode(msgspec.convert(row[2], bytes), type=_AnyDeed).type
        return kind not in _KNOWN and _entry((row[0], row[1], _OPENED)) is not None
    except (ValueError, msgspec.MsgspecError):
        return False


_KNOWN = frozenset(kind.__struct_config__.tag for kind in get_args(Deed))
_OPENED = msgspec.json.encode(Opened())
