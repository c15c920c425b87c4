"""One line below the code: the shapes of what is at the cursor, once a forward pass was traced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from textual import events
from textual.content import Content

from engine.evidence import Call, Traced
from tui_debugger.reading import Spot, parsed
from tui_debugger.shapes import Flow, Way, flow
from tui_debugger.text import MUTED, one_line
from tui_debugger.widgets.probe_list import STALE
from tui_debugger.widgets.told import Told

NONE = "no shapes were traced here"
LEAST = 8
"""Cells that are left of a name, however much there is to say of it."""


class ShapeLine(Told):
    """Has a place only beside files that the trace has something of, so that nothing jumps while
    one moves about in a file."""

    DEFAULT_CSS = """
    ShapeLine {
        display: none; height: 1; padding: 0 1; background: $panel; color: $foreground;
        text-wrap: nowrap; text-overflow: ellipsis;
        &.-known { display: block; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.calls: Sequence[Call] = ()
        self.stale = False
        self._text = ""
        self._at = Spot("", 0)

    def on_resize(self, _: events.Resize) -> None:
        self._tell()

    def learn(self, calls: Sequence[Call], *, stale: bool) -> None:
        """A forward pass was traced, of another text than there is now if ``stale``."""
        self.calls, self.stale = calls, stale
        self._tell()

    def look(self, text: str, at: Spot) -> None:
        """The cursor is at that place of ``text``; one that does not parse just then says
        nothing new."""
        if at.file != self._at.file or parsed(text) is not None:
            self._text, self._at = text, at
            self._tell()

    def _tell(self) -> None:
        self.set_class(any(call.file == self._at.file for call in self.calls), "-known")
        found = flow(self.calls, self._text, self._at) if self.has_class("-known") else None
        width = self.content_size.width
        self.tell(told(found, width, stale=self.stale) if found else Content.styled(NONE, MUTED))


def told(found: Flow, width: int, *, stale: bool = False) -> Content:
    """What was seen, in as many of its ways as there is room for; the shapes before the name."""
    sign = f"{STALE} " if stale else ""
    room = width - len(sign) - min(LEAST, len(found.what)) - 2
    said, *rest = (one_line(_way(way)) for way in found.ways)
    while rest and len(said) + len(rest[0]) + len(_more(rest[1:])) + 4 <= room:
        said = f"{said} or {rest.pop(0)}"
    said += _more(rest)
    room = max(LEAST, width - len(sign) - len(said) - 2)
    what = found.what if len(found.what) <= room else f"{found.what[: room - 1]}…"
    return Content.assemble((sign, "$text-warning"), (what, "bold"), f"  {said}")


def _more(rest: Sequence[str]) -> str:
    return f" +{len(rest)} more" if rest else ""


def _way(way: Way) -> str:
    """``Q K (2,8), mask (8,8) bool → (2,8) float32``: what has the last one's dtype says none."""
    if way.outputs is None:
        return _shape(way.inputs[0])
    usual = way.outputs[-1].dtype if way.outputs else ""
    given = ", ".join(_named(way.inputs, usual))
    handed = ", ".join(_shape(item, usual) for item in way.outputs) or "no tensor"
    return " ".join(filter(None, (given, "→", handed, usual)))


def _named(items: Sequence[Traced], usual: str) -> Iterator[str]:
    """Neighbours of one shape are told together."""
    for shape, members in groupby(items, lambda item: _shape(item, usual)):
        yield f"{' '.join(item.name for item in members)} {shape}"


def _shape(item: Traced, usual: str = "") -> str:
    ends = "," if len(item.shape) == 1 else ""
    shape = f"({','.join(map(str, item.shape))}{ends})"
    return shape if item.dtype == usual else f"{shape} {item.dtype}"
