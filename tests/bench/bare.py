"""The yardstick for what the interface takes: the same widgets in a bare Textual app.

``python -m tests.bench.bare list FILE``, or ``editor``: FILE holds what is to be seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import OptionList, Static, TextArea


class List(App[None]):
    """What the list of levels is made of."""

    CSS = """
    .bar { height: 1; dock: top; }
    #keys { height: 1; dock: bottom; }
    #list { width: 2fr; } #beside { width: 1fr; } OptionList { height: 1fr; }
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def compose(self) -> ComposeResult:
        with Horizontal(classes="bar"):
            yield Static("tui-debugger", markup=False)
            yield Static("0 solved", markup=False)
            yield Static("lab", markup=False)
        with Horizontal():
            with Vertical(id="list"):
                yield Static("incident", markup=False)
                yield OptionList(*self.lines, markup=False)
            with VerticalScroll(id="beside"):
                yield Static("\n".join(self.lines), markup=False)
        yield Static("enter Open", id="keys", markup=False)


class Editor(App[None]):
    """The editor, and what is beside it while a probe runs."""

    CSS = List.CSS

    def __init__(self, text: str, line: int) -> None:
        super().__init__()
        self.text = text
        self.line = line

    def compose(self) -> ComposeResult:
        yield Static("bar", classes="bar", markup=False)
        with Horizontal():
            yield TextArea.code_editor(self.text, language="python", soft_wrap=False, id="list")
            with Vertical(id="beside"):
                yield OptionList(*(f"probe {number}" for number in range(121)), markup=False)
        yield Static("keys", id="keys", markup=False)

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        area.focus()
        area.move_cursor((self.line, 0), center=True)


def main() -> None:
    """Show it."""
    what, file, *line = sys.argv[1:]
    text = Path(file).read_text("utf-8")
    app = List(text.splitlines()) if what == "list" else Editor(text, int(line[0]))
    app.run()


if __name__ == "__main__":
    main()
