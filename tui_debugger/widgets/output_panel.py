"""What the player's code printed and showed, and how the last run ended."""

from __future__ import annotations

from collections import deque

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer

from engine.evidence import Fault
from engine.sandbox.messages import Printed, Shown
from tui_debugger.text import one_line
from tui_debugger.widgets.output_sheet import OutputSheet
from tui_debugger.widgets.told import Told

SHOW_EVERY = 0.03
"""Seconds until what has come is shown, together with what comes meanwhile."""
AT_ONCE = 16 << 10
"""Characters shown at a time."""
A_VALUE = 1 << 10
"""Characters that a value counts as, with its figure."""


class OutputPanel(Vertical):
    """A sheet that begins anew with each run, under a line on how that goes."""

    DEFAULT_CSS = """
    OutputPanel {
        & > #output-status { height: auto; min-height: 2; padding: 0 1; background: $panel; }
        & > OutputSheet { height: 1fr; }
    }
    """

    sheet = getters.query_one(OutputSheet)
    status = getters.query_one("#output-status", Told)

    def compose(self) -> ComposeResult:
        yield Told("What your code prints appears here.", id="output-status")
        yield OutputSheet(id="output")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._waiting: deque[Printed | Shown] = deque()
        """What has come and is still to be shown."""
        self._next: Timer | None = None
        """When to show more of it."""

    def begin(self, what: str) -> None:
        """A run begins: its output starts on an empty page."""
        self._waiting.clear()
        self.sheet.clear()
        self.status.tell(Content(f"{what}…"))

    def take(self, event: Printed | Shown) -> None:
        """The code wrote something, or the player's own probe shows a value."""
        self._waiting.append(event)
        if self._next is None:
            self._next = self.set_timer(SHOW_EVERY, self._show_some)

    def _show_some(self) -> None:
        """So much that nobody waits for it; output may come faster than it can be shown."""
        self._next = None
        room, printed = AT_ONCE, ""
        while self._waiting and room > 0:
            event = self._waiting.popleft()
            if isinstance(event, Printed):
                printed += event.text[:room]
                if rest := event.text[room:]:
                    self._waiting.appendleft(Printed(event.stream, rest))
                room -= len(event.text)
                continue
            if printed:
                self.sheet.write(printed)
                printed = ""
            self.sheet.show(event)
            room -= A_VALUE
        if printed:
            self.sheet.write(printed)
        if self._waiting:
            self._next = self.set_timer(SHOW_EVERY, self._show_some)

    def end(self, sentence: str, fault: Fault | None = None) -> None:
        """The run is over."""
        if fault is not None and str(fault) not in sentence:
            sentence = f"{sentence} {fault}"
        if not (self.sheet.line_count or self._waiting):
            sentence = f"{sentence} Nothing was printed."
        self.status.tell(Content(one_line(sentence)))
