"""One level: its code, its brief, the probes, the hints, and the way to a submission.

The screen is put together from parts, one subject each: a part holds its commands and what they do.
"""

from tui_debugger.screens.level.screen import LevelScreen

__all__ = ["LevelScreen"]
