"""Text out of the game: into the clipboard, and into a file for terminals that have none."""

from __future__ import annotations

from textual.dom import DOMNode
from textual.widgets import Static

from tui_debugger.terminal_app import TerminalApp


def copy(node: DOMNode, text: str, what: str) -> None:
    """Copy ``text`` and say so; ``what`` begins the sentence."""
    app = node.app
    assert isinstance(app, TerminalApp)
    app.copy_to_clipboard(text)
    where = f", and in {app.copied}" if app.copied_is(text) else ""
    app.notify(f"{what} is in the clipboard, if your terminal allows it{where}.", markup=False)


def text_of(node: DOMNode) -> str:
    """What the texts under ``node`` say, one below the other."""
    told = (str(static.content).strip("\n") for static in node.query(Static))
    return "\n".join(line.rstrip() for text in told for line in text.splitlines()) + "\n"
