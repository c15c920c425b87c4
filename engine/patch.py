"""Applying a fix: a unified diff against a level's start, taken to the letter or not at all.

What ``engine.level.unified_diff`` writes is read, and nothing else: no renames, no fuzz, no
offsets. The format is that of GNU diff ("Detailed Description of Unified Format", GNU diffutils
manual), with the header lines ``--- a/FILE`` and ``+++ b/FILE``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from engine.errors import BadDiff
from engine.level import NO_NEWLINE, Source
from engine.workspace import LARGEST

_HUNK = re.compile(r"@@ -(\d{1,7})(?:,(\d{1,7}))? \+(\d{1,7})(?:,(\d{1,7}))? @@", re.ASCII)
_MODULE = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]{0,63}/){1,6}[A-Za-z_][A-Za-z0-9_]{0,63}\.py")
_FILES = 100
"""Files that one diff may touch; the codebase has thirteen."""


def apply(diff: str, start: Source) -> dict[str, str]:
    """``start`` with ``diff`` applied. Raises BadDiff with the line that is wrong.

    Touches the level's own files and Python files beside them in its packages, as a submission
    may; each at most once, each of a size that a workspace may have.
    """
    source = dict(start)
    touched: set[str] = set()
    lines = _Lines(diff)
    while lines.more:
        file = _file(lines)
        if file in touched:
            raise lines.wrong(f"{file:.80} comes a second time")
        if file not in start and not _may_be_new(file, start):
            raise lines.wrong(f"{file!r:.80} is no Python file of the level's packages")
        touched.add(file)
        if len(touched) > _FILES:
            raise lines.wrong(f"it touches more than {_FILES} files")
        text = "".join(_patched(lines, io.StringIO(start.get(file, "")).readlines()))
        if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
            raise lines.wrong(f"{file} becomes larger than {LARGEST >> 20} MiB")
        source[file] = text
    return source


class _Lines:
    """The lines of a diff, with the place that has been reached."""

    def __init__(self, diff: str) -> None:
        self._lines = io.StringIO(diff).readlines()
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._lines)

    def peek(self) -> str:
        """The next line with its newline; empty at the end."""
        return self._lines[self._at] if self.more else ""

    def take(self) -> str:
        line = self.peek()
        self._at += 1
        return line

    def wrong(self, what: str) -> BadDiff:
        return BadDiff(f"line {max(1, min(self._at, len(self._lines)))} of the diff: {what}")


def _file(lines: _Lines) -> str:
    """The file that the next two lines name, both the same one."""
    old, new = lines.take(), lines.take()
    if not old.startswith("--- a/") or not new.startswith("+++ b/"):
        raise lines.wrong("'--- a/FILE' and '+++ b/FILE' are expected")
    if old[6:] != new[6:] or not new.endswith("\n"):
        raise lines.wrong("a file changes its name")
    return new[6:-1]


def _may_be_new(file: str, start: Source) -> bool:
    packages = {known.partition("/")[0] for known in start}
    return bool(_MODULE.fullmatch(file)) and file.partition("/")[0] in packages


def _patched(lines: _Lines, old: list[str]) -> Iterator[str]:
    """The new lines of one file."""
    at = made = 0
    if not lines.peek().startswith("@@"):
        raise lines.wrong("a hunk is expected")
    while lines.peek().startswith("@@"):
        head = _HUNK.fullmatch(lines.take().rstrip("\n"))
        if head is None:
            raise lines.wrong("the hunk's header is none")
        before, after = (_range(head[i], head[i + 1]) for i in (1, 3))
        kept = old[at : before[0]]
        if before[0] < at or before[0] > len(old) or made + len(kept) != after[0]:
            raise lines.wrong("the hunk stands at another place")
        yield from kept
        at = before[0]
        removed = added = 0
        while removed < before[1] or added < after[1]:
            sign, text = _line(lines)
            if sign in " -":
                if at >= len(old) or old[at] != text:
                    raise lines.wrong("the level's start has another line there")
                at, removed = at + 1, removed + 1
            if sign in " +":
                added += 1
                yield text
        if (removed, added) != (before[1], after[1]):
            raise lines.wrong("the hunk is longer than its header says")
        made = after[0] + added
    yield from old[at:]


def _range(line: str, count: str | None) -> tuple[int, int]:
    """Where a hunk's side begins, from 0, and how many lines it has."""
    length = 1 if count is None else int(count)
    # "If a hunk contains no lines, its start is the line before it": GNU diffutils manual.
    return int(line) - (1 if length else 0), length


def _line(lines: _Lines) -> tuple[str, str]:
    """A line's sign and its text, without a newline where it is said to have none."""
    line = lines.take()
    if line[:1] not in (" ", "+", "-") or not line.endswith("\n"):
        raise lines.wrong("a line that begins with ' ', '+' or '-' is expected")
    text = line[1:]
    if lines.peek().startswith("\\"):
        if lines.take() != f"{NO_NEWLINE}\n":
            raise lines.wrong(f"{NO_NEWLINE!r} is expected")
        text = text[:-1]
    return line[0], text
