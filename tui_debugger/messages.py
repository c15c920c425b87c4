"""What the parts of a screen with probes say to one another: requests first, then facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from engine.game import ProbeRun
from engine.sandbox.messages import Ended, Event


@dataclass
class RunProbes(Message):
    """Run these probes on the saved work; all of them when ``names`` is None."""

    names: Sequence[str] | None


@dataclass
class GoTo(Message):
    """Show that line of that file."""

    file: str
    line: int
    """From 1."""


@dataclass
class Cite(Message):
    """Put that probe forward as evidence for a claim."""

    probe: str


@dataclass
class ShowProbe(Message):
    """Show that probe in the run panel."""

    name: str


@dataclass
class Save(Message):
    """Keep that on disk, as text and as a picture."""

    name: str
    """Of the files, without what tells their kind."""
    text: str
    picture: str
    """SVG."""


@dataclass
class RunEvent(Message, bubble=False):
    """Something happened in a run."""

    run: int
    event: Event


@dataclass
class RunEnded(Message, bubble=False):
    """A run is over; ``outcome`` is None when it was cancelled or could not begin."""

    run: int
    outcome: ProbeRun | Ended | None
    """Of probes, or of the player's own probe."""
    sentence: str = ""
