"""The app: themes, settings and the way from one screen to the next, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.app import App, SystemCommand, get_system_commands_provider
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget

from engine.errors import GameError
from engine.game import Game
from engine.level import Level
from tui_debugger.lab import Failed, Lab, Loading, Ready
from tui_debugger.palette import Commands
from tui_debugger.screens.guide import GuideScreen
from tui_debugger.screens.help import HelpScreen
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.settings import Memory
from tui_debugger.text import one_line
from tui_debugger.widgets.probe_list import ProbeList


class DebuggerApp(App[None]):
    """The game on the screen. Closes ``game`` when it ends."""

    TITLE = "tui-debugger"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar = {Commands, get_system_commands_provider}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f1,question_mark", "help", "Help",
            id="app.help", tooltip="Help: What can be done here",
        ),
        Binding(
            "f12", "guide", "Field guide",
            id="app.guide", tooltip="Help: Open the field guide",
        ),
        Binding(
            "ctrl+g", "retry_lab", "Try the lab again",
            id="app.retry_lab", tooltip="Lab: Try to start it again",
        ),
        Binding(
            # Not a priority: keys typed before it are to reach the editor before it.
            "ctrl+q", "quit", "Quit", show=False,
            id="app.quit", tooltip="Game: Quit; everything is saved",
        ),
    ]  # fmt: skip

    lab: reactive[Lab] = reactive[Lab](Loading(), bindings=True)
    """Of the sandbox: started as soon as the app is, never waited for."""

    def __init__(self, game: Game, level: Level | None = None) -> None:
        """Opens on ``level`` when one is given, with the list of levels beneath."""
        super().__init__()
        self.game = game
        self.first = level
        self.memory = Memory(game.home.settings)

    async def on_mount(self) -> None:
        if self.memory.settings.theme in self.available_themes:
            self.theme = self.memory.settings.theme
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self._say(self.memory.take_notice())
        self._say(self.game.ledger.notice)
        self._load_lab()
        try:
            await self.push_screen(LevelsScreen(self.game))
        except GameError as error:
            self.exit(return_code=3, message=str(error))
            return
        if self.first is not None:
            self.open_level(self.first)

    async def on_unmount(self) -> None:
        await self.game.close()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What is not bound to a key."""
        yield SystemCommand("View: Change the theme", "Kept for next time", self.search_themes)
        yield SystemCommand("View: Save a picture of the screen", "As SVG", self.save_picture)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "retry_lab":
            return isinstance(self.lab, Failed)
        if action == "help":
            return not isinstance(self.screen, HelpScreen)
        if action == "guide":
            return not any(isinstance(screen, GuideScreen) for screen in self.screen_stack)
        return super().check_action(action, parameters)

    @on(LevelsScreen.Open)
    def _open(self, message: LevelsScreen.Open) -> None:
        self.open_level(message.level)

    def open_level(self, level: Level) -> None:
        """Show ``level``; when it is left for another one, that one."""
        try:
            screen = LevelScreen(self.game, level, self.memory)
        except GameError as error:
            self.notify(one_line(str(error)), severity="error", timeout=15, markup=False)
            return
        self.push_screen(screen, self._left)

    def _left(self, following: Level | None) -> None:
        if following is not None:
            self.open_level(following)

    def save_picture(self) -> None:
        """Write what is seen as SVG and say where."""
        folder = self.game.home.data / "pictures"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = self.save_screenshot(path=str(folder))
        except OSError as error:
            self.notify(f"No picture: {error.strerror}.", severity="error", markup=False)
        else:
            self.notify(f"The picture is {path}.", markup=False)

    def action_help(self) -> None:
        """Say what can be done here."""
        screen = self.screen
        around = self.focused.ancestors_with_self if self.focused else [screen]
        here = [node.HELP for node in around if isinstance(node, Widget) and node.HELP]
        active = [a for a in screen.active_bindings.values() if a.enabled and a.binding.id]
        self.push_screen(HelpScreen("\n\n".join(here), active))

    def action_guide(self) -> None:
        """Open the field guide, at the highlighted probe when the probes have the keyboard."""
        here = self.focused.current if isinstance(self.focused, ProbeList) else None
        try:
            guide = GuideScreen(self.game, f"probe:{here}" if here else None)
        except GameError as error:
            self.notify(one_line(str(error)), severity="error", timeout=15, markup=False)
        else:
            self.push_screen(guide)

    def action_retry_lab(self) -> None:
        """Start the sandbox again."""
        self.lab = Loading()
        self._load_lab()

    async def action_quit(self) -> None:
        """Leave, unless a file has to be decided on first."""
        for screen in self.screen_stack:
            if isinstance(screen, LevelScreen) and not screen.leave():
                return
        self.exit()

    @work(group="lab", exclusive=True)
    async def _load_lab(self) -> None:
        try:
            ready = await self.game.sandbox.ready()
        except GameError as error:
            self.lab = Failed(str(error))
            self.notify(one_line(str(error)), severity="error", timeout=15, markup=False)
        else:
            self.lab = Ready(ready.catalogue, ready.torch)

    def _theme_changed(self, theme: Theme) -> None:
        self.memory.choose_theme(theme.name)
        self._say(self.memory.take_notice())

    def _say(self, notice: str) -> None:
        if notice:
            self.notify(one_line(notice), severity="warning", timeout=15, markup=False)
