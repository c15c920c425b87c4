"""What the probes last said of a subject, kept so that coming back finds it as it was."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from engine.evidence import Evidence
from engine.workspace import write_atomically


class Note(Struct, frozen=True):
    """The latest evidence of one probe, and of which text it speaks."""

    evidence: Evidence
    revision: str
    """Of the workspace when the probe ran, as ``Documents.revision`` gives it."""


class _Page(Struct, frozen=True):
    format: Literal[1] = 1
    notes: tuple[Note, ...] = field(default=())


class Notebook:
    """Notes of one subject, by probe. They can always be had again, so a file that cannot be read
    or written is no error: the player runs the probes once more."""

    def __init__(self, path: Path | None = None) -> None:
        """Without ``path`` the notes last as long as the notebook."""
        self.path = path
        self.notes: dict[str, Note] = {}
        if path is None:
            return
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            page = msgspec.json.decode(path.read_bytes(), type=_Page)
            self.notes = {note.evidence.probe: note for note in page.notes}

    def write(self, evidence: Evidence, revision: str) -> None:
        """Note ``evidence`` down in place of what was there; on disk with the next ``keep``."""
        self.notes[evidence.probe] = Note(evidence, revision)

    def keep(self) -> None:
        """Put the notes on disk."""
        if self.path is None:
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            page = msgspec.json.encode(_Page(notes=tuple(self.notes.values())))
            write_atomically(self.path, page.decode())
