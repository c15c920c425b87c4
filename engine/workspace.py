"""The player's own copy of a level's source, on disk, open to any editor."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path

from engine import scratch
from engine.errors import EditedWork, WorkspaceError
from engine.level import Source, unified_diff

LARGEST = 1 << 20
"""Bytes of one source file that are still looked at; the codebase's largest is a hundredth."""


class Workspace:
    """The files under ``root``, against the source that the level starts with."""

    def __init__(self, root: Path, start: Source) -> None:
        self.root = root.resolve()  # what is kept beside "." needs a name
        self.start = start

    @property
    def files(self) -> tuple[str, ...]:
        """The level's files, relative to the root."""
        return tuple(self.start)

    @property
    def exists(self) -> bool:
        """Whether any of the level's files has been written."""
        return any((self.root / file).exists() for file in self.start)

    def create(self, *, force: bool = False) -> Path | None:
        """Write the level's source; where the old work went, if there was any.

        Raises EditedWork when the folder holds edits and ``force`` is not set; files that are
        none of the level's are left alone.
        """
        edited = self.edited()
        if edited and not force:
            raise EditedWork(
                f"{self.root} holds edited work ({', '.join(edited)}), which stays as it is; "
                "--force starts afresh and keeps the old work beside it."
            )
        kept = self._keep() if edited else None
        for file, text in self.start.items():
            self.write(file, text)
        return kept

    def ensure(self) -> None:
        """Write those of the level's files that are not there; edits stay as they are."""
        for file, text in self.start.items():
            if not (self.root / file).exists():
                self.write(file, text)

    def ensure_scratch(self) -> Path:
        """The player's own probe, written from the template where there is none yet."""
        path = self.root / scratch.FILE
        if not path.exists():
            self.write(scratch.FILE, scratch.TEMPLATE)
        return path

    def read(self, file: str) -> str:
        """The text of one file. Raises WorkspaceError when it cannot be had as text."""
        path = self.root / file
        try:
            if path.stat().st_size > LARGEST:
                raise WorkspaceError(
                    f"{file} is larger than {LARGEST >> 20} MiB; reset brings "
                    "the level's own file back."
                )
            if not path.is_file():
                raise WorkspaceError(f"{file} is not a file; reset brings it back.")
            return path.read_text("utf-8")
        except FileNotFoundError:
            raise WorkspaceError(f"{file} is missing; reset brings it back.") from None
        except UnicodeDecodeError as error:
            raise WorkspaceError(
                f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8 or reset it."
            ) from None
        except OSError as error:
            raise WorkspaceError(f"{file} cannot be read: {error.strerror}.") from None

    def write(self, file: str, text: str) -> None:
        """Replace one file, whole or not at all. Raises WorkspaceError."""
        path = self.root / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
        except OSError as error:
            raise WorkspaceError(f"{path} cannot be written: {error.strerror}.") from None
        except UnicodeEncodeError:
            raise WorkspaceError(
                f"{path} cannot be written: the text holds half a character (a lone surrogate)."
            ) from None

    def edited(self) -> tuple[str, ...]:
        """The level's files that are there and differ from the start."""
        return tuple(
            file
            for file, text in self.start.items()
            if os.path.lexists(self.root / file) and self._text(file) != text
        )

    def changed_lines(self, file: str, text: str) -> frozenset[int]:
        """Lines (from 0) of ``text`` not as in the start; a removal marks the line after it."""
        before, after = self.start[file].splitlines(), text.splitlines()
        changed: set[int] = set()
        for tag, _, _, low, high in SequenceMatcher(None, before, after, False).get_opcodes():
            if tag != "equal":
                changed.update(range(low, max(high, low + 1)))
        return frozenset(changed)

    def diff(self) -> str:
        """From the start to the work as it stands, as a unified diff."""
        return unified_diff(self.start, {file: self._text(file) or "" for file in self.start})

    def reset(self, now: datetime | None = None) -> Path | None:
        """Back to the start. Where the old work went; None when nothing had been edited."""
        missing = not all((self.root / file).exists() for file in self.start)
        kept = self._keep(now) if self.edited() or (missing and self.exists) else None
        for file, text in self.start.items():
            self.write(file, text)
        return kept

    def snapshot(self, target: Path) -> None:
        """Copy the source into ``target``, so that what runs is what was saved at this moment.

        Takes every Python file of the level's packages, the player's new ones too. Raises
        WorkspaceError for what cannot be source: a link, a file out of all proportion.
        """
        self.require()
        for path in self._python_files():
            file = path.relative_to(self.root).as_posix()
            copy = target / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            try:
                if path.is_symlink() or not path.is_file():
                    raise WorkspaceError(
                        f"{file} is not a plain file; put the source itself there."
                    )
                if path.stat().st_size > LARGEST:
                    raise WorkspaceError(f"{file} is larger than {LARGEST >> 20} MiB.")
                copy.write_bytes(path.read_bytes())
            except OSError as error:
                raise WorkspaceError(f"{path} cannot be read: {error.strerror}.") from None

    def require(self) -> None:
        """Raise WorkspaceError unless there is a workspace."""
        if not self.exists:
            raise WorkspaceError(
                f"{self.root} holds no workspace; `tui-debugger start LEVEL --dir DIR` writes one."
            )

    def _python_files(self) -> Iterator[Path]:
        """Source in the level's packages; not what editors hide there, such as lock files."""
        for package in sorted({file.partition("/")[0] for file in self.start}):
            for parent, folders, names in os.walk(self.root / package):
                folders[:] = [name for name in folders if name[0] != "." and name != "__pycache__"]
                for name in sorted(names):
                    if name.endswith(".py") and name[0] != ".":
                        yield Path(parent, name)

    def _text(self, file: str) -> str | None:
        try:
            return self.read(file)
        except WorkspaceError:
            return None

    def _keep(self, now: datetime | None = None) -> Path:
        """Copy the work, the player's own files too, to a folder beside the root."""
        stamp = (now or datetime.now()).strftime("%Y%m%d-%H%M%S")
        for attempt in range(1000):
            suffix = f"-{attempt}" if attempt else ""
            kept = self.root.with_name(f"{self.root.name}.before-{stamp}{suffix}")
            if not kept.exists():
                break
        try:
            for path in self._python_files():
                copy = kept / path.relative_to(self.root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, copy, follow_symlinks=False)
        except OSError as error:
            raise WorkspaceError(
                f"The old work cannot be kept in {kept} ({error.strerror}); nothing was changed."
            ) from None
        return kept


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path`` so that a reader, or a crash, sees the old content or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
