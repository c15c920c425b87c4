"""The append-only record of what the player did. Progress and score are derived from it."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.errors import LedgerError

VERSION = 1


class Opened(Struct, frozen=True, tag="opened"):
    """The level was opened or started."""


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


Deed = Opened | Probed | HintTaken | Submitted | WasReset


class Entry(Struct, frozen=True):
    """One deed, when it was done and in which level."""

    at: datetime
    level: str
    deed: Deed


class Ledger:
    """A SQLite file that is only ever appended to.

    Each entry is on disk before ``append`` returns. A file that is no ledger is set aside under
    another name, a fresh one is begun, and ``notice`` says so. Raises LedgerError when the place
    cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notice = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connection = _open(path)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                aside = self._set_aside()
                self.notice = (
                    f"The record of your progress could not be read ({error}); it was set aside "
                    f"as {aside.name} in {path.parent}, and a new one was begun."
                )
                self._connection = _open(path)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(
                f"Your progress cannot be kept in {path.parent} ({error}); "
                "set TUI_DEBUGGER_HOME to a folder that can be written."
            ) from None

    def append(self, level: str, deed: Deed) -> None:
        """Record ``deed``, now."""
        row = (datetime.now(UTC).isoformat(), level, msgspec.json.encode(deed).decode())
        try:
            with self._connection:
                self._connection.execute(
                    "INSERT INTO deeds (at, level, deed) VALUES (?, ?, ?)", row
                )
        except sqlite3.Error as error:
            raise LedgerError(
                f"This could not be recorded in {self.path} ({error}); make room or make the "
                "folder writable, then try again."
            ) from None

    def entries(self, level: str | None = None) -> tuple[Entry, ...]:
        """Everything recorded, oldest first; of one level, if one is named."""
        query = "SELECT at, level, deed FROM deeds WHERE ?1 IS NULL OR level = ?1 ORDER BY id"
        try:
            rows = self._connection.execute(query, (level,)).fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path} cannot be read ({error}).") from None
        return tuple(entry for row in rows if (entry := _entry(*row)) is not None)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _set_aside(self) -> Path:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}{self.path.suffix}")
        self.path.rename(aside)
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                self.path.with_name(self.path.name + suffix).rename(f"{aside}{suffix}")
        return aside


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise LedgerError(
                f"{path} was written by a newer version of the game; update the game, or set "
                "TUI_DEBUGGER_HOME to another folder."
            )
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("its pages are damaged")
        with connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS deeds (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                "at TEXT NOT NULL, level TEXT NOT NULL, deed TEXT NOT NULL)"
            )
            if version != VERSION:
                connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _entry(at: str, level: str, deed: str) -> Entry | None:
    """None for a kind of deed that this version does not know."""
    try:
        return Entry(datetime.fromisoformat(at), level, msgspec.json.decode(deed, type=Deed))
    except (ValueError, msgspec.MsgspecError):
        return None
