"""Where the program starts: an interrupt while it loads ends it without a word."""

from __future__ import annotations

import signal

# First of all, for everything that is imported below takes its time. A shell that starts a program
# in the background has it ignore interrupts, which it goes on doing.
_HEARS = signal.getsignal(signal.SIGINT) is signal.default_int_handler
if _HEARS:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from tui_debugger import cli  # noqa: E402


def main() -> None:
    """Run the command line; from here on an interrupt is an exception, and what runs is ended."""
    if _HEARS:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()
