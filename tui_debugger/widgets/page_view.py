"""One page of the field guide, to be read, scrolled and copied."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui_debugger.pages import Page

COPIED = 100
"""Cells across of a page in the clipboard."""


class PageView(VerticalScroll):
    """The page that is highlighted in the list."""

    DEFAULT_CSS = """
    PageView {
        padding: 0 1;
        scrollbar-gutter: stable;
        & > Static { width: 1fr; max-width: 100; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.page: Page | None = None

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def on_resize(self, _: events.Resize) -> None:
        self._draw()

    def show(self, page: Page | None) -> None:
        """Show ``page``; from the top when it is another one than before."""
        if (page and page.id) != (self.page and self.page.id):
            self.scroll_home(animate=False)
        self.page = page
        self._draw()

    def as_text(self) -> str:
        """The page for the clipboard; empty when there is none."""
        return str(self.page.draw(COPIED)) if self.page else ""

    def _draw(self) -> None:
        if self.is_mounted:
            width = min(COPIED, max(20, self.scrollable_content_region.width))
            self.query_one(Static).update(self.page.draw(width) if self.page else "")
