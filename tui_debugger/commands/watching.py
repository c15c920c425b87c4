"""A run as it goes: evidence on standard output, everything passing on standard error."""

from __future__ import annotations

import sys
from types import TracebackType

import click

from engine.sandbox.messages import Event, Found, Printed, ProbeStarted, Progress, Shown
from tui_debugger.commands import rendering
from tui_debugger.commands.layout import width
from tui_debugger.plain import one_line, plain

_BACK = "\r\x1b[K"
"""To the start of the line, which is wiped."""


class Watch:
    """A listener to a run's events.

    Shows evidence as it arrives, if ``show_evidence``; what the player's code prints, on standard
    error; and on a terminal one line of progress, gone when the run is over.
    """

    def __init__(self, *, show_evidence: bool) -> None:
        self._show_evidence = show_evidence
        self._terminal = sys.stderr.isatty()
        self._area = ""
        self._printed: dict[str, str] = {}
        """Of each stream, the line that has not ended yet."""

    def __enter__(self) -> Watch:
        self._status("Loading torch…")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status("")
        for stream in tuple(self._printed):
            self._print(stream, "\n")

    def __call__(self, event: Event) -> None:
        """Show ``event``."""
        match event:
            case Printed(stream, text):
                self._print(stream, text)
            case ProbeStarted(probe, index, total):
                self._status(f"[{index + 1}/{total}] {probe}")
            case Progress(what, done, total, value):
                so_far = "" if value is None else f": {value:.4g}"
                self._status(f"[{done}/{total}] {what}{so_far}")
            case Found(evidence) if self._show_evidence:
                self._status("")
                if evidence.area != self._area:
                    click.echo(rendering.heading(evidence.area, first=not self._area))
                    self._area = evidence.area
                click.echo(rendering.evidence(evidence))
            case Shown() if self._show_evidence:
                self._status("")
                click.echo(rendering.shown(event))
            case _:
                pass

    def note(self, text: str) -> None:
        """One line about the run while it goes on, if anybody is there to see it."""
        if self._terminal:
            self._status("")
            click.echo(one_line(text)[: width() - 1], err=True)

    def _print(self, stream: str, text: str) -> None:
        """Pass on the lines that are whole."""
        *lines, rest = (self._printed.pop(stream, "") + plain(text)).split("\n")
        if rest:
            self._printed[stream] = rest
        if lines:
            self._status("")
        for line in lines:
            if line:
                click.echo(f"  | {line}", err=True)

    def _status(self, text: str) -> None:
        if self._terminal:
            click.echo(f"{_BACK}{one_line(text)[: width() - 1]}", err=True, nl=False)
