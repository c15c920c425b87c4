"""The files of a workspace as they are being edited, held against what is on disk."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

from engine import scratch
from engine.errors import WorkspaceError
from engine.level import unified_diff
from engine.workspace import Workspace


@dataclass
class Document:
    """One file."""

    text: str
    """As in the editor."""
    saved: str
    """As on disk when it was last read or written here."""

    @property
    def dirty(self) -> bool:
        """Whether there is something to save."""
        return self.text != self.saved


@dataclass(frozen=True)
class Look:
    """What was on disk at some moment."""

    writes: int
    """How often this program had written before."""
    texts: dict[str, str | None]
    """None where a file could not be read."""


class ChangedOnDisk(Exception):
    """Another program wrote a file while it held unsaved edits; neither version is lost yet."""

    def __init__(self, file: str, disk: str) -> None:
        super().__init__(file)
        self.file = file
        self.disk = disk


class Documents:
    """Every file of a workspace that has been opened, by name.

    Writing never runs over what another program has written meanwhile: ``save`` raises
    ChangedOnDisk, and is told with ``keep`` or ``take`` which version stays.

    ``save``, ``keep`` and ``look`` may be called from any thread, and edits may go on while they
    wait for the disk. What has not been opened is known as ``look`` last found it.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._writing = threading.Lock()
        self._open: dict[str, Document] = {}
        self._found: dict[str, str | None] = {}
        """What is on disk of files that are not open; None where it cannot be read."""
        self._writes = 0
        """How often something was written here."""

    @property
    def files(self) -> tuple[str, ...]:
        """The level's files, those that say something first; the player's own probe is last."""
        return (*sorted(self.workspace.files, key=_order), scratch.FILE)

    def open(self, file: str) -> Document:
        """The document of ``file``, read if it was not. Raises WorkspaceError.

        The player's own probe is written from its template when there is none yet.
        """
        if file not in self._open:
            if file == scratch.FILE:
                self.workspace.ensure_scratch()
            text = self.workspace.read(file)
            self._open[file] = Document(text, text)
        return self._open[file]

    def edit(self, file: str, text: str) -> None:
        """The editor now holds ``text``."""
        self._open[file].text = text

    def dirty(self) -> tuple[str, ...]:
        """Files with unsaved edits."""
        return tuple(file for file, document in self._open.items() if document.dirty)

    def save(self, file: str) -> None:
        """Write ``file`` if it is dirty. Raises ChangedOnDisk, WorkspaceError."""
        document = self._open.get(file)  # none if it was forgotten meanwhile
        with self._writing:
            if document is None or not document.dirty:
                return
            text = document.text
            with self.workspace.alone():
                disk = self._disk(file)
                if disk is not None and disk not in (document.saved, text):
                    raise ChangedOnDisk(file, disk)
                self.workspace.write(file, text)
            document.saved = text
            self._writes += 1

    def keep(self, file: str) -> None:
        """Write what the editor holds, whatever is on disk. Raises WorkspaceError."""
        document = self._open[file]
        with self._writing, self.workspace.alone():
            text = document.text
            self.workspace.write(file, text)
            document.saved = text
            self._writes += 1

    def take(self, file: str, disk: str) -> None:
        """Let the version on disk stand."""
        self._open[file] = Document(disk, disk)

    def look(self) -> Look:
        """Read every file, for ``take_over``."""
        writes = self._writes
        return Look(writes, {file: self._disk(file) for file in self.files})

    def take_over(self, look: Look) -> tuple[str, ...]:
        """Take over what other programs wrote to files without unsaved edits; which those are.

        Takes nothing over where something has been written here since that look, or is being
        written now: the next look will.
        """
        if self._writing.locked() or look.writes != self._writes:
            return ()
        taken: list[str] = []
        for file, disk in look.texts.items():
            document = self._open.get(file)
            if document is None:
                self._found[file] = disk
            elif disk is None and not (self.workspace.root / file).exists():
                document.saved = ""  # so that it is written again
            elif disk is not None and disk != document.saved and not document.dirty:
                document.text = document.saved = disk
                taken.append(file)
        return tuple(taken)

    def forget(self) -> None:
        """Read everything anew when it is next opened."""
        self._open.clear()
        self._found.clear()

    def edited(self, file: str) -> bool:
        """Whether ``file`` differs from the level's start; what has no start never does."""
        if file not in self.workspace.start:
            return False
        return self._text(file) != self.workspace.start[file]

    @property
    def any_edited(self) -> bool:
        """Whether any file of the level differs from its start."""
        return any(map(self.edited, self.workspace.files))

    def texts(self, *, saved: bool = False) -> dict[str, str]:
        """Every file that can be read, as it is in the editor, or as it was saved."""
        found = {file: self._text(file, saved=saved) for file in self.files}
        return {file: text for file, text in found.items() if text is not None}

    def changes(self, file: str) -> tuple[int, int]:
        """Lines added to and taken from the level's start of ``file``."""
        text = self.texts().get(file, "")
        start = self.workspace.start.get(file, text)
        diff = unified_diff({file: start}, {file: text}).splitlines()[2:]
        return sum(d[0] == "+" for d in diff), sum(d[0] == "-" for d in diff)

    def changed_lines(self, file: str) -> frozenset[int]:
        """Lines (from 0) of an open file that differ from the level's start."""
        if file not in self.workspace.start:
            return frozenset()
        return self.workspace.changed_lines(file, self._open[file].text)

    def revision(self, *, saved: bool = False) -> str:
        """Stands for the texts of the level's files as they are now, or as they were saved."""
        digest = hashlib.sha256()
        for file in self.workspace.files:
            text = self._text(file, saved=saved)
            digest.update(f"{file}\0{'' if text is None else text}\0".encode())
        return digest.hexdigest()[:16]

    def _text(self, file: str, *, saved: bool = False) -> str | None:
        document = self._open.get(file)
        if document is not None:
            return document.saved if saved else document.text
        if file not in self._found:
            self._found[file] = self._disk(file)
        return self._found[file]

    def _disk(self, file: str) -> str | None:
        try:
            return self.workspace.read(file)
        except WorkspaceError:
            return None


def _order(file: str) -> tuple[bool, bool, str]:
    """The model before its training; every ``__init__.py`` after the files that say something."""
    return file.endswith("__init__.py"), file.startswith("training/"), file
