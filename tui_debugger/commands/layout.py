"""Paragraphs and columns that fit the terminal."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence

from tui_debugger.plain import one_line, plain


def width() -> int:
    """Columns to write in: the terminal's, but no wider than is pleasant to read."""
    return min(shutil.get_terminal_size((80, 24)).columns, 100)


def wrapped(text: str, indent: str = "", then: str | None = None) -> str:
    """``text`` in lines that fit; ``indent`` before the first, ``then`` before the others."""
    return textwrap.fill(
        text,
        width(),
        initial_indent=indent,
        subsequent_indent=indent if then is None else then,
        break_on_hyphens=False,
    )


def prose(text: str, indent: str = "") -> str:
    """Paragraphs that wrap; blocks with indented lines, such as code, stay as they are."""
    blocks = re.split(r"\n\s*\n", plain(text).strip("\n").rstrip())
    return "\n\n".join(
        textwrap.indent(block, indent)
        if re.search(r"^\s", block, re.MULTILINE)
        else "\n".join(wrapped(line, indent) for line in block.splitlines())
        for block in blocks
    )


def fits(rows: Sequence[Sequence[str]], room: int) -> bool:
    """Whether ``columns`` has room for every row in one line."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return sum(widths) + 2 * (len(widths) - 1) <= room


def columns(rows: Sequence[Sequence[str]], room: int) -> Iterator[list[str]]:
    """The lines of each row, aligned; the widest column wraps where there is no room for it."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(1, *map(len, column)) for column in zip(*cells, strict=True)]
    widest = widths.index(max(widths))
    spare = room - sum(widths) - 2 * (len(widths) - 1)
    if spare < 0:
        widths[widest] = max(12, widths[widest] + spare)
    for row in cells:
        parts = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
        height = max(map(len, parts))
        yield [
            "  ".join(
                (part[line] if line < len(part) else "").ljust(size)
                for part, size in zip(parts, widths, strict=True)
            ).rstrip()
            for line in range(height)
        ]
