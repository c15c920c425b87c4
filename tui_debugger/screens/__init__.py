"""The screens, each with its stylesheet beside it."""

BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
"""The class that a screen has from so many columns on: one thing at a time, or side by side."""
