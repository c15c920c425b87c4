"""The files of a workspace as they are being edited, held against what is on disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from engine import scratch
from engine.errors import WorkspaceError
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
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._open: dict[str, Document] = {}

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
        document = self._open[file]
        if not document.dirty:
            return
        disk = self._disk(file)
        if disk is not None and disk not in (document.saved, document.text):
            raise ChangedOnDisk(file, disk)
        self.keep(file)

    def keep(self, file: str) -> None:
        """Write what the editor holds, whatever is on disk. Raises WorkspaceError."""
        document = self._open[file]
        self.workspace.write(file, document.text)
        document.saved = document.text

    def take(self, file: str, disk: str) -> None:
        """Let the version on disk stand."""
        self._open[file] = Document(disk, disk)

    def refresh(self) -> tuple[str, ...]:
        """Take over what other programs wrote to files without unsaved edits; which those are."""
        taken: list[str] = []
        for file, document in self._open.items():
            disk = self._disk(file)
            if not (self.workspace.root / file).exists():
                document.saved = ""  # so that it is written again
            elif disk is not None and disk != document.saved and not document.dirty:
                document.text = document.saved = disk
                taken.append(file)
        return tuple(taken)

    def forget(self) -> None:
        """Read everything anew when it is next opened."""
        self._open.clear()

    def edited(self, file: str) -> bool:
        """Whether ``file`` differs from the level's start; what has no start never does."""
        if file not in self.workspace.start:
            return False
        document = self._open.get(file)
        text = document.text if document else self._disk(file)
        return text != self.workspace.start[file]

    def changed_lines(self, file: str) -> frozenset[int]:
        """Lines (from 0) of an open file that differ from the level's start."""
        if file not in self.workspace.start:
            return frozenset()
        return self.workspace.changed_lines(file, self._open[file].text)

    def revision(self) -> str:
        """Stands for the texts of the level's files as they are now, saved or not."""
        digest = hashlib.sha256()
        for file in self.workspace.files:
            document = self._open.get(file)
            text = document.text if document else self._disk(file)
            digest.update(f"{file}\0{'' if text is None else text}\0".encode())
        return digest.hexdigest()[:16]

    def _disk(self, file: str) -> str | None:
        try:
            return self.workspace.read(file)
        except WorkspaceError:
            return None


def _order(file: str) -> tuple[bool, bool, str]:
    """The model before its training; every ``__init__.py`` after the files that say something."""
    return file.endswith("__init__.py"), file.startswith("training/"), file
