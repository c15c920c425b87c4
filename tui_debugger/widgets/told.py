"""Text that changes often, without a new layout of the screen each time."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Told(Static):
    """A text whose height seldom changes. Textual arranges all of a screen anew for a ``Static``
    that is updated; for this one only when it takes more lines than before, or fewer."""

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(text, id=id, markup=False)
        self.told = Content(text)

    def tell(self, content: Content) -> None:
        """Show ``content``."""
        if content.is_same(self.told):
            return
        self.told = content
        width, height = self.content_size
        lines = len(content.wrap(width)) if width else 0
        if least := self.styles.min_height:
            lines = max(lines, int(least.value))
        self.update(content, layout=not width or lines != height)
