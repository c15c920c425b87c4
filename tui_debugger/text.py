"""The words and signs that every screen shares, and prose as Textual shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual.content import Content

from engine.evidence import Status
from engine.scoring import State
from tui_debugger.plain import count, figure, near_home, one_line, plain, points, tolerance

__all__ = [
    "MUTED",
    "STATE",
    "STATUS",
    "count",
    "figure",
    "lines",
    "marked",
    "near_home",
    "one_line",
    "plain",
    "points",
    "prose",
    "tolerance",
]

MUTED = "$muted"
"""Set back."""

STATUS: dict[Status | None, tuple[str, str, str]] = {
    None: ("·", "not run", MUTED),
    Status.QUIET: ("✓", "quiet", "$text-success"),
    Status.FIRES: ("✗", "fires", "$text-error"),
    Status.FAILED: ("!", "failed", "$text-warning"),
    Status.SKIPPED: ("–", "skipped", MUTED),
}
"""Sign, word and style of a probe's outcome; None stands for a probe that has not run."""

STATE: dict[State, tuple[str, str, str]] = {
    State.NEW: ("○", "new", MUTED),
    State.STARTED: ("◐", "started", "$text-warning"),
    State.SOLVED: ("●", "solved", "$text-success"),
    State.REVEALED: ("◌", "revealed", MUTED),
}
"""Sign, word and style of a level's state."""

_MARKS = re.compile(
    r"``?(?P<code>[^`\n]+)``?|(?<![\w*])\*(?P<stress>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
)


def prose(text: str) -> Content:
    """A text written in lines as paragraphs that wrap freely, `code` and *stress* set apart.

    Lists and indented lines keep their own lines.
    """
    paragraphs: list[str] = []
    for block in re.split(r"\n\s*\n", plain(text).strip("\n")):
        lines: list[str] = []
        for line in block.splitlines():
            own = not lines or re.match(r"\s{2,}|[-*•] |\d+[.)] ", line) is not None
            if own or re.match(r"\s{4,}\S", lines[-1]):
                lines.append(line.rstrip())
            else:
                lines[-1] = f"{lines[-1]} {line.strip()}"
        paragraphs.append("\n".join(lines))
    return marked("\n\n".join(paragraphs))


def marked(text: str) -> Content:
    """``text`` with `code` in backticks and *stress* in asterisks set apart without them."""
    parts: list[str | tuple[str, str]] = []
    done = 0
    for found in _MARKS.finditer(text):
        code, stress = found["code"], found["stress"]
        parts += [
            text[done : found.start()],
            (code, "$text-accent") if code else (stress, "italic"),
        ]
        done = found.end()
    return Content.assemble(*parts, text[done:])


def lines(parts: Iterable[Content | str]) -> Content:
    """``parts`` one below the other."""
    return Content("\n").join([Content(p) if isinstance(p, str) else p for p in parts])
