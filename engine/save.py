"""A whole save as one file, to go on playing on another machine.

A ZIP archive: ``save.json`` says what it is, ``ledger.sqlite3`` holds the record, ``workspaces/``
the player's work with what was kept of earlier work, other folders what they kept of evidence and
runs, ``settings.json`` and ``keys.toml`` their choices.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from engine.errors import BadSave, LedgerError
from engine.home import Home
from engine.ledger import Ledger

LARGEST: Final = 1 << 30
"""Bytes that a save may unpack to."""
_MOST = 100_000
"""Files in one."""
_ABOUT, _LEDGER = "save.json", "ledger.sqlite3"
_CHOICES = ("settings.json", "keys.toml")
_FOLDERS = ("workspaces", "history", "evidence", "saved", "pictures")
"""Of the player's data: by name, for somebody may have put other things beside them."""
_WAIT: Final = 10.0
"""Seconds for which another game may be writing to the record."""
_PIECE = re.compile(r"(?!\.{1,2}$)[^\x00-\x1f\x7f/\\:*?\"<>|\ud800-\udfff]{1,255}")
"""A name that is one on every system, and leads nowhere else."""


class About(Struct, frozen=True):
    """What a save says of itself."""

    format: Literal["tui-debugger/save"] = "tui-debugger/save"
    version: Literal[1] = 1
    game: str = ""
    saved_at: datetime | None = None


def is_save(path: Path) -> bool:
    """Whether the file looks like a save rather than like scores."""
    return zipfile.is_zipfile(path)


def exists(home: Home) -> bool:
    """Whether there is anything in ``home`` that an import would replace."""
    if any(_works(home)):
        return True
    return home.ledger.exists() and bool(_deeds(home.ledger))


def write(home: Home, path: Path) -> None:
    """Write everything of ``home`` to ``path``, whole or not at all. Raises BadSave."""
    about = About(game=metadata.version("tui-debugger"), saved_at=datetime.now(UTC))
    try:
        with _in_place_of(path) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr(_ABOUT, msgspec.json.format(msgspec.json.encode(about)))
            if home.ledger.exists():
                with tempfile.TemporaryDirectory() as folder:
                    copy = Path(folder, _LEDGER)
                    _copy_ledger(home.ledger, copy)
                    out.write(copy, _LEDGER)
            for choice in (home.config / name for name in _CHOICES):
                if choice.is_file():
                    out.write(choice, choice.name)
            for file in _works(home):
                name = file.relative_to(home.data).as_posix()
                if not all(map(_PIECE.fullmatch, name.split("/"))):
                    raise ValueError(f"not every system can have a file called {name!a}")
                out.write(file, name)
    except (OSError, sqlite3.Error, ValueError) as error:
        raise BadSave(f"The save cannot be written to {path}: {_reason(error)}.") from None


def take(home: Home, path: Path) -> Path | None:
    """Put the save in ``path`` in the place of what is in ``home``; where that is kept, if any.

    What was there is first written as a save of its own. Nothing is touched before all of the new
    one has been unpacked and its record read. Raises BadSave.
    """
    try:
        home.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.data, prefix=".import-") as folder:
            _unpack(path, Path(folder))
            kept = _keep(home) if exists(home) else None
            _swap(home, Path(folder))
    except (OSError, zipfile.BadZipFile, sqlite3.Error, EOFError, NotImplementedError) as error:
        raise BadSave(f"{path}: the save cannot be taken ({_reason(error)}).") from None
    return kept


def _works(home: Home) -> Iterator[Path]:
    """Every plain file in the player's folders, but for what Python compiled and locks."""
    for top in _FOLDERS:
        for parent, folders, names in os.walk(home.data / top):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for file in (Path(parent, name) for name in sorted(names)):
                if file.is_file() and not file.is_symlink() and file.suffix != ".lock":
                    yield file


def _unpack(path: Path, folder: Path) -> None:
    """Unpack what belongs in a save into ``folder``. Raises BadSave for anything else."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _checked(path, entries)
        room = LARGEST
        for entry in entries:
            if entry.is_dir():
                continue
            target = folder / entry.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as packed, target.open("xb") as out:
                while block := packed.read(1 << 20):
                    room -= len(block)
                    if room < 0:  # whatever its directory says
                        raise BadSave(f"{path}: it unpacks to more than {LARGEST >> 30} GiB.")
                    out.write(block)
    try:
        msgspec.json.decode((folder / _ABOUT).read_bytes(), type=About)
    except (OSError, msgspec.MsgspecError) as error:
        raise BadSave(f"{path}: {_ABOUT}: {_reason(error)}.") from None
    try:
        ledger = Ledger(folder / _LEDGER)
    except LedgerError as error:
        raise BadSave(f"{path}: {_LEDGER}: {error}") from None
    ledger.close()
    if ledger.notice:
        raise BadSave(f"{path}: {_LEDGER}: it cannot be read.")


def _checked(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > _MOST:
        raise BadSave(f"{path}: it holds more than {_MOST} files.")
    if sum(entry.file_size for entry in entries) > LARGEST:
        raise BadSave(f"{path}: it unpacks to more than {LARGEST >> 30} GiB.")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        pieces = name.rstrip("/").split("/")
        inside = pieces[0] in _FOLDERS and (len(pieces) > 1 or entry.is_dir())
        known = inside or name in (_ABOUT, _LEDGER, *_CHOICES)
        linked = stat.S_ISLNK(entry.external_attr >> 16)
        if linked or not known or not all(map(_PIECE.fullmatch, pieces)):
            raise BadSave(f"{path}: {name!a:.100} has no place in a save.")
        if name.casefold() in seen:
            raise BadSave(f"{path}: {name!a:.100} is in it twice.")
        seen.add(name.casefold())


def _keep(home: Home) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    kept = home.data / "saves" / f"before-import-{stamp}.zip"
    kept.parent.mkdir(parents=True, exist_ok=True)
    write(home, kept)
    return kept


def _swap(home: Home, new: Path) -> None:
    """Put what was unpacked in its place; a game that is open sees the new record at once."""
    old = new / "old"
    old.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for folder in _FOLDERS:
            for source, target in (
                (home.data / folder, old / folder),
                (new / folder, home.data / folder),
            ):
                if source.exists():
                    source.rename(target)
                    moved.append((source, target))
        _copy_ledger(new / _LEDGER, home.ledger)
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        raise
    home.config.mkdir(parents=True, exist_ok=True)
    for choice in (name for name in _CHOICES if (new / name).exists()):
        with _in_place_of(home.config / choice) as draft:
            shutil.copyfile(new / choice, draft)


def _copy_ledger(source: Path, target: Path) -> None:
    """Copy a database as a whole, other games or not. Raises sqlite3.Error."""
    due = time.monotonic() + _WAIT

    def impatient(status: int, remaining: int, total: int) -> None:
        # sqlite3 itself would wait for ever.
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > due:
            raise sqlite3.OperationalError("another game is writing to it; close that one first")

    with (
        contextlib.closing(sqlite3.connect(source, timeout=_WAIT)) as one,
        contextlib.closing(sqlite3.connect(target, timeout=_WAIT)) as other,
    ):
        one.backup(other, progress=impatient, sleep=0.05)


def _deeds(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path, timeout=_WAIT)) as ledger:
        found = ledger.execute("SELECT count(*) FROM sqlite_master WHERE name = 'deeds'").fetchone()
        if not found[0]:
            return 0
        return int(ledger.execute("SELECT count(*) FROM deeds").fetchone()[0])


@contextlib.contextmanager
def _in_place_of(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its place once all has gone well."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
