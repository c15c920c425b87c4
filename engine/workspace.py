"""The player's own copy of a level's source, on disk, open to any editor."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path

from engine import scratch
from engine.alone import alone
from engine.aside import set_aside
from engine.errors import EditedWork, WorkspaceError
from engine.level import Source, unified_diff

LARGEST = 1 << 20
"""Bytes of one source file that are still looked at; the codebase's largest is a hundredth."""


class Workspace:
    """The files under ``root``, against the source that the level starts with."""

    def __init__(self, root: Path, start: Source) -> None:
        self.root = root.resolve()  # what is kept beside "." needs a name
        self.start = start
        self.notice = ""
        """What ``mend`` has to say to the player; empty when it found nothing wrong."""

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
        self._set_aside(self._obstacle)
        for file, text in self.start.items():
            self.write(file, text)
        return kept

    def ensure(self) -> None:
        """Write those of the level's files that are not there; edits stay as they are."""
        for file, text in self.start.items():
            if not os.path.lexists(self.root / file):
                self.write(file, text)

    def mend(self) -> None:
        """Set aside what stands in a level's file's place and cannot be source; then ``ensure``.

        Raises WorkspaceError.
        """
        self._set_aside(self._no_source)
        self.ensure()

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
            write_atomically(path, text, lasting=text != self.start.get(file))
        except OSError as error:
            raise self._unwritable(path, error) from None
        except UnicodeEncodeError:
            raise WorkspaceError(
                f"{path} cannot be written: the text holds half a character (a lone surrogate)."
            ) from None

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other games on this home from writing here meanwhile. Raises WorkspaceError.

        So that what is read before a write is still there when it is written over.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(alone(self.root))
            except TimeoutError:
                raise WorkspaceError(
                    f"{self.root} is being written by another game; close that one or wait for it."
                ) from None
            except OSError as error:
                raise self._unwritable(self.root, error) from None
            yield

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
        self._set_aside(self._obstacle)
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
                    kind = "file" if path.suffix == ".py" else "folder"
                    raise WorkspaceError(
                        f"{file} is not a plain {kind}; put the source itself there."
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
        """Source in the level's packages; not what editors hide there, such as lock files.

        Links and folders where source belongs are given too, for whoever takes files alone.
        """
        for package in sorted({file.partition("/")[0] for file in self.start}):
            if (self.root / package).is_symlink():
                yield self.root / package
                continue
            for parent, folders, names in os.walk(self.root / package):
                folders[:] = [name for name in folders if name[0] != "." and name != "__pycache__"]
                odd = [
                    name
                    for name in folders
                    if name.endswith(".py") or Path(parent, name).is_symlink()
                ]
                folders[:] = [name for name in folders if name not in odd]
                for name in sorted([*names, *odd]):
                    if name in odd or (name.endswith(".py") and name[0] != "."):
                        yield Path(parent, name)

    def _set_aside(self, wrong: Callable[[str], Path | None]) -> None:
        aside: list[Path] = []
        try:
            for file in (*self.start, scratch.FILE):
                path = wrong(file)
                aside += [set_aside(path)] if path is not None else []
        except OSError as error:
            raise WorkspaceError(
                f"The work in {self.root} cannot be mended ({error.strerror}); make room there or "
                "make it writable."
            ) from None
        if aside:
            names = ", ".join(path.relative_to(self.root.parent).as_posix() for path in aside)
            were = "was set aside, since it" if len(aside) == 1 else "were set aside, since they"
            self.notice = (
                f"{names} in {self.root.parent} {were} cannot be source; the level's own source is "
                "in its place."
            )

    def _no_source(self, file: str) -> Path | None:
        """What stands in the place of ``file`` and is no text; None when all is well."""
        path = self.root / file
        if os.path.lexists(self.root) and not self.root.is_dir():
            return self.root
        if (obstacle := self._obstacle(file)) is not None or not path.exists():
            return obstacle
        if path.stat().st_size <= LARGEST:
            with contextlib.suppress(UnicodeDecodeError):
                if "\0" not in path.read_bytes().decode("utf-8"):
                    return None
        return path

    def _obstacle(self, file: str) -> Path | None:
        """What keeps ``file`` from being written: a folder in its place, a file in its folder's."""
        path = self.root / file
        for folder in reversed(path.parents[: file.count("/")]):
            if os.path.lexists(folder) and not folder.is_dir():
                return folder
        return path if os.path.lexists(path) and not path.is_file() else None

    def _unwritable(self, path: Path, error: OSError) -> WorkspaceError:
        return WorkspaceError(
            f"{path} cannot be written ({error.strerror}); make room there or make the folder "
            "writable."
        )

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
                if path.is_symlink() or path.is_file():
                    copy = kept / path.relative_to(self.root)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, copy, follow_symlinks=False)
        except OSError as error:
            raise WorkspaceError(
                f"The old work cannot be kept in {kept} ({error.strerror}); nothing was changed."
            ) from None
        return kept


def write_atomically(path: Path, text: str, *, lasting: bool = False) -> None:
    """Replace ``path`` so that a reader, or a crash, sees the old content or the new one.

    ``lasting`` waits until the content is on the disk itself, so that a power cut is no worse.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            if lasting:
                stream.flush()
                os.fsync(descriptor)  # where there is no room, some disks say so only now
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
