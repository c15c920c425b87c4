"""Stopping for the shell, and going on when it says so."""

from __future__ import annotations

import os
import signal
import sys
import time


def has_job_control() -> bool:
    """Whether a shell is there to go on with a program that has stopped.

    It gives each of its programs a group of their own; without it they are in that of the session.
    """
    return sys.platform != "win32" and os.getpgrp() != os.getsid(0)


def stop_until_continued() -> None:
    """Stop this process and what started it, such as make: that is what the shell waits for."""
    continued: list[int] = []
    # In place of the driver's, which may come to run late and would take the terminal over twice.
    before = signal.signal(signal.SIGCONT, lambda number, _: continued.append(number))
    try:
        os.killpg(os.getpgrp(), signal.SIGSTOP)
        while not continued:  # another thread may be the first to stop
            time.sleep(0.02)
    finally:
        signal.signal(signal.SIGCONT, before)
