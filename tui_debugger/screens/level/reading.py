"""Reading the code: looking for a text, going to where a name is defined, and back."""

from __future__ import annotations

from textual import work
from textual.binding import Binding, BindingType

from tui_debugger.reading import Spot, definition, word_at
from tui_debugger.screens.found import FoundScreen
from tui_debugger.screens.level.part import LevelPart
from tui_debugger.widgets.probe_panel import ProbePanel

KEYS: list[BindingType] = [
    Binding(
        "ctrl+f", "find", "Find", show=False,
        id="level.find", tooltip="Find: A text in this file; once more, in all files",
    ),
    Binding(
        "ctrl+t,alt+g", "definition", "Definition", show=False,
        id="level.definition", tooltip="Code: Go to where the name at the cursor is defined",
    ),
    Binding(
        "alt+left,alt+p", "back", "Back", show=False,
        id="level.back", tooltip="Code: Back to where you came from",
    ),
]  # fmt: skip


class Reading(LevelPart):
    """Leaps through the source, each with a way back."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back":
            return bool(self.came_from)
        return super().check_action(action, parameters)

    def on_probe_panel_traced(self, event: ProbePanel.Traced) -> None:
        event.stop()
        self.code.shapes.learn(event.calls, stale=event.stale)

    def action_find(self) -> None:
        """Look for a text in the file in front."""
        self.focus_code()
        self.code.find()

    @work(group="found", exclusive=True)
    async def action_find_everywhere(self) -> None:
        """Look for a text in all files."""
        words = self.code.finder.words.value
        self.code.finder.end()
        hit = await self.app.push_screen_wait(FoundScreen(self.documents.texts(), words))
        if hit is None:
            self.focus_code()
        else:
            spot = hit.spot
            await self.leap(spot.file, spot.line, spot.column)
            if self.code.editor is not None:
                self.call_after_refresh(self.code.editor.mark, spot.line, spot.column, hit.end)

    async def action_definition(self) -> None:
        """Go to where the name at the cursor is defined."""
        here, texts = self.code.place, self.documents.texts()
        found = definition(texts, Spot(here.file, here.line, here.column))
        if found is not None:
            await self.leap(found.file, found.line, found.column)
            return
        name = word_at(texts.get(here.file, ""), here.line, here.column)
        said = f"{name} is not defined in these files." if name else "There is no name here."
        self.notify(said, timeout=3, markup=False)

    async def action_back(self) -> None:
        """Back to where the last leap began."""
        place = self.came_from.pop()
        await self.code.open(place.file, place.line, place.column)
        self.focus_code()
        self.refresh_bindings()
