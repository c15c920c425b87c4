"""Reading a place in the code under test out of what faulthandler wrote."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in ', re.MULTILINE)
_DUMP = re.compile(r"^(?:Timeout \(|Fatal Python error)", re.MULTILINE)
_THREAD = re.compile(r"^(?:Current t|T)hread 0x.*$", re.MULTILINE)


class Place(NamedTuple):
    """A line of the code under test."""

    file: str
    """Relative to its root, with forward slashes."""
    line: int
    """Counted from 1."""

    def __str__(self) -> str:
        return f"{self.file} line {self.line}"


def place(dump: str, root: Path) -> Place | None:
    """The innermost frame under ``root`` in the last of the tracebacks in ``dump``.

    Frames come innermost first. Of several threads the main one, which comes last, counts before
    the others.
    """
    # faulthandler writes ASCII: other letters are escaped, and names end after 500 of them.
    prefix = str(root.resolve()).encode("ascii", "backslashreplace").decode()
    for thread in reversed(_THREAD.split(_DUMP.split(dump)[-1])):
        for frame in _FRAME.finditer(thread):
            file = frame["file"]
            if file.startswith((f"{prefix}/", f"{prefix}\\")):
                relative = file[len(prefix) + 1 :]
                return Place(_unescaped(relative).replace("\\", "/"), int(frame["line"]))
    return None


def _unescaped(text: str) -> str:
    return re.sub(
        r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))",
        lambda match: chr(int(match[1] or match[2] or match[3], 16)),
        text,
    )
