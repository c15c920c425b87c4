"""The command palette: every command that has an id, found by what its tooltip says it does.

A command is defined once, as a ``Binding`` with an id, a description (for the key bar) and a
tooltip (for the palette and the help).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen


def commands(screen: Screen[object]) -> Iterator[ActiveBinding]:
    """What can be done on ``screen`` now, each command once."""
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        id = active.binding.id
        if id is not None and id not in seen and active.enabled:
            seen.add(id)
            yield active


class Commands(Provider):
    """Offers the commands of the screen below the palette."""

    async def discover(self) -> Hits:
        """All commands."""
        for active in commands(self.screen):
            yield DiscoveryHit(active.binding.tooltip, self._run(active), help=self._key(active))

    async def search(self, query: str) -> Hits:
        """Commands that match ``query``."""
        matcher = self.matcher(query)
        for active in commands(self.screen):
            name = active.binding.tooltip
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), self._run(active), help=self._key(active))

    def _key(self, active: ActiveBinding) -> str:
        return f"Key: {self.app.get_key_display(active.binding)}"

    def _run(self, active: ActiveBinding) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await self.app.run_action(active.binding.action, active.node)

        return run
