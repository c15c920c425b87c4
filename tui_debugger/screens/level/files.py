"""The level's files: going from one to another, saving, and the way back to the start."""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.binding import Binding, BindingType

from engine import scratch
from engine.errors import GameError
from tui_debugger.messages import GoTo
from tui_debugger.screens.ask import AskScreen
from tui_debugger.screens.files import FilesScreen, Standing
from tui_debugger.screens.level.part import LevelPart
from tui_debugger.text import near_home
from tui_debugger.tour import Deed
from tui_debugger.widgets.code_pane import CodePane

KEYS: list[BindingType] = [
    Binding("ctrl+o", "choose_file", "Files", id="level.files", tooltip="View: Open a file"),
    Binding(
        "ctrl+n,ctrl+pagedown,alt+m", "next_file(1)", "Next file", show=False,
        id="level.next_file", tooltip="View: Next file",
    ),
    Binding(
        "alt+n,ctrl+pageup", "next_file(-1)", "Previous file", show=False,
        id="level.previous_file", tooltip="View: Previous file",
    ),
    Binding(
        "ctrl+s", "save", "Save", show=False,
        id="level.save", tooltip="Code: Save now (it is saved as you type)",
    ),
    Binding(
        "ctrl+r", "reset", "Reset", show=False,
        id="level.reset", tooltip="Level: Reset to its start, keeping your work",
    ),
]  # fmt: skip


class Files(LevelPart):
    """Opens, saves and resets files, and settles who wrote them last."""

    def on_mount(self) -> None:
        self.watch(self.app, "app_focus", self._focus_changed, init=False)

    def on_code_pane_opened(self, event: CodePane.Opened) -> None:
        event.stop()
        self.in_scratch = event.file == scratch.FILE

    def on_code_pane_edited(self, event: CodePane.Edited) -> None:
        event.stop()
        self.probes.set_revision(self.documents.revision())

    @on(CodePane.Saved)
    @work(group="edited")
    async def _saved_edits(self, event: CodePane.Saved) -> None:
        event.stop()
        try:
            await asyncio.to_thread(self.game.edited, self.level)
            if self.documents.any_edited:  # it may have been the player's own probe
                self.hear(Deed.EDITED)
        except GameError as error:
            self.complain(error)

    def on_code_pane_wrapped(self, event: CodePane.Wrapped) -> None:
        event.stop()
        self.memory.choose_wrap(event.wrap)

    @on(CodePane.Conflict)
    @work(group="conflict", exclusive=True)
    async def _settle(self, event: CodePane.Conflict) -> None:
        answer = await self.app.push_screen_wait(
            AskScreen(
                f"{event.error.file} was changed by another program while you edited it here.",
                "Whichever you choose, undo in the editor brings the other one back.",
                {"keep": "Keep what is here", "take": "Take the other one"},
            )
        )
        await self.code.decide(keep=None if answer is None else answer == "keep")

    @on(GoTo)
    async def _go_to(self, message: GoTo) -> None:
        if message.file in self.documents.files:
            self.code.faults[message.file] = message.line - 1
            await self.leap(message.file, message.line - 1)
        else:
            self.notify(f"{message.file} is none of the level's files.", markup=False)

    @work(group="files", exclusive=True)
    async def action_choose_file(self) -> None:
        """Choose a file, by its folder or its name."""
        files = {file: self._standing(file) for file in self.documents.files}
        chosen = await self.app.push_screen_wait(FilesScreen(files, self.code.file))
        if chosen is not None:
            await self.leap(chosen)

    async def action_next_file(self, step: int) -> None:
        """Go through the files one by one."""
        files = self.documents.files
        await self.leap(files[(files.index(self.code.file) + step) % len(files)])

    @work(group="save", exclusive=True)
    async def action_save(self) -> None:
        """Save now."""
        if await self.saved():
            self.notify("Saved.", timeout=2)

    @work(group="reset", exclusive=True)
    async def action_reset(self) -> None:
        """Back to the level's start, if the player means it."""
        if not await self.saved():
            return
        root = self.documents.workspace.root
        answer = await self.app.push_screen_wait(
            AskScreen(
                "Put every file back to the level's start?",
                f"Your work is kept beside it, in a folder named {root.name}.before-… in "
                f"{near_home(root.parent)}. Undo in the editor brings it back too.",
                {"no": "Leave it as it is", "yes": "Reset"},
            )
        )
        if answer != "yes":
            return
        await self.code.hold(filter(self.documents.edited, self.documents.files))
        try:
            kept = await asyncio.to_thread(self.game.reset, self.level)
        except GameError as error:
            self.complain(error)
            return
        await self.code.reload()
        self.probes.set_revision(self.documents.revision())
        said = f"Your work is in {kept}." if kept else "Nothing had been edited."
        self.notify(f"The level is back at its start. {said}", timeout=10, markup=False)

    def _standing(self, file: str) -> Standing:
        fault = self.code.faults.get(file)
        edited = self.documents.edited(file)
        added, removed = self.documents.changes(file) if edited else (0, 0)
        return Standing(added, removed, edited, None if fault is None else fault + 1)

    def _focus_changed(self, focus: bool) -> None:
        if focus:
            self.code.look_again()
