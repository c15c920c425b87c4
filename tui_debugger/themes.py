"""Themes of our own, and which one follows the terminal."""

from __future__ import annotations

from textual.theme import Theme

from tui_debugger.contrast import AA, AAA
from tui_debugger.terminal.facts import Colours, Terminal

CONTRAST = (
    Theme(
        "contrast-dark",
        dark=True,
        primary="#5cb8ff",
        secondary="#8fd3ff",
        accent="#ffd75f",
        warning="#ffd75f",
        error="#ff9b9b",
        success="#6fe66f",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#1c1c1c",
        text_alpha=1.0,
    ),
    Theme(
        "contrast-light",
        dark=False,
        primary="#003f8a",
        secondary="#00457a",
        accent="#6a2c00",
        warning="#6a2c00",
        error="#8a0020",
        success="#00501a",
        foreground="#000000",
        background="#ffffff",
        surface="#ffffff",
        panel="#ebebeb",
        text_alpha=1.0,
    ),
)
"""Where all text has the contrast that AAA asks for."""
_CURSORS = {
    "border": "ansi_default",
    "border-blurred": "ansi_default",
    "block-cursor-foreground": "ansi_default",
    "block-cursor-background": "ansi_default",
    "block-cursor-text-style": "bold reverse",
    "input-cursor-background": "ansi_default",
    "input-cursor-foreground": "ansi_default",
    "input-cursor-text-style": "reverse",
    "input-selection-background": "ansi_default",
    "input-selection-foreground": "ansi_default",
    "screen-selection-background": "ansi_default",
    "screen-selection-foreground": "ansi_default",
}
TERMINAL = (
    Theme(
        "terminal-dark",
        ansi=True,
        dark=True,
        primary="ansi_bright_cyan",
        secondary="ansi_cyan",
        accent="ansi_bright_yellow",
        warning="ansi_bright_yellow",
        error="ansi_bright_red",
        success="ansi_bright_green",
        foreground="ansi_default",
        background="ansi_default",
        variables={"ansi-background": "ansi_black", "ansi-foreground": "ansi_white", **_CURSORS},
    ),
    Theme(
        "terminal-light",
        ansi=True,
        dark=False,
        primary="ansi_blue",
        secondary="ansi_blue",
        accent="ansi_magenta",
        warning="ansi_magenta",
        error="ansi_red",
        success="ansi_blue",
        foreground="ansi_default",
        background="ansi_default",
        variables={"ansi-background": "ansi_white", "ansi-foreground": "ansi_black", **_CURSORS},
    ),
)
"""In the terminal's own colours. What is highlighted is so by reverse, bold and underline alone, so
that they serve where there are few colours, or none."""
OURS = (*CONTRAST, *TERMINAL)
_AAA = {theme.name for theme in CONTRAST}


def following(terminal: Terminal) -> str:
    """The name of the theme that suits ``terminal``."""
    few = terminal.colours in (Colours.FEW, Colours.NONE)
    return f"{'terminal' if few else 'textual'}-{'dark' if terminal.dark else 'light'}"


def least_contrast(theme: str) -> float:
    """What the ratio of text to its ground has to be in that theme."""
    return AAA if theme in _AAA else AA
