"""Where a line of Python begins: what enter, tab and backspace do, as functions of text."""

from __future__ import annotations

import re
from collections.abc import Sequence

WIDTH = 4
"""Spaces of one level."""

_LEAVES = re.compile(r"(return|raise|pass|break|continue)\b")
_COMMENT = re.compile(r"^(\s*)# ?")
_STRINGS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def indent_after(before: str) -> str:
    """The spaces that begin the line after one that reads ``before`` up to the cursor.

    Deeper by one level after a colon or an opening bracket, shallower after a line that leaves
    its block.
    """
    spaces = before[: len(before) - len(before.lstrip(" "))]
    code = _STRINGS.sub("''", before).partition("#")[0].strip()
    if code.endswith((":", "(", "[", "{")):
        return spaces + " " * WIDTH
    if _LEAVES.match(code) and code.count("(") <= code.count(")"):
        return spaces[:-WIDTH]
    return spaces


def indent(line: str, levels: int) -> str:
    """``line`` moved by so many levels; a blank line stays as it is when moved to the right."""
    if levels > 0:
        return " " * (WIDTH * levels) + line if line.strip() else line
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(spaces, WIDTH * -levels) :]


def toggle_comment(lines: Sequence[str]) -> list[str]:
    """``lines`` commented out at their common indentation, or in again where all of them are;
    blank lines stay as they are."""
    full = [line for line in lines if line.strip()]
    if full and all(line.lstrip().startswith("#") for line in full):
        return [_COMMENT.sub(r"\1", line, 1) for line in lines]
    depth = min((len(line) - len(line.lstrip(" ")) for line in full), default=0)
    return [f"{line[:depth]}# {line[depth:]}" if line.strip() else line for line in lines]


def spaces_before(column: int) -> int:
    """How many spaces backspace takes away in the indentation, back to the level before."""
    return column % WIDTH or WIDTH
