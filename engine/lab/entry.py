"""What the sandbox's server loads, and which room of the lab does which task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.sandbox.messages import (
    Answer,
    Diagnose,
    Event,
    Judge,
    Judged,
    Probe,
    Ready,
    Scratch,
    Task,
)


def preload() -> Ready:
    """Load torch and the lab. Nothing of torch is run: its threads would not survive a fork."""
    import torch

    # Not the referee: what it knows must not be in the memory of a process that runs a submission.
    from engine.lab import diagnosis, eager, exam, probes, scratch  # noqa: F401 - loaded here, used in the children

    eager.leave_out_the_compiler()
    return Ready(probes.catalogue(), str(torch.__version__))


def warm() -> None:
    """Load what a gradient, an optimizer and einops would at their first use."""
    import einops  # noqa: F401
    import numpy.random  # noqa: F401
    import torch.fx.experimental.symbolic_shapes  # noqa: F401


def perform(task: Task, emit: Callable[[Event], None]) -> None:
    """Do ``task`` on one thread, so that no sum depends on the number of cores."""
    import torch

    torch.set_num_threads(1)
    match task:
        case Probe():
            from engine.lab import probes

            probes.run(Path(task.root), task.names, task.seed, emit)
        case Diagnose():
            from engine.lab import diagnosis

            diagnosis.run(task, emit)
        case Answer():
            from engine.lab import exam

            exam.answer(Path(task.root), task.seed, Path(task.out), emit)
        case Scratch():
            from engine.lab import scratch

            scratch.run(Path(task.root), task.seed, emit)
        case Judge():
            from engine.lab import referee

            for verdict in referee.attend(map(Path, task.files), task.seed):
                emit(Judged(verdict))
