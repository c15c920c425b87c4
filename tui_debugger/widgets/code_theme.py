"""The editor's syntax colours, taken from the app's theme so that they suit every theme."""

from __future__ import annotations

from collections.abc import Mapping

from rich.color import Color as RichColor
from rich.style import Style
from textual.widgets.text_area import TextAreaTheme

from tui_debugger.contrast import parsed

NAME = "app"

_TOKENS: dict[str, str] = {
    "comment": "muted italic",
    "string": "text-success",
    "string.escape": "text-success bold",
    "number": "text-warning",
    "float": "text-warning",
    "boolean": "text-warning",
    "constant.builtin": "text-warning",
    "keyword": "text-accent",
    "keyword.function": "text-accent",
    "keyword.return": "text-accent bold",
    "keyword.operator": "text-accent",
    "conditional": "text-accent",
    "repeat": "text-accent",
    "include": "text-accent",
    "exception": "text-error",
    "class": "text-primary bold",
    "type": "text-primary",
    "type.class": "text-primary bold",
    "type.builtin": "text-primary",
    "constructor": "text-primary",
    "function": "text-primary bold",
    "function.call": "text-primary",
    "function.builtin": "text-primary",
    "method": "text-primary bold",
    "method.call": "text-primary",
    "attribute": "text-secondary",
    "variable.builtin": "foreground italic",
}
"""For each kind of token that tree-sitter's query names: a theme variable, and how it is set."""


def code_theme(variables: Mapping[str, str]) -> TextAreaTheme:
    """The editor's theme from the app's ``theme_variables``."""
    styles: dict[str, Style] = {}
    for token, recipe in _TOKENS.items():
        variable, _, form = recipe.partition(" ")
        styles[token] = Style(
            color=_colour(variables, variable),
            bold=form == "bold" or None,
            italic=form == "italic" or None,
        )
    return TextAreaTheme(NAME, syntax_styles=styles)


def _colour(variables: Mapping[str, str], name: str) -> RichColor | None:
    """The variable's colour; None where it is no colour of its own."""
    colour = parsed(variables, name)
    return colour.rich_color if colour else None
