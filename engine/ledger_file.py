"""The SQLite file under the ledger: opened, held against damage, and put right where it is damaged.

An append is on disk before it returns (write-ahead log, synchronous = FULL:
https://www.sqlite.org/wal.html), and any number of processes may append to one file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from engine.alone import alone
from engine.aside import set_aside
from engine.errors import LedgerError

VERSION = 1
NEWEST = 1000
"""Above this, a version is no version but damage."""

Row = tuple[object, object, object]
"""Time, level and deed. Text comes as bytes; damage can make anything of it."""
Numbered = tuple[int, object, object, object]
Sound = Callable[[Row], bool]
"""Whether a row is one that this version, or a later one, may have written."""

_SIDES = "-wal", "-shm"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS deeds (id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "at TEXT NOT NULL, level TEXT NOT NULL, deed TEXT NOT NULL)"
)
_PAGE = 4096
"""Bytes of a page, SQLite's default."""
_FORMAT, _COUNT = slice(18, 20), slice(28, 32)
"""Where the first page tells how the file is written, and how many pages it has:
https://www.sqlite.org/fileformat2.html#the_database_header"""
_WAL = b"\2\2"
_NO_FAULT_OF_THE_FILE = frozenset(
    {
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


class _Damaged(sqlite3.DatabaseError):
    """The file can be reached, and is no ledger."""


class LedgerFile:
    """Rows of one file, in the order in which they were appended. May be used from any thread.

    A damaged file is set aside under another name and what can still be read of it carried over; a
    file that cannot be written is read as it is, and every ``append`` tries anew. ``notice`` says
    so. Raises LedgerError when there is nothing to go on with.
    """

    def __init__(self, path: Path, sound: Sound) -> None:
        self.path = path
        self.notice = ""
        self._sound = sound
        self._one = threading.Lock()
        self._borrowed = False
        """Whether rows come from memory, since the file cannot be written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.ExitStack() as stack:
                # Or one who finds no file, while another sets it aside, would begin a second one.
                with contextlib.suppress(OSError):  # the place cannot be written, it will turn out
                    stack.enter_context(alone(path))
                try:
                    if not path.exists():
                        _begin(path, sound)
                    self._connection = _open(path, sound)
                except _Damaged as damage:
                    self._connection = self._rescued(damage)
        except (OSError, sqlite3.Error) as error:
            self._connection = self._borrow(error)

    def append(self, at: str, level: str, deed: str) -> int:
        """Record a row; its number, which is above those of all rows before. Raises LedgerError."""
        with self._one:
            try:
                if self._borrowed:
                    connection = _open(self.path, self._sound)
                    self._connection.close()
                    self._connection, self._borrowed = connection, False
                with self._connection:
                    number = self._connection.execute(
                        "INSERT INTO deeds (at, level, deed) VALUES (?, ?, ?)", (at, level, deed)
                    ).lastrowid
            except (OSError, sqlite3.Error) as error:
                raise LedgerError(
                    f"This could not be recorded in {self.path.parent} ({error}); make room there "
                    "or make the folder writable, then try again."
                ) from None
        assert number is not None
        return number

    def rows(self, level: str | None, before: int | None) -> list[Row]:
        """Oldest first: those of one level if one is named, and those numbered below ``before``."""
        query = (
            "SELECT at, level, deed FROM deeds WHERE (?1 IS NULL OR level = ?1) "
            "AND (?2 IS NULL OR id < ?2) ORDER BY id"
        )
        try:
            with self._one:
                return self._connection.execute(query, (level, before)).fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path} cannot be read ({error}).") from None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _rescued(self, why: _Damaged) -> sqlite3.Connection:
        """Begin a new file in place of the damaged one, with what can be read of that."""
        readable = _readable(self.path, self._sound)
        new = _draft(self.path, self._sound, readable)
        aside = set_aside(self.path)
        for side in _SIDES:
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self.path}{side}").rename(f"{aside}{side}")
        new.rename(self.path)
        kept = f"{len(readable)} of its entries" if readable else "nothing of it"
        self.notice = (
            f"The record of your progress was damaged ({why}); it was set aside as {aside.name} in "
            f"{aside.parent}, and {kept} could be carried over."
        )
        return _open(self.path, self._sound)

    def _borrow(self, error: Exception) -> sqlite3.Connection:
        """The rows as they are, in memory. Raises LedgerError when there are none to be had."""
        why = error.strerror if isinstance(error, OSError) else error
        advice = "make room there, or set TUI_DEBUGGER_HOME to a folder that can be written"
        try:
            if not self.path.is_file():
                raise error
            connection = _connect(":memory:")
            connection.execute(_SCHEMA)
            _fill(connection, _readable(self.path, self._sound))
        except (OSError, sqlite3.Error):
            raise LedgerError(
                f"Your progress cannot be kept in {self.path.parent} ({why}); {advice}."
            ) from None
        self._borrowed = True
        self.notice = (
            f"Nothing can be recorded in {self.path.parent} ({why}), so what you do now is not "
            f"kept: {advice}."
        )
        return connection


def _connect(place: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=10, check_same_thread=False)
    connection.text_factory = bytes  # damaged text need not be UTF-8
    return connection


def _begin(path: Path, sound: Sound) -> None:
    """Make a ledger, there whole or not at all: a file without a byte has lost what it held."""
    for side in _SIDES:  # of one that was removed
        Path(f"{path}{side}").unlink(missing_ok=True)
    _draft(path, sound, ()).rename(path)


def _draft(path: Path, sound: Sound, rows: Iterable[Numbered]) -> Path:
    """A ledger of ``rows``, to be renamed to ``path``."""
    new = path.with_name(f"{path.name}.new")
    for side in ("", *_SIDES):
        Path(f"{new}{side}").unlink(missing_ok=True)
    with contextlib.closing(_open(new, sound)) as connection:
        _fill(connection, rows)
    return new


def _open(path: Path, sound: Sound) -> sqlite3.Connection:
    """Raises _Damaged, LedgerError for a later version's file, and whatever the place is up to."""
    if path.exists() and path.stat().st_size == 0:
        raise _Damaged("it is empty")
    connection = _connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if VERSION < version <= NEWEST:
            raise LedgerError(
                f"{path} was written by a newer version of the game; update the game, or set "
                "TUI_DEBUGGER_HOME to another folder."
            )
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != b"ok":
            raise _Damaged("its pages do not fit together")
        # Not by opening the file: closing it again would drop SQLite's locks on it
        # (https://www.sqlite.org/howtocorrupt.html, 2.2).
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "it may not be written")
        if connection.serialize()[_FORMAT] != _WAL:
            raise _Damaged("its header makes it read-only")
        with connection:
            connection.execute("BEGIN IMMEDIATE")  # tells whether the place can be written
            connection.execute(_SCHEMA)
            if version != VERSION:
                connection.execute(f"PRAGMA user_version = {VERSION}")
        rows = connection.execute("SELECT at, level, deed FROM deeds")
        bad = sum(not sound(row) for row in rows)
        if bad:
            raise _Damaged(f"{bad} of its entries cannot be read")
    except sqlite3.Error as error:
        connection.close()
        if _is_damage(error, path):
            raise _Damaged(*error.args) from None
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def _is_damage(error: sqlite3.Error, path: Path) -> bool:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    if code == sqlite3.SQLITE_READONLY:  # a file may say of itself that it is not to be written
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    # The low byte is the kind, the rest says more of it.
    return code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF not in _NO_FAULT_OF_THE_FILE


def _readable(path: Path, sound: Sound) -> list[Numbered]:
    """Every sound row that can still be reached, from the front or from the back.

    Reads a copy: the file itself stays as it was found. Raises OSError.
    """
    found: dict[int, Numbered] = {}
    with tempfile.TemporaryDirectory(prefix="tui-debugger-") as folder:
        copy = Path(folder, path.name)
        for graft in (False, True):
            for side in ("", _SIDES[0]):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(f"{path}{side}", f"{copy}{side}")
            if graft:
                _graft(copy)
            with contextlib.closing(_connect(copy)) as connection:
                for way in ("ASC", "DESC"):
                    found = {row[0]: row for row in _walk(connection, way, sound)} | found
    return [row for _, row in sorted(found.items())]


def _graft(path: Path) -> None:
    """Give ``path`` the first page of a new ledger: header and schema, the same in all of them."""
    with contextlib.closing(_connect(":memory:")) as connection:
        connection.execute(_SCHEMA)
        page = bytearray(connection.serialize()[:_PAGE])
    pages = (path.stat().st_size + _PAGE - 1) // _PAGE
    page[_COUNT] = pages.to_bytes(4, "big")
    page[_FORMAT] = _WAL
    with path.open("r+b") as file:
        file.write(page)


def _walk(connection: sqlite3.Connection, way: str, sound: Sound) -> Iterator[Numbered]:
    """Sound rows up to where damage ends the walk."""
    last: int | None = None
    with contextlib.suppress(sqlite3.Error):
        for row in connection.execute(f"SELECT id, at, level, deed FROM deeds ORDER BY id {way}"):
            if last is not None and (row[0] <= last if way == "ASC" else row[0] >= last):
                return  # damage has made a circle of the pages
            last = row[0]
            if sound(row[1:]):
                yield row


def _fill(connection: sqlite3.Connection, rows: Iterable[Numbered]) -> None:
    """Put ``rows``, which are sound, in under their own numbers."""
    with connection:
        connection.executemany(
            "INSERT INTO deeds VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))", rows
        )
