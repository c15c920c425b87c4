"""The files of a level: an editor for each one opened, saved as one types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Static, TextArea

from engine.errors import WorkspaceError
from engine.evidence import Fault
from tui_debugger.documents import ChangedOnDisk, Documents
from tui_debugger.settings import Place
from tui_debugger.text import count, one_line
from tui_debugger.widgets.code_editor import CHANGED, CodeEditor
from tui_debugger.widgets.file_tabs import FileTabs

SAVE_AFTER = 0.5
"""Seconds after the last key until the text is on disk."""
LOOK_EVERY = 2.0
"""Seconds between two looks at what other programs have written."""


class CodePane(Vertical):
    """Tabs, the editor in front, and a line on where the cursor is and what is saved."""

    DEFAULT_CSS = """
    CodePane {
        & ContentSwitcher { height: 1fr; }
        & > #code-status { height: 1; padding: 0 1; background: $panel; color: $text-muted;
                           text-wrap: nowrap; text-overflow: ellipsis; }
        & .unreadable { padding: 1 2; color: $text-error; }
        &:focus-within > #code-status { color: $foreground; }
        &:focus-within FileTabs Tab.-active { color: $block-cursor-foreground;
            background: $block-cursor-background; }
    }
    """

    tabs = getters.query_one(FileTabs)
    switcher = getters.query_one(ContentSwitcher)
    status = getters.query_one("#code-status", Static)

    @dataclass
    class Opened(Message):
        """A file is now in front."""

        file: str

    @dataclass
    class Edited(Message):
        """The text of a file has changed, here or on disk."""

    @dataclass
    class Conflict(Message):
        """A file was changed on disk while it held unsaved edits: a person has to decide."""

        error: ChangedOnDisk

    def __init__(self, documents: Documents, place: Place | None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.documents = documents
        known = place is not None and place.file in documents.files
        self.first = place if place and known else Place(documents.files[0])
        self.file = self.first.file
        self.trouble = ""
        self.faults: dict[str, int] = {}
        self.conflict: ChangedOnDisk | None = None
        """What a person is being asked about."""
        self._saving: Timer | None = None

    def compose(self) -> ComposeResult:
        yield FileTabs(self.documents.files, self.file)
        yield ContentSwitcher()
        yield Static(id="code-status", markup=False)

    async def on_mount(self) -> None:
        for file in self.documents.files:
            self.tabs.mark(file, self.documents.edited(file))
        await self.open(self.first.file, self.first.line, self.first.column)
        self.set_interval(LOOK_EVERY, self.look_at_disk)

    @property
    def editor(self) -> CodeEditor | None:
        """The editor in front; None where the file cannot be read."""
        return self._editor(self.file)

    @property
    def place(self) -> Place:
        """Where the cursor is."""
        editor = self.editor
        line, column = editor.cursor_location if editor else (0, 0)
        return Place(self.file, line, column)

    async def open(self, file: str, line: int | None = None, column: int = 0) -> None:
        """Bring ``file`` to the front, with the cursor at ``line`` (from 0) if one is given."""
        id = self._key(file)
        if not self.switcher.query(f"#{id}"):
            await self.switcher.add_content(self._view(file), id=id)
            self._mark(file)
        self.file = file
        self.switcher.current = id
        self.tabs.bring(file)
        editor = self.editor
        if editor is not None:
            editor.fault = self.faults.get(file)
            if line is not None:
                self.call_after_refresh(editor.go_to, line, column)
        self._tell()
        self.post_message(self.Opened(file))

    async def open_next(self, step: int) -> None:
        """Bring the next file to the front, or the one before."""
        files = self.documents.files
        await self.open(files[(files.index(self.file) + step) % len(files)])

    def focus_editor(self) -> None:
        """Put the keyboard into the code."""
        (self.editor or self.switcher).focus()

    def save(self) -> bool:
        """Write every unsaved edit; False when something stands in the way, which is then said."""
        if self._saving is not None:
            self._saving.stop()
        self.trouble = ""
        try:
            for file in self.documents.dirty():
                self.documents.save(file)
        except ChangedOnDisk as conflict:
            self.trouble = f"not saved: {conflict.file} was changed by another program"
            if self.conflict is None:
                self.post_message(self.Conflict(conflict))
            self.conflict = conflict
        except WorkspaceError as error:
            self.trouble = f"not saved: {one_line(str(error))}"
            self.notify(one_line(str(error)), severity="error", markup=False)
        self._tell()
        return not self.trouble

    def look_at_disk(self) -> None:
        """Take over what other programs have written to files without unsaved edits."""
        taken = self.documents.refresh()
        for file in taken:
            self._show(file)
        if self.conflict is None:
            self._save_soon()
        if taken:
            names = ", ".join(taken)
            self.notify(f"{names}: taken over as another program wrote it.", markup=False)

    def decide(self, *, keep: bool | None) -> None:
        """Which version stays, undo in the editor brings the other one back; None puts it off."""
        conflict, self.conflict = self.conflict, None
        if conflict is None or keep is None:
            return
        editor = self._editor(conflict.file)
        if keep:
            if editor is not None:
                mine = editor.text
                editor.replace_text(conflict.disk)
                editor.replace_text(mine)
            self.documents.keep(conflict.file)
        else:
            self.documents.take(conflict.file, conflict.disk)
            self._show(conflict.file)
        self.save()

    async def reload(self) -> None:
        """Show every file as it is on disk now; undo brings back what was there."""
        self.documents.forget()
        for file in self.documents.files:
            editor = self._editor(file)
            if editor is None:
                if self.switcher.current == self._key(file):
                    self.switcher.current = None
                await self.switcher.query(f"#{self._key(file)}").remove()
            else:
                self._show(file)
            self.tabs.mark(file, self.documents.edited(file))
        await self.open(self.file)

    def mark_faults(self, faults: Iterable[Fault | None]) -> None:
        """Mark these lines and no others, one to a file."""
        self.faults.clear()
        for fault in faults:
            if fault and fault.file and fault.line:
                self.faults.setdefault(fault.file, fault.line - 1)
        for file in self.documents.files:
            editor = self._editor(file)
            if editor is not None:
                editor.fault = self.faults.get(file)

    async def go_to(self, file: str, line: int) -> bool:
        """Show ``line`` (from 1) of ``file`` with a mark; False when there is no such file."""
        if file not in self.documents.files:
            return False
        self.faults[file] = line - 1
        await self.open(file, line - 1)
        return True

    async def on_file_tabs_chosen(self, event: FileTabs.Chosen) -> None:
        event.stop()
        if event.file != self.file:
            await self.open(event.file)
            self.focus_editor()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        editor = event.text_area
        assert isinstance(editor, CodeEditor)
        file = self._file(editor)
        if editor.text != self.documents.open(file).text:
            self.documents.edit(file, editor.text)
            editor.fault = None
            self.faults.pop(file, None)
        self._mark(file)
        self._save_soon()
        self._tell()
        self.post_message(self.Edited())

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        self._tell()

    def _save_soon(self) -> None:
        if self._saving is not None:
            self._saving.stop()
        if self.documents.dirty():
            self._saving = self.set_timer(SAVE_AFTER, self.save)

    def _view(self, file: str) -> CodeEditor | Static:
        try:
            document = self.documents.open(file)
        except WorkspaceError as error:
            return Static(one_line(str(error)), classes="unreadable", markup=False)
        return CodeEditor(document.text)

    def _show(self, file: str) -> None:
        """Put the document's text into its editor."""
        editor = self._editor(file)
        try:
            text = self.documents.open(file).text
        except WorkspaceError as error:
            self.notify(one_line(str(error)), severity="error", markup=False)
            return
        if editor is not None and editor.text != text:
            editor.replace_text(text)
        self._mark(file)

    def _mark(self, file: str) -> None:
        editor = self._editor(file)
        if editor is not None:
            editor.changed = self.documents.changed_lines(file)
            self.tabs.mark(file, self.documents.edited(file))

    def _tell(self) -> None:
        editor = self.editor
        if editor is None:
            self.status.update(self.file)
            return
        line, column = editor.cursor_location
        state = self.trouble or ("saving…" if self.documents.dirty() else "saved")
        lines = count(len(editor.changed), "line")
        changed = f"   {CHANGED} {lines} changed" if editor.changed else ""
        style = "$text-error" if self.trouble else ""
        self.status.update(
            Content.assemble(f"{self.file}   {line + 1}:{column + 1}   ", (state, style), changed)
        )

    def _editor(self, file: str) -> CodeEditor | None:
        return next(iter(self.switcher.query(f"#{self._key(file)}").results(CodeEditor)), None)

    def _key(self, file: str) -> str:
        return f"editor-{self.documents.files.index(file)}"

    def _file(self, area: TextArea) -> str:
        assert area.id is not None
        return self.documents.files[int(area.id.removeprefix("editor-"))]
