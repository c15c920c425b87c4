"""The levels as rows: number, state, title, severity, category once solved, value and award."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from engine.level import Level
from engine.scoring import Progress, State
from tui_debugger.text import MUTED, STATE
from tui_debugger.widgets.rows import Rows

Row = tuple[Level, Progress]
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
        self._draw(current.number - 1 if current else self.highlighted or 0)

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

    def heading(self) -> Content:
        """The names of the columns, as wide as they are now."""
        return Content.styled(_line(self._widths(), *_HEADS), MUTED)

    def _draw(self, highlighted: int) -> None:
        widths = self._widths()
        self.set_options(Option(_row(widths, *row), id=row[0].id) for row in self.rows)
        self.highlighted = highlighted

    def _widths(self) -> tuple[int, int]:
        """Of the title and of the category."""
        width = self.scrollable_content_region.width - 2
        longest = max((len(level.file.category) for level, _ in self.rows), default=0)
        category = 0 if width < NARROW else max(longest, len("category"))
        used = 4 + 12 + 10 + 12 + (category + 2 if category else 0)
        return max(12, width - used), category


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
