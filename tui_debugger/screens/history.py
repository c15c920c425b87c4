"""The runs of a level: each with what came out, and beside an earlier one."""

from __future__ import annotations

from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static
from textual.widgets.option_list import Option

from tui_debugger.comparison import alone, compared, edits, summary
from tui_debugger.copying import copy
from tui_debugger.history import History, Run
from tui_debugger.screens.fitting import FittingScreen
from tui_debugger.text import MUTED
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.rows import Rows
from tui_debugger.widgets.top_bar import TopBar

NONE = "No run yet. Run some probes, edit, run them again: what changed is told here."
FIRST = "The first run that is kept. There is none before it to compare it with."


class HistoryScreen(FittingScreen[None]):
    """Shows a run beside the one before it, or beside the one that was marked."""

    HELP = """\
A run is shown beside the one before it. `{history.mark}` marks a run: the others are then shown \
beside that one. In the list, +1 −1 are the lines edited since the run before. `tab` goes to the \
comparison, which can be scrolled.
"""
    CSS_PATH = "history.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", id="history.back", tooltip="History: Back"),
        Binding(
            "space", "mark", "Compare with this",
            id="history.mark", tooltip="History: Compare the others with this run",
        ),
        Binding("c", "copy", "Copy", id="history.copy", tooltip="History: Copy the comparison"),
        # Before the list, which has few rows.
        Binding(
            "pagedown", "page_down", "Read on", priority=True,
            id="history.down", tooltip="History: Read on in the comparison",
        ),
        Binding(
            "pageup", "page_up", "Read back", show=False, priority=True,
            id="history.up", tooltip="History: Read back in the comparison",
        ),
    ]  # fmt: skip

    rows = getters.query_one(Rows)
    sheet = getters.query_one("#compared", Static)

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.marked: Run | None = None

    def compose(self) -> ComposeResult:
        yield TopBar("Runs of this level")
        with Horizontal(id="history"):
            yield Rows(id="runs")
            with VerticalScroll(id="comparison"):
                yield Static(id="compared", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self._list()
        self.rows.action_first()
        self.rows.focus()
        self._show()

    def on_resize(self, _: events.Resize) -> None:
        self.call_after_refresh(self._show)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.history.runs) if action in ("mark", "copy") else True

    def on_option_list_option_highlighted(self, event: Rows.OptionHighlighted) -> None:
        event.stop()
        self.query_one("#comparison").scroll_home(animate=False)
        self._show()

    def action_mark(self) -> None:
        """Compare the others with this run, or each with the one before it again."""
        self.marked = None if self.marked is self._current else self._current
        at = self.rows.highlighted
        self._list()
        self.rows.highlighted = at

    def action_page_down(self) -> None:
        """Read on in the comparison, wherever the keyboard is."""
        self.query_one("#comparison").scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """Read back."""
        self.query_one("#comparison").scroll_page_up(animate=False)

    def action_copy(self) -> None:
        """Copy the comparison."""
        copy(self, str(self.sheet.content), "The comparison")

    @property
    def _current(self) -> Run | None:
        at = self.rows.highlighted
        return None if at is None else self.history.runs[-1 - at]

    def _list(self) -> None:
        runs = self.history.runs
        pairs = zip((None, *runs), runs, strict=False)
        rows = [self._row(number, then, run) for number, (then, run) in enumerate(pairs, 1)]
        self.rows.set_options(Option(row) for row in reversed(rows))

    def _row(self, number: int, then: Run | None, run: Run) -> Content:
        mark = "▪" if run is self.marked else " "
        when = run.at.astimezone().strftime("%d %b %H:%M:%S")
        changed = edits(self.history, then, run) if then else ""
        head = (mark, "bold $text-accent"), f"{number:>3}  ", (f"{when}  ", MUTED)
        return Content.assemble(*head, summary(run), changed)

    def _show(self) -> None:
        runs, now = self.history.runs, self._current
        if now is None:
            self.sheet.update(NONE)
            return
        at = runs.index(now)
        then = self.marked if self.marked not in (None, now) else runs[at - 1] if at else None
        if then is None:
            self.sheet.update(Content.assemble(FIRST, "\n\n", alone(now)))
            return
        head = f"Run {at + 1} beside run {runs.index(then) + 1}"
        width = max(30, self.sheet.size.width)
        told = compared(self.history, then, now, width)
        self.sheet.update(Content.assemble((head, "bold"), "\n\n", told))
