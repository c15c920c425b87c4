"""Text that can be read on what it stands on, in whatever theme.

The ratio of two colours, and what it has to be, are those of the Web Content Accessibility
Guidelines 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio, success criteria 1.4.3, 1.4.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.color import Color, ColorParseError

AA = 4.5
"""The least ratio for text of ordinary size, level AA."""
AAA = 7.0
"""The same for level AAA."""
STEPS = 40
"""In how many steps a colour goes over to white or black, until it can be read."""
TEXT = "primary", "secondary", "accent", "success", "warning", "error"
"""What the theme has a ``text-…`` variable for."""
ROW, ROW_FOCUS = 0.15, 0.3
"""How much of the primary colour lies behind a highlighted row, without and with the keyboard."""

BLACK, WHITE = Color(0, 0, 0), Color(255, 255, 255)


def ratio(one: Color, other: Color) -> float:
    """The contrast of two opaque colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def legible(colour: Color, grounds: Iterable[Color], least: float = AA) -> Color:
    """``colour``, as far towards white or black as it takes to be read on every one of
    ``grounds``."""
    grounds = tuple(grounds)
    dark = sum(map(_luminance, grounds)) / len(grounds) < _luminance(Color(127, 127, 127))
    end = WHITE if dark else BLACK
    steps = (colour.blend(end, step / STEPS, 1) for step in range(STEPS + 1))
    return next((c for c in steps if min(ratio(c, g) for g in grounds) >= least), end)


def legible_variables(variables: Mapping[str, str], least: float = AA) -> dict[str, str]:
    """A theme's ``variables``, with the text in colours that can be read wherever it stands, at a
    ratio of ``least``.

    Adds ``muted`` for what is set back, ``row`` and ``row-focus`` for what is highlighted. A
    terminal's own colours are left as they are: nobody here knows them.
    """
    background = parsed(variables, "background")
    foreground, primary = parsed(variables, "foreground"), parsed(variables, "primary")
    if background is None or foreground is None or primary is None or _own(background):
        extra = {"muted": "ansi_default", "row": "ansi_default", "row-focus": "ansi_default"}
        return {**variables, **extra}
    row, focus = (background.blend(primary, much, 1) for much in (ROW, ROW_FOCUS))
    grounds = [background, row, focus]
    grounds += [g for name in ("surface", "panel") if (g := parsed(variables, name)) is not None]
    readable = {"row": row.hex, "row-focus": focus.hex}
    muted = background.blend(foreground, 0.6, 1)
    readable["muted"] = legible(muted, grounds, least).hex
    for name in TEXT:
        colour = parsed(variables, f"text-{name}")
        if colour is not None:
            readable[f"text-{name}"] = legible(background + colour, grounds, least).hex
    return {**variables, **readable}


def parsed(variables: Mapping[str, str], name: str) -> Color | None:
    """A theme variable as a colour; None where it is not one (``auto 87%``, ``initial``)."""
    try:
        return Color.parse(variables[name])
    except (KeyError, ColorParseError):
        return None


def _own(colour: Color) -> bool:
    """Whether the terminal decides what the colour looks like."""
    return colour.ansi is not None


def _luminance(colour: Color) -> float:
    """Relative luminance of an opaque sRGB colour, from 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
