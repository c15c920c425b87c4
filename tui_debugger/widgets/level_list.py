"""The levels as rows: number, state, title, severity, category once solved, value and award."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from engine.level import Level
from engine.scoring import Progress, State
from tui_debugger.text import MUTED, STATE
from tui_debugger.widgets.rows import Rows

Row = tuple[Level, Progress]
AT_ONCE = 100
"""Rows drawn at a time."""
PAUSE = 0.01
"""Seconds between that."""
NARROW = 86
"""Below this many cells the category is left out: the pane beside the list shows it."""


class LevelList(Rows):
    """Enter opens the highlighted level."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", id="levels.open", tooltip="Levels: Open the level"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()

    def fill(self, rows: Sequence[Row], current: Level | None) -> None:
        """Show these levels, ``current`` highlighted."""
        self.rows = rows
        ids = [level.id for level, _ in rows]
        at = ids.index(current.id) if current and current.id in ids else self.highlighted or 0
        self._draw(at)

    def on_resize(self, _: events.Resize) -> None:
        if self.rows:
            self._draw(self.highlighted or 0)

    @property
    def current(self) -> Row | None:
        """The highlighted level."""
        at = self.highlighted
        return self.rows[at] if at is not None and at < len(self.rows) else None

    def on_rows_again(self, event: Rows.Again) -> None:
        event.stop()
        self.action_select()

    def on_key(self, event: events.Key) -> None:
        """A digit highlights the level of that number."""
        if event.character and event.character in "123456789":
            event.stop()
            self.highlighted = min(int(event.character), len(self.rows)) - 1

    def heading(self) -> Content:
        """The names of the columns, as wide as they are now."""
        return Content.styled(_line(self._widths(), *_HEADS), MUTED)

    def _draw(self, highlighted: int) -> None:
        widths = self._widths()
        at_once = max(AT_ONCE, highlighted + 1)
        self.set_options(_options(widths, self.rows[:at_once]))
        self.highlighted = highlighted
        self._draw_rest(widths, self.rows[at_once:])

    @work(group="rest", exclusive=True)
    async def _draw_rest(self, widths: tuple[int, int], rows: Sequence[Row]) -> None:
        """The rows far below, some at a time: nobody waits for them."""
        for start in range(0, len(rows), AT_ONCE):
            await asyncio.sleep(PAUSE)
            self.add_options(_options(widths, rows[start : start + AT_ONCE]))

    def _widths(self) -> tuple[int, int]:
        """Of the title and of the category."""
        width = self.scrollable_content_region.width - 2
        longest = max((len(level.file.category) for level, _ in self.rows), default=0)
        category = 0 if width < NARROW else max(longest, len("category"))
        used = 4 + 12 + 10 + 12 + (category + 2 if category else 0)
        return max(12, width - used), category


def _options(widths: tuple[int, int], rows: Sequence[Row]) -> list[Option]:
    return [Option(_row(widths, *row), id=row[0].id) for row in rows]


_HEADS = ("", "", "incident", "severity", "category", "value", "award")


def _line(widths: tuple[int, int], *cells: str) -> str:
    number, state, title, severity, category, value, award = cells
    title_width, category_width = widths
    if len(title) > title_width - 1:
        title = f"{title[: title_width - 2]}…"
    shown = f"{category:<{category_width}}  " if category_width else ""
    return (
        f"{number:>2} {state:<11} {title:<{title_width}}{severity:<10}{shown}{value:>5}  {award:>5}"
    )


def _row(widths: tuple[int, int], level: Level, standing: Progress) -> Content:
    sign, word, style = STATE[standing.state]
    solved = standing.state is State.SOLVED
    award = str(standing.award) if solved or standing.award else "–"
    line = _line(
        widths,
        str(level.number),
        f"{sign} {word}",
        level.title,
        level.file.severity,
        level.file.category if solved else "·",
        str(level.value),
        award,
    )
    return Content(line).stylize(style, 3, 14)
