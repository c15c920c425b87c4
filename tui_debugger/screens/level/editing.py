"""Beyond typing: what changed since the start and since other runs, and the player's own editor."""

from __future__ import annotations

from textual import work
from textual.binding import Binding, BindingType

from tui_debugger.elsewhere import NONE, command, edit
from tui_debugger.screens.changes import ChangesScreen
from tui_debugger.screens.history import HistoryScreen
from tui_debugger.screens.level.part import LevelPart

KEYS: list[BindingType] = [
    Binding(
        "alt+d", "changes", "Changes", show=False,
        id="level.changes", tooltip="Code: What differs from the level's start",
    ),
    Binding(
        "alt+h", "history", "History", show=False,
        id="level.history", tooltip="Probes: Earlier runs, beside each other",
    ),
    Binding(
        "alt+e", "elsewhere", "Own editor", show=False,
        id="level.elsewhere", tooltip="Code: Open this file in your own editor ($EDITOR)",
    ),
]  # fmt: skip


class Editing(LevelPart):
    """Looks back, and elsewhere."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "elsewhere":
            return not self.app.is_web  # there is no terminal for it
        return super().check_action(action, parameters)

    @work(group="changes", exclusive=True)
    async def action_changes(self) -> None:
        """Show what differs from the level's start."""
        screen = ChangesScreen(self.level.start, self.documents.texts())
        file = await self.app.push_screen_wait(screen)
        if file is None:
            return
        await self.code.open(file)
        if self.code.editor is not None:
            self.code.editor.replace_text(self.level.start[file])
        self.focus_code()
        self.notify(f"{file} is as in the level's start; undo brings your lines back.")

    def action_history(self) -> None:
        """Show the runs of this level."""
        self.app.push_screen(HistoryScreen(self.history))

    async def action_elsewhere(self) -> None:
        """Open the file in front in the player's own editor; the game waits for it to end."""
        place = self.code.place
        opens = command(self.documents.workspace.root / place.file, place.line + 1)
        if opens is None:
            self.notify(NONE)
            return
        if not await self.saved():
            return
        if problem := await edit(self.app, opens):
            self.notify(problem, markup=False)
        await self.code.look_at_disk()
