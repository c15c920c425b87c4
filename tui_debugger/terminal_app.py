"""An app that suits its terminal: theme, colours, signs, and what was typed before it was there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from textual import events
from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter
from textual.theme import Theme
from textual.timer import Timer

from engine.workspace import write_atomically
from tui_debugger.contrast import legible_variables
from tui_debugger.plain import one_line
from tui_debugger.settings import Memory
from tui_debugger.terminal import alt
from tui_debugger.terminal.facts import Colours, Terminal
from tui_debugger.terminal.jobs import has_job_control, stop_until_continued
from tui_debugger.terminal.signs import Glyphs
from tui_debugger.themes import OURS, following, least_contrast
from tui_debugger.typed import LateAnswer, keys
from tui_debugger.widgets.filters import Signs, without_colours


class TerminalApp(App[None]):
    """Follows ``terminal`` unless the player has chosen a theme, which ``memory`` keeps."""

    memory: Memory
    copied: Path
    """The file that holds what was copied last."""

    def __init__(self, terminal: Terminal | None = None) -> None:
        super().__init__()
        self.terminal = terminal or Terminal()
        alt.learn()
        self.no_color = self.terminal.colours is Colours.NONE
        self.signs = Signs(Glyphs(self.terminal.glyphs))
        self.early = keys(self.terminal.typed)
        self.held = False
        """Whether keys wait for what they are meant for to be there."""
        self.late_answer = LateAnswer() if self.terminal.owing else None
        self._breath: Timer | None = None
        for theme in OURS:
            self.register_theme(theme)

    @property
    def blends(self) -> bool:
        """Whether there are colours enough to tell values by."""
        return self.terminal.colours in (Colours.ALL, Colours.MANY)

    async def on_event(self, event: events.Event) -> None:
        """Let no answer of the terminal pass for keys that were typed, and keys that come early
        wait for what they were meant for."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self.early or self.held:
            self.early.append(event)
        elif self.late_answer is not None:
            await self._type(self.late_answer.hear(event))
            if self._breath is not None:
                self._breath.stop()
            self._breath = self.set_timer(LateAnswer.BREATH, self._let_go)
        else:
            await super().on_event(event)

    def get_css_variables(self) -> dict[str, str]:
        """The theme's variables, with text that can be read on every ground."""
        variables = super().get_css_variables()
        self.theme_variables = legible_variables(variables, least_contrast(self.theme))
        return self.theme_variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line goes through: fewer colours, stand-ins for signs."""
        filters = super().get_line_filters()
        if self.no_color:
            filters = without_colours(filters, self.native_ansi_color)
        return [*filters, self.signs] if self.signs.enabled else filters

    def get_key_display(self, binding: Binding) -> str:
        """The key as the key bar shows it; by its name where the terminal has no sign for it."""
        shown = super().get_key_display(binding)
        return shown if shown in self.signs.glyphs else binding.key.partition(",")[0]

    def copy_to_clipboard(self, text: str) -> None:
        """Put ``text`` into the clipboard, which not every terminal has, and into a file."""
        super().copy_to_clipboard(text)
        with contextlib.suppress(OSError):
            self.copied.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.copied, text)

    def copied_is(self, text: str) -> bool:
        """Whether the file holds ``text``."""
        try:
            return self.copied.read_bytes() == text.encode()
        except (OSError, UnicodeEncodeError):
            return False

    def choose_theme(self, theme: str) -> None:
        """Keep that theme, or follow the terminal should it be empty."""
        self.memory.choose_theme(theme)
        self.say(self.memory.take_notice())
        self.dress()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """No cursor blinks: it would be the only thing that is drawn while nothing happens."""
        # By its name, since the editor's class is loaded later than this one.
        if hasattr(event.widget, "cursor_blink"):
            cast(Any, event.widget).cursor_blink = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what there is no shell for."""
        if action == "suspend":
            return not (self.is_headless or self.is_web) and has_job_control()
        return super().check_action(action, parameters)

    def action_suspend(self) -> None:
        """Stop, and leave the terminal to the shell until that goes on with ``fg``."""
        with self.suspend():
            print("The game waits. To go on with it, type fg.", flush=True)
            stop_until_continued()

    def dress(self) -> None:
        """Put the chosen theme on, or the one that suits the terminal."""
        chosen = self.memory.settings.theme
        self.theme = chosen if chosen in self.available_themes else following(self.terminal)

    def keep_theme(self, theme: Theme) -> None:
        """Keep a theme that was put on, unless it only follows the terminal."""
        if self.memory.settings.theme or theme.name != following(self.terminal):
            self.memory.choose_theme(theme.name)
        self.say(self.memory.take_notice())

    def say(self, notice: str) -> None:
        """Tell the player, if there is anything to tell."""
        if notice:
            self.notify(one_line(notice), severity="warning", timeout=15, markup=False)

    def hold_keys(self) -> None:
        """From now on have keys wait, for ``take_early_keys``."""
        self.held = True

    async def take_early_keys(self, tries: int = 100) -> None:
        """Type what was typed before there was anything to type it into."""
        if not self.screen_stack:
            return  # the game has ended meanwhile
        if (self.early or self.held) and self.focused is None and tries:
            self.set_timer(0.02, partial(self.take_early_keys, tries - 1))
        else:
            self.call_after_refresh(self._take_early_keys)

    async def _take_early_keys(self) -> None:
        early, self.early, self.held = self.early, [], False
        for event in early:
            # At once: posted, they would come behind keys that have come since.
            if isinstance(event, events.Event):
                await self.on_event(event)
            else:
                self.post_message(event)

    async def _let_go(self) -> None:
        if self.late_answer is not None:
            await self._type(self.late_answer.let_go())

    async def _type(self, keys: Iterable[events.Key]) -> None:
        if self.late_answer is not None and not self.late_answer.waiting:
            self.late_answer = None
        for event in keys:
            await super().on_event(event)
