"""What every app of the project has in common: keys, help, the field guide, the lab."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from engine.errors import GameError
from engine.game import Game
from engine.sandbox.runner import Runner
from tui_debugger import garbage
from tui_debugger.keys import UNHEARD, KeyedApp, KeyMap
from tui_debugger.lab import Failed, Lab, Loading, Ready
from tui_debugger.palette import Commands, Themes
from tui_debugger.settings import Memory
from tui_debugger.terminal.facts import Terminal
from tui_debugger.terminal_app import TerminalApp
from tui_debugger.text import one_line


class Shell(TerminalApp, KeyedApp):
    """Looks as the player likes it, and closes ``game`` and ``sandbox`` when it ends."""

    TITLE = "tui-debugger"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar = {Commands}
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
            # ctrl+z is the editor's while that has the keyboard.
            "ctrl+backslash,ctrl+z", "suspend", "Suspend", show=False,
            id="app.suspend", tooltip="Game: Suspend it; fg in the shell goes on",
        ),
        Binding(
            # Not a priority: keys typed before it are to reach the editor before it.
            "ctrl+q", "quit", "Quit", show=False,
            id="app.quit", tooltip="Game: Quit; everything is saved",
        ),
    ]  # fmt: skip
    ABOUT: ClassVar[tuple[str, str]]
    """The end of every help: a heading, and what all this is."""

    lab: reactive[Lab] = reactive[Lab](Loading(), bindings=True)
    """Of the sandbox: started once there is something to look at, never waited for."""

    def __init__(self, game: Game, sandbox: Runner, terminal: Terminal | None = None) -> None:
        super().__init__(terminal)
        self.game = game
        self.sandbox = sandbox
        self.copied = game.home.data / "copied.txt"
        self.memory = Memory(game.home.settings)
        self.keys = KeyMap(game.home.settings.with_name("keys.toml"))

    async def open_first(self) -> None:
        """Push what is shown first. Raises GameError."""
        raise NotImplementedError

    async def on_mount(self) -> None:
        garbage.begin()
        self.dress()
        self.theme_changed_signal.subscribe(self, self.keep_theme)
        if self.is_web:
            self.keys.unheard = UNHEARD
        self.set_keymap(self.keys.keymap())
        for problem in self.keys.problems:
            self.say(problem)
        self.say(self.memory.take_notice())
        try:
            self.say(self.game.ledger.notice)
            await self.open_first()
        except GameError as error:
            self.exit(return_code=3, message=str(error))
            return
        self.call_after_refresh(self._load_lab)  # which takes a core for itself
        if not self.held:
            self.call_after_refresh(self.take_early_keys)

    async def on_unmount(self) -> None:
        await self.sandbox.close()
        await self.game.close()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What is not bound to a key."""
        yield SystemCommand("View: Change the theme", "Kept for next time", self.search_themes)
        yield SystemCommand(
            "View: Follow the terminal", "Dark or light as it is", partial(self.choose_theme, "")
        )
        yield SystemCommand("Help: Change the keys", "Kept in keys.toml", self.change_keys)
        yield SystemCommand("View: Save a picture of the screen", "As SVG", self.save_picture)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "retry_lab":
            return isinstance(self.lab, Failed)
        if action == "help":
            return self.screen.name != "help"
        if action == "guide":
            return not any(screen.name == "guide" for screen in self.screen_stack)
        return super().check_action(action, parameters)

    def search_themes(self) -> None:
        """Choose among the themes."""
        self.push_screen(CommandPalette([Themes], placeholder="Words of a theme's name"))

    def change_keys(self) -> None:
        """Give commands other keys."""
        from tui_debugger.screens.keys import KeysScreen

        self.push_screen(KeysScreen(self.keys))

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
        from tui_debugger.screens.help import HelpScreen

        screen = self.screen
        around = self.focused.ancestors_with_self if self.focused else [screen]
        here = [node.HELP for node in around if isinstance(node, Widget) and node.HELP]
        active = [a for a in screen.active_bindings.values() if a.enabled and a.binding.id]
        self.push_screen(HelpScreen("\n\n".join(here), active, self.ABOUT))

    def action_guide(self) -> None:
        """Open the field guide, at the highlighted probe when the probes have the keyboard."""
        from tui_debugger.screens.guide import GuideScreen
        from tui_debugger.widgets.probe_list import ProbeList

        here = self.focused.current if isinstance(self.focused, ProbeList) else None
        try:
            guide = GuideScreen(self.game, f"probe:{here}" if here else None)
        except GameError as error:
            self.complain(error)
        else:
            self.push_screen(guide)

    def action_retry_lab(self) -> None:
        """Start the sandbox again."""
        self.lab = Loading()
        self._load_lab()

    def complain(self, error: GameError) -> None:
        """Say what went wrong."""
        self.notify(one_line(str(error)), severity="error", timeout=15, markup=False)

    @work(group="lab", exclusive=True)
    async def _load_lab(self) -> None:
        try:
            ready = await self.sandbox.ready()
        except GameError as error:
            self.lab = Failed(str(error))
            self.complain(error)
        else:
            self.lab = Ready(ready.catalogue, ready.torch)
