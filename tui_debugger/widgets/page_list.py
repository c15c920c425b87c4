"""The field guide's pages, section by section, narrowed down by words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets.option_list import Option

from tui_debugger.pages import Page
from tui_debugger.plain import has_words
from tui_debugger.text import MUTED
from tui_debugger.widgets.rows import Rows

NOTHING = "No page has all of these words."


class PageList(Rows):
    """The highlighted page is the one to be read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right", "section(1)", "Next part",
            id="guide.next_section", tooltip="Guide: Go to the next part",
        ),
        Binding(
            "left", "section(-1)", "Part before", show=False,
            id="guide.previous_section", tooltip="Guide: Go to the part before",
        ),
    ]  # fmt: skip

    @dataclass
    class Shown(Message):
        """Another page is highlighted; None when no page is left."""

        page: Page | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.pages: dict[str, Page] = {}
        self.words = ""

    @property
    def current(self) -> Page | None:
        """The highlighted page."""
        option = self.highlighted_option
        return self.pages.get(option.id) if option and option.id else None

    def fill(self, pages: Iterable[Page], words: str, wanted: str | None = None) -> None:
        """Show the pages that have all ``words``, and highlight ``wanted``; without it, what the
        words are the title of when they are new, else what was highlighted."""
        current = self.current.id if self.current else None
        self.pages = {
            page.id: page for page in pages if has_words(f"{page.section} {page.words}", words)
        }
        if words and words != self.words:
            titled = (id for id, page in self.pages.items() if has_words(f"{id} {page.row}", words))
            current = next(titled, None)
        self.words = words
        wanted = wanted or current
        options: list[Option] = []
        for section, members in self._sections().items():
            heading = Content.assemble(
                (section, "bold $text-primary"), (f"  {len(members)}", MUTED)
            )
            options.append(Option(heading, disabled=True))
            options += [Option(page.row, id=page.id) for page in members]
        if not options:
            options.append(Option(Content.styled(NOTHING, MUTED), disabled=True))
        self.set_options(options)
        if wanted in self.pages:
            self.highlighted = self.get_option_index(wanted)
        else:
            self.action_first()
        self.call_after_refresh(self.scroll_to_highlight)
        self.post_message(self.Shown(self.current))

    def on_option_list_option_highlighted(self, event: Rows.OptionHighlighted) -> None:
        event.stop()
        self.post_message(self.Shown(self.current))

    def action_section(self, step: int) -> None:
        """Go to the first page of another section."""
        sections = list(self._sections().values())
        if self.current is None:
            return
        here = next(at for at, members in enumerate(sections) if self.current in members)
        self.highlighted = self.get_option_index(sections[(here + step) % len(sections)][0].id)

    def _sections(self) -> dict[str, list[Page]]:
        sections: dict[str, list[Page]] = {}
        for page in self.pages.values():
            sections.setdefault(page.section, []).append(page)
        return sections
