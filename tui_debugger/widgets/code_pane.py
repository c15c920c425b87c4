"""The files of a level: an editor for each one opened, saved as one types."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Static, TextArea

from engine.errors import WorkspaceError
from engine.evidence import Fault
from tui_debugger.documents import ChangedOnDisk, Documents
from tui_debugger.history import History
from tui_debugger.keys import key
from tui_debugger.reading import Spot
from tui_debugger.settings import Place
from tui_debugger.text import count, one_line
from tui_debugger.widgets.code_editor import CodeEditor
from tui_debugger.widgets.code_view import CHANGED, MORE
from tui_debugger.widgets.file_tabs import FileTabs
from tui_debugger.widgets.find_bar import FindBar
from tui_debugger.widgets.shape_line import ShapeLine

SAVE_AFTER = 0.5
"""Seconds after the first unsaved key until the text is on its way to the disk."""
LOOK_EVERY = 2.0
"""Seconds between two looks at what other programs have written."""


class CodePane(Vertical):
    """Tabs, the editor in front, and a line on where the cursor is and what is saved."""

    DEFAULT_CSS = """
    CodePane {
        & ContentSwitcher { height: 1fr; }
        & > #code-status { height: 1; padding: 0 1; background: $panel; color: $muted;
                           text-wrap: nowrap; text-overflow: ellipsis; }
        & .unreadable { padding: 1 2; color: $text-error; }
        &:focus-within > #code-status { color: $foreground; }
        &:focus-within FileTabs Tab.-active { color: $foreground;
            background: $row-focus; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "alt+z", "wrap", "Wrap", show=False,
            id="code.wrap", tooltip="Code: Wrap long lines, or cut them",
        ),
    ]  # fmt: skip

    tabs = getters.query_one(FileTabs)
    switcher = getters.query_one(ContentSwitcher)
    status = getters.query_one("#code-status", Static)
    finder = getters.query_one(FindBar)
    shapes = getters.query_one(ShapeLine)

    @dataclass
    class Opened(Message):
        """A file is now in front."""

        file: str

    @dataclass
    class Edited(Message):
        """The text of a file has changed, here or on disk."""

    @dataclass
    class Saved(Message):
        """Edits of the player's are on disk."""

    @dataclass
    class Wrapped(Message):
        """The player wants long lines wrapped, or not any more."""

        wrap: bool

    @dataclass
    class Conflict(Message):
        """A file was changed on disk while it held unsaved edits: a person has to decide."""

        error: ChangedOnDisk

    def __init__(
        self,
        documents: Documents,
        history: History,
        place: Place | None,
        *,
        wrap: bool,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.history = history
        self.documents = documents
        self.wrap = wrap
        known = place is not None and place.file in documents.files
        self.first = place if place and known else Place(documents.files[0])
        self.file = self.first.file
        self.trouble = ""
        self.faults: dict[str, int] = {}
        """The line (from 0) of each file that is marked as soon as the file is opened."""
        self.conflict: ChangedOnDisk | None = None
        """What a person is being asked about."""
        self._saving: Timer | None = None
        """Runs while there is something to save later on."""
        self._behind = False
        """Whether what was typed is being saved by itself."""
        self._looking = False
        """Whether the disk is being looked at."""
        self._edited: set[str] = set()
        """Files of which it is still to be worked out what follows from the latest keys."""
        self._following = False
        """Whether that is about to be done."""

    def compose(self) -> ComposeResult:
        yield FileTabs(self.documents.files, self.file)
        yield FindBar(id="find")
        yield ContentSwitcher()
        yield ShapeLine(id="shapes")
        yield Static(id="code-status", markup=False)

    async def on_mount(self) -> None:
        for file in self.documents.files:
            self.tabs.mark(file, self.documents.edited(file))
        await self.open(self.first.file, self.first.line, self.first.column)
        self.set_interval(LOOK_EVERY, self.look_again)
        if said := self.documents.workspace.notice:
            self.notify(one_line(said), severity="warning", timeout=15, markup=False)

    def on_resize(self) -> None:
        """Another line may be cut now."""
        self._follow_soon()

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

    async def hold(self, files: Iterable[str]) -> None:
        """Have an editor for each of these files, without bringing it to the front: what is put
        into it can then be undone."""
        for file in files:
            if not self.switcher.query(f"#{self._key(file)}"):
                await self.switcher.add_content(self._view(file), id=self._key(file))
                self._mark(file)

    async def open(self, file: str, line: int | None = None, column: int = 0) -> None:
        """Bring ``file`` to the front, with the cursor at ``line`` (from 0) if one is given."""
        await self.hold([file])
        self.file = file
        self.finder.end()
        self.switcher.current = self._key(file)
        self.tabs.bring(file)
        editor = self.editor
        if editor is not None:
            editor.fault = self.faults.get(file)
            if line is not None:
                self.call_after_refresh(editor.go_to, line, column)
        self._tell()
        self._follow_soon()  # once it is seen, it is known whether a line is cut
        self.post_message(self.Opened(file))

    def focus_editor(self) -> None:
        """Put the keyboard into the code."""
        (self.editor or self.switcher).focus()

    async def save(self) -> bool:
        """Write every edit there is now; False when something stands in the way, which is then
        said. The player may go on typing meanwhile.

        Whoever asks for it wants to do something with this text: undo will stop at it.
        """
        self._stop_waiting()
        for editor in self.query(CodeEditor):
            editor.history.checkpoint()
        try:
            await self._write()
        except (ChangedOnDisk, WorkspaceError) as error:
            self._saved(error, asked=True)
            return False
        self._saved(None)
        self._save_soon()
        return True

    @work(group="save")
    async def _save_behind(self) -> None:
        self._saving = None
        if self._behind:
            return  # what has come since is looked at when that is over
        self._behind = True
        try:
            await self._write()
        except (ChangedOnDisk, WorkspaceError) as error:
            self._saved(error)
        else:
            self._saved(None)
            self._save_soon()
        finally:
            self._behind = False

    async def _write(self) -> None:
        """Beside the event loop: a disk may take its time. Raises ChangedOnDisk, WorkspaceError."""
        for file in self.documents.dirty():
            await asyncio.to_thread(self.documents.save, file)
            self.post_message(self.Saved())

    def _saved(self, error: ChangedOnDisk | WorkspaceError | None, *, asked: bool = False) -> None:
        """Show how saving went; what is still the same trouble is told again when ``asked``."""
        if not self.children:
            return  # closed meanwhile
        before, self.trouble = self.trouble, ""
        match error:
            case ChangedOnDisk():
                self.trouble = f"not saved: {error.file} was changed by another program"
                if self.conflict is None:
                    self.post_message(self.Conflict(error))
                self.conflict = error
            case WorkspaceError():
                self.trouble = f"not saved: {one_line(str(error))}"
                if asked or self.trouble != before:
                    said = f"{one_line(str(error))} What you type is kept here until it can be."
                    self.notify(said, severity="error", timeout=15, markup=False)
        self._tell()

    async def look_at_disk(self) -> None:
        """Take over what other programs have written to files without unsaved edits."""
        taken = self.documents.take_over(await asyncio.to_thread(self.documents.look))
        for file in taken:
            self._show(file)
        if self.conflict is None:
            self._save_soon()
        if taken:
            names = ", ".join(taken)
            self.notify(f"{names}: taken over as another program wrote it.", markup=False)

    @work(group="look")
    async def look_again(self) -> None:
        """Look at the disk, unless that is being done."""
        if not self._looking:
            self._looking = True
            try:
                await self.look_at_disk()
            finally:
                self._looking = False

    async def decide(self, *, keep: bool | None) -> None:
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
            try:
                await asyncio.to_thread(self.documents.keep, conflict.file)
            except WorkspaceError as error:
                self._saved(error, asked=True)
                return
        else:
            self.documents.take(conflict.file, conflict.disk)
            self._show(conflict.file)
        await self.save()

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

    def find(self) -> None:
        """Look for a text in the file in front."""
        editor = self.editor
        if editor is not None:
            self.finder.begin(editor.text, editor.selected_text, editor.selection.start)

    def on_find_bar_found(self, event: FindBar.Found) -> None:
        event.stop()
        if self.editor is not None:
            self.editor.mark(event.line, event.column, event.end)

    def on_find_bar_closed(self, event: FindBar.Closed) -> None:
        event.stop()
        self.focus_editor()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them at the edge."""
        self.wrap = not self.wrap
        for editor in self.query(CodeEditor):
            editor.soft_wrap = self.wrap
        self._follow_soon()
        self.post_message(self.Wrapped(self.wrap))

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
        self._edited.add(file)
        self._save_soon()
        self._follow_soon()

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        self._follow_soon()

    def _follow_soon(self) -> None:
        """The letter first, then what follows from it: once for all keys that came meanwhile."""
        if not self._following:
            self._following = True
            self.call_after_refresh(self._follow)

    def _follow(self) -> None:
        self._following = False
        if not self.children:
            return  # closed meanwhile
        for file in self._edited:
            self._mark(file)
        self._tell()
        if self._edited:
            self._edited.clear()
            self.post_message(self.Edited())

    def _save_soon(self) -> None:
        """Not put off by every key: who types without a pause is saved too."""
        if self._saving is None and self.documents.dirty():
            self._saving = self.set_timer(SAVE_AFTER, self._save_behind)

    def _stop_waiting(self) -> None:
        if self._saving is not None:
            self._saving.stop()
            self._saving = None

    def _view(self, file: str) -> CodeEditor | Static:
        try:
            document = self.documents.open(file)
        except WorkspaceError as error:
            return Static(one_line(str(error)), classes="unreadable", markup=False)
        return CodeEditor(document.text, self.history.texts(file), wrap=self.wrap)

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
            self.status.update(self.file, layout=False)
            return
        line, column = editor.cursor_location
        self.shapes.look(editor.text, Spot(self.file, line, column))
        state = self.trouble or ("saving…" if self.documents.dirty() else "saved")
        lines = count(len(editor.changed), "line")
        changed = f"   {CHANGED} {lines} changed" if editor.changed else ""
        style = "$text-error" if self.trouble else ""
        wraps = f"   {MORE} {key(self, 'code.wrap')} wraps" if editor.goes_on(line) else ""
        said = (f"{self.file}   {line + 1}:{column + 1}   ", (state, style), changed, wraps)
        self.status.update(Content.assemble(*said), layout=False)

    def _editor(self, file: str) -> CodeEditor | None:
        return next(iter(self.switcher.query(f"#{self._key(file)}").results(CodeEditor)), None)

    def _key(self, file: str) -> str:
        return f"editor-{self.documents.files.index(file)}"

    def _file(self, area: TextArea) -> str:
        assert area.id is not None
        return self.documents.files[int(area.id.removeprefix("editor-"))]
