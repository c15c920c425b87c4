"""The workspace's files as a strip of tabs, those with edits marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.widgets import Tab, Tabs

from engine import scratch
from tui_debugger.keys import key

EDITED = "●"


def label(file: str, edited: bool) -> Content:
    """A file's name without its folder, and a sign when it differs from the start."""
    name = file if file.endswith("__init__.py") else file.rpartition("/")[2]
    return Content(f"{name} {EDITED}" if edited else name)


class FileTabs(Tabs, can_focus=False):
    """A click opens a file; ctrl+o and ctrl+n do it by key."""

    DEFAULT_CSS = """
    FileTabs {
        height: 1;
        background: $panel;
        & #tabs-list-bar, & #tabs-list, & #tabs-scroll { height: 1; min-height: 1; }
        & Underline { display: none; }
        & Tab { padding: 0 1; color: $muted; height: 1; }
        & Tab.-active { background: $background; color: $foreground; text-style: bold underline; }
    }
    """

    @dataclass
    class Chosen(Message):
        """Open that file."""

        file: str

    def __init__(self, files: Iterable[str], first: str) -> None:
        self.files = tuple(files)
        self.edited: dict[str, bool] = dict.fromkeys(self.files, False)
        tabs = [Tab(label(file, False), id=f"file-{at}") for at, file in enumerate(self.files)]
        super().__init__(*tabs, active=f"file-{self.files.index(first)}")

    def mark(self, file: str, edited: bool) -> None:
        """Whether ``file`` differs from the start."""
        if self.edited[file] != edited:
            self.edited[file] = edited
            self.query_one(f"#file-{self.files.index(file)}", Tab).label = label(file, edited)

    def on_mount(self) -> None:
        tab = self.query_one(f"#file-{self.files.index(scratch.FILE)}", Tab)
        tab.label = Content(f"{scratch.FILE} {key(self, 'level.open_scratch')}")

    def bring(self, file: str) -> None:
        """Make ``file`` the active tab."""
        self.active = f"file-{self.files.index(file)}"

    def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        event.stop()
        if event.tab.id is not None:
            self.post_message(self.Chosen(self.files[int(event.tab.id.removeprefix("file-"))]))
