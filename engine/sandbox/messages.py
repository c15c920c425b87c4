"""The words that the client, the server and a child exchange: JSON lines, never pickle.

Client to server: ``Run`` and ``Cancel``. Server to client: ``Envelope`` around an ``Event``, or for
each job first around ``Accepted`` and ``Begun``. A child writes bare ``Event`` lines on its message
descriptor; the server wraps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from engine.evidence import Evidence, Fault, Figure, ProbeInfo
from engine.verdict import Verdict


class Limits(Struct, frozen=True):
    """What one job may use before it is ended."""

    seconds: float = 60.0
    """Wall clock, all in all."""
    stall: float | None = None
    """Wall clock in a row without an event from the child; None: as long as all in all."""
    memory: int = 2 << 30
    """Bytes of address space above what the child maps at its start."""
    output: int = 256 << 10
    """Bytes printed on standard output and standard error together."""
    disk: int = 512 << 20
    """Bytes in the folders that it may write to."""
    processes: int = 32
    """Processes and threads above those of the child at its start."""

    @property
    def patience(self) -> float:
        """Seconds that the child may be silent."""
        return self.seconds if self.stall is None else min(self.stall, self.seconds)


class Probe(Struct, frozen=True, tag="probe"):
    """Run probes on the code under ``root``."""

    root: str
    names: tuple[str, ...] | None = None
    """None runs the whole catalogue."""
    seed: int = 0


class Answer(Struct, frozen=True, tag="answer"):
    """Answer the exam with the code under ``root``, as tensors in the file ``out``."""

    root: str
    out: str
    seed: int = 0


class Judge(Struct, frozen=True, tag="judge"):
    """Compare the answers in a file with the clean codebase's. Loads no player's code."""

    answers: str
    """The file, which may still be on its way."""
    seed: int = 0
    more: int = 0
    """How many further files come after it, to be judged one after the other."""

    @property
    def files(self) -> Sequence[str]:
        """All of them, in that order: they lie in one folder."""
        return [self.answers, *(f"{self.answers}.{number}" for number in range(1, self.more + 1))]


class Scratch(Struct, frozen=True, tag="scratch"):
    """Run the player's own probe, the file ``scratch.py`` under ``root``."""

    root: str
    seed: int = 0


class Diagnose(Struct, frozen=True, tag="diagnose"):
    """Run probes on somebody's own transformer, in the repository ``root``."""

    root: str
    adapters: str | None = None
    """The file of course functions, if there is one."""
    model: str | None = None
    """The file that binds a whole model, if there is one."""
    rope: str | None = None
    """Which features turn together: ``neighbours`` or ``half``; None: as the file says."""
    names: tuple[str, ...] | None = None
    """None runs the whole catalogue."""
    seed: int = 0


Task = Probe | Answer | Judge | Scratch | Diagnose


class Run(Struct, frozen=True, tag="run"):
    """Client: do this."""

    job: int
    task: Task
    limits: Limits


class Cancel(Struct, frozen=True, tag="cancel"):
    """Client: stop that job, if it still runs."""

    job: int


Request = Run | Cancel


class Ready(Struct, frozen=True, tag="ready"):
    """Server: torch is loaded; these probes can be run. Its envelope's job is 0."""

    catalogue: tuple[ProbeInfo, ...]
    torch: str
    """torch's version."""


class Accepted(Struct, frozen=True, tag="accepted"):
    """Server: the job is about to begin. For the client alone: it is no event of the job.

    A job that is lost before this has not run, and can be sent to another server.
    """

    loading: bool = False
    """Whether a new interpreter has to load first, which is not on the job's time."""


class Begun(Struct, frozen=True, tag="begun"):
    """Server: the job has begun. For the client alone: it is no event of the job."""

    group: int
    """Its processes' group, for the client to end should the server go away before the job."""


class Printed(Struct, frozen=True, tag="printed"):
    """The code under test wrote to standard output or standard error."""

    stream: str
    """``stdout`` or ``stderr``."""
    text: str


class ProbeStarted(Struct, frozen=True, tag="probe_started"):
    """A probe's turn has come."""

    probe: str
    index: int
    """From 0."""
    total: int


class Progress(Struct, frozen=True, tag="progress"):
    """A long probe, or the exam, is this far."""

    what: str
    """The probe's or the question's name."""
    done: int
    total: int
    value: float | None = None
    """The latest point of the curve, for example the loss."""


class Found(Struct, frozen=True, tag="found"):
    """A probe has yielded its evidence."""

    evidence: Evidence


class Shown(Struct, frozen=True, tag="shown"):
    """The player's own probe shows a value."""

    name: str
    """The expression, or what the player calls it."""
    text: str
    """The value in words; any number of lines."""
    line: int
    """Of ``scratch.py``, from 1."""
    figure: Figure | None = None


class Judged(Struct, frozen=True, tag="judged"):
    """The referee has decided."""

    verdict: Verdict


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    FLOOD = "flood"
    """Printed, or wrote to disk, more than the limit allows."""
    PROCESSES = "processes"
    """Started more processes and threads than the limit allows."""
    EXITED = "exited"
    """The code under test ended its process itself."""
    CRASHED = "crashed"
    """A signal, such as a segmentation fault, ended the process, or an error nobody caught."""
    LOST = "lost"
    """The server itself went away and was started again."""


class Ended(Struct, frozen=True, tag="ended"):
    """The last event of every job, whatever happened."""

    outcome: Outcome
    sentence: str = ""
    """Empty when done; else what happened, for the person at the keyboard."""
    fault: Fault | None = None
    """Where the code under test was when its time ran out, or what ended it, if known."""


Event = Ready | Printed | ProbeStarted | Progress | Found | Shown | Judged | Ended


class Envelope(Struct, frozen=True):
    """Server: this happened in that job."""

    job: int
    event: Event | Accepted | Begun
