"""The command palette: every command that has an id, found by what its tooltip says it does.

A command is defined once, as a ``Binding`` with an id, a description (for the key bar) and a
tooltip (for the palette and the help).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen
from textual.types import IgnoreReturnCallbackType

from tui_debugger.terminal_app import TerminalApp


def commands(screen: Screen[object]) -> Iterator[ActiveBinding]:
    """What can be done on ``screen`` now, each command once."""
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        id = active.binding.id
        if id is not None and id not in seen and active.enabled:
            seen.add(id)
            yield active


class Commands(Provider):
    """Offers the commands of the screen below the palette, then those that have no key.

    One provider for both: Textual asks several of them in no order that stays the same.
    """

    async def discover(self) -> Hits:
        """All commands."""
        for name, run, help in self._all():
            yield DiscoveryHit(name, run, help=help)

    async def search(self, query: str) -> Hits:
        """Commands that match ``query``."""
        matcher = self.matcher(query)
        for name, run, help in self._all():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), run, help=help)

    def _all(self) -> Iterator[tuple[str, IgnoreReturnCallbackType, str]]:
        for active in commands(self.screen):
            yield active.binding.tooltip, self._run(active), self._key(active)
        for command in self.app.get_system_commands(self.screen):
            yield command.title, command.callback, command.help

    def _key(self, active: ActiveBinding) -> str:
        return f"Key: {self.app.get_key_display(active.binding)}"

    def _run(self, active: ActiveBinding) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await self.app.run_action(active.binding.action, active.node)

        return run


FOLLOW = "follow the terminal"


class Themes(Provider):
    """Offers the themes, and to follow the terminal in this."""

    async def discover(self) -> Hits:
        """All of them."""
        for name, choose in self._themes():
            yield DiscoveryHit(name, choose)

    async def search(self, query: str) -> Hits:
        """Those that match ``query``."""
        matcher = self.matcher(query)
        for name, choose in self._themes():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), choose)

    def _themes(self) -> Iterator[tuple[str, Callable[[], None]]]:
        app = self.app
        assert isinstance(app, TerminalApp)
        yield FOLLOW, partial(app.choose_theme, "")
        for name in sorted(app.available_themes):
            yield name, partial(app.choose_theme, name)
