"""Running the catalogue on somebody's own transformer: its functions, its model, or both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.evidence import Fault
from engine.lab.codebase import CodeFault
from engine.lab.probes import run_on
from engine.lab.probes.context import MEDIUM, Size
from engine.lab.subjects import AdapterSubject, BoundSubject, Foreign, Layout, Subject
from engine.sandbox.messages import Diagnose, Event

BATCH = 3
"""Sequences that a bound model is given at a time."""


def run(task: Diagnose, emit: Callable[[Event], None]) -> None:
    """Run the probes of ``task``; where a bound model can be asked, it is asked, not a function.

    Raises CodeFault when a file cannot be loaded at all.
    """
    root = Path(task.root)
    functions = None if task.adapters is None else adapters(root, Path(task.adapters), task.rope)
    model = None if task.model is None else BoundSubject(Foreign(root, Path(task.model)))
    sized = None if model is None else Size("bound", model.config, BATCH)

    def asked(probe: str) -> tuple[Subject, Size]:
        if functions is None or (model is not None and model.unasked(probe) is None):
            assert model is not None  # a task without either has nothing to run
            assert sized is not None
            return model, sized
        return functions, MEDIUM

    run_on(asked, task.names, task.seed, emit)


def adapters(root: Path, file: Path, rope: str | None = None) -> AdapterSubject:
    """The functions in ``file``, loaded; it may say ``ROPE = "half"`` for itself."""
    source = Foreign(root, file)
    said = getattr(source.module, "ROPE", Layout.NEIGHBOURS) if rope is None else rope
    if said not in tuple(Layout):
        kinds = " nor ".join(repr(str(layout)) for layout in Layout)
        raise CodeFault(Fault(f"ROPE is {said!r}, which is neither {kinds}"))
    return AdapterSubject(source, Layout(said))
