"""How a job ended, as one sentence for the person at the keyboard."""

from __future__ import annotations

import signal

from engine.evidence import Fault
from engine.sandbox.lines import LINE_LIMIT
from engine.sandbox.messages import Ended, Limits, Outcome
from engine.sandbox.where import Place

LINE_CUT = 121
"""The exit status of a child that cannot send any more: its descriptor was closed."""

_ABORTS_FOR_MEMORY = ("bad_alloc", "Cannot allocate memory", "can't allocate memory")


def timeout(limits: Limits, place: Place | None) -> Ended:
    """The wall clock ran out."""
    return _too_long(f"still running after {limits.seconds:g} s", place)


def stalled(limits: Limits, place: Place | None) -> Ended:
    """For too long, it got no further."""
    return _too_long(f"stuck for {limits.patience:g} s", place)


def cancelled() -> Ended:
    """Somebody asked for it."""
    return Ended(Outcome.CANCELLED, "Stopped before its end, as you asked.")


def flood(limits: Limits) -> Ended:
    """Too much was printed."""
    return Ended(
        Outcome.FLOOD,
        f"It printed more than {_size(limits.output)}, so it was stopped; "
        "what it had printed until then is kept.",
    )


def chatter() -> Ended:
    """Too much came on the message descriptor, which is not the player's to write on."""
    return Ended(
        Outcome.FLOOD,
        "The code under test sent more over the game's own line than any result can be "
        f"({_size(LINE_LIMIT)} in one message), so it was stopped.",
    )


def disk(limits: Limits) -> Ended:
    """Too much was written to disk."""
    return Ended(
        Outcome.FLOOD,
        f"It wrote more files than the {_size(limits.disk)} it may have, so it was stopped; "
        "they are removed.",
    )


def processes(limits: Limits) -> Ended:
    """Too many processes or threads."""
    return Ended(
        Outcome.PROCESSES,
        f"It had started more than {limits.processes} processes and threads, so it was stopped, "
        "they with it.",
    )


def memory(limits: Limits, fault: Fault | None = None) -> Ended:
    """Memory ran out."""
    return Ended(
        Outcome.MEMORY,
        f"It needed more memory than the {_size(limits.memory)} it may have{_at(fault, ',')}.",
        fault,
    )


def left(status: object, fault: Fault | None = None) -> Ended:
    """``sys.exit`` or ``os._exit``; ``status`` is what it was given."""
    if status is None:
        status = 0
    said = f"exit status {status}" if isinstance(status, int) else f"with the words {status!s:.200}"
    return Ended(
        Outcome.EXITED,
        f"The code under test ended the process itself ({said}){_at(fault)}, "
        "so nothing more could be asked of it.",
        fault,
    )


def raised(fault: Fault) -> Ended:
    """An error that nobody caught."""
    return Ended(Outcome.CRASHED, f"It ended with an error that nobody caught: {fault}.", fault)


def refused(error: OSError) -> Ended:
    """The system would not start a process for the job."""
    reason = error.strerror or str(error)
    return Ended(
        Outcome.LOST, f"The system would not start a process for it ({reason}). Please try again."
    )


def unloaded(printed: str) -> Ended:
    """A new interpreter did not get as far as the job; ``printed`` is what it said."""
    last = printed.strip().rpartition("\n")[2]
    return Ended(
        Outcome.LOST,
        f"The process for it could not be made ready{f': {last:.300}' if last else ''}.",
    )


def from_exit(code: int, limits: Limits, place: Place | None, printed: str) -> Ended:
    """The process is gone without a last word: what its exit code tells.

    A negative code is the number of the signal that ended it; ``place`` is where faulthandler
    saw it last, ``printed`` the end of what it printed.
    """
    if code == LINE_CUT:
        return Ended(
            Outcome.EXITED,
            "The code under test closed the line over which results are sent, "
            "so nothing more could be heard of it.",
        )
    if code >= 0:
        return left(code)
    name = _signal(-code)
    fault = Fault(f"crashed with {name}", place.file, place.line) if place else None
    if -code == signal.SIGABRT and any(words in printed for words in _ABORTS_FOR_MEMORY):
        return memory(limits, fault)
    if -code == signal.SIGKILL:
        return Ended(
            Outcome.CRASHED,
            "The process was killed (SIGKILL): the code under test did it itself, "
            "or the system had no memory left.",
            fault,
        )
    return Ended(Outcome.CRASHED, f"The process crashed with {name}{_at(fault)}.", fault)


def is_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out; PyTorch's allocator says so in a RuntimeError."""
    if error.__cause__ is not None and is_memory(error.__cause__):
        return True
    if isinstance(error, RuntimeError | OSError):
        return any(words in str(error) for words in _ABORTS_FOR_MEMORY)
    return isinstance(error, MemoryError)


def _too_long(what: str, place: Place | None) -> Ended:
    where = f"; it was at {place}" if place else ""
    return Ended(
        Outcome.TIMEOUT,
        f"{what.capitalize()}, so it was stopped{where}.",
        Fault(what, place.file, place.line) if place else None,
    )


def _at(fault: Fault | None, before: str = "") -> str:
    if fault is None or fault.file is None:
        return ""
    line = "" if fault.line is None else f" line {fault.line}"
    return f"{before} at {fault.file}{line}"


def _signal(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    words = signal.strsignal(number)
    return f"{name} ({words.lower()})" if words else name


def _size(amount: int) -> str:
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if amount >= factor:
            return f"{amount / factor:.4g} {unit}"
    return f"{amount} bytes"
