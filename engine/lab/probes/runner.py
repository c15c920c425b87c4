"""Running probes: one after the other, whatever the code under test does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch

from engine.errors import UnknownProbe
from engine.evidence import Evidence, ProbeInfo, Status
from engine.lab.codebase import Codebase
from engine.lab.probes.catalogue import PROBES
from engine.lab.probes.context import MEDIUM, Context, Size
from engine.lab.probes.reading import Probe, Skip
from engine.lab.subjects import CodebaseSubject, Subject
from engine.sandbox.messages import Event, Found, ProbeStarted, Progress


def catalogue() -> tuple[ProbeInfo, ...]:
    """Every probe there is, in the order of the textbook."""
    return tuple(probe.info for probe in PROBES)


def run(
    root: Path,
    names: tuple[str, ...] | None,
    seed: int,
    emit: Callable[[Event], None],
    *,
    dtype: torch.dtype = torch.float32,
    size: Size = MEDIUM,
) -> None:
    """Run the named probes (None: all) on the code under ``root``, in the order of the catalogue.

    Emits ProbeStarted, Progress and Found. Raises UnknownProbe before any has run.
    """
    subject = CodebaseSubject(Codebase(root))
    run_on(lambda _: (subject, size), names, seed, emit, dtype)


def run_on(
    asked: Callable[[str], tuple[Subject, Size]],
    names: tuple[str, ...] | None,
    seed: int,
    emit: Callable[[Event], None],
    dtype: torch.dtype = torch.float32,
) -> None:
    """Run the named probes (None: all), each on the subject and at the size that ``asked`` tells.

    Emits ProbeStarted, Progress and Found. Raises UnknownProbe before any has run.
    """
    chosen = select(names)
    for index, probe in enumerate(chosen):
        name = probe.info.name
        emit(ProbeStarted(name, index, len(chosen)))

        def progress(done: int, total: int, value: float | None, what: str = name) -> None:
            emit(Progress(what, done, total, value))

        subject, size = asked(name)
        context = Context.seeded(name, seed, dtype, size, progress)
        emit(Found(examine(probe, subject, context)))


def select(names: tuple[str, ...] | None) -> tuple[Probe, ...]:
    """The probes of those names, each once. Raises UnknownProbe."""
    if names is None:
        return PROBES
    known = {probe.info.name for probe in PROBES}
    for name in names:
        if name not in known:
            raise UnknownProbe(f"There is no probe named {name}.")
    return tuple(probe for probe in PROBES if probe.info.name in names)


def examine(probe: Probe, subject: Subject, context: Context) -> Evidence:
    """Run one probe. What the code under test raises, the wish to exit included, is evidence."""
    started = time.perf_counter()
    info = probe.info

    def evidence(status: Status, finding: str, **more: object) -> Evidence:
        seconds = time.perf_counter() - started
        return Evidence(info.name, info.area, status, finding, seconds=seconds, **more)  # type: ignore[arg-type]

    if reason := subject.unasked(info.name):
        return evidence(Status.SKIPPED, reason)
    subject.activate()
    try:
        with torch.random.fork_rng(devices=()), torch.enable_grad():
            torch.manual_seed(context.seed)
            reading = probe.function(subject, context)
    except Skip as reason:
        return evidence(Status.SKIPPED, str(reason))
    except BaseException as error:  # noqa: BLE001 - exits and interrupts are the code's own, too
        fault = subject.fault(error)
        return evidence(Status.FAILED, f"The code stops the probe: {fault}", fault=fault)
    if reading.fault is not None:
        status = Status.FAILED
    else:
        status = Status.FIRES if reading.fires else Status.QUIET
    return evidence(
        status,
        reading.finding,
        measurements=reading.measurements,
        figure=reading.figure,
        fault=reading.fault,
        part=reading.part,
        calls=reading.calls,
    )
