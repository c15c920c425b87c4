"""What a server loads that runs in somebody else's environment: the probes, and nothing but them.

It needs torch, numpy and msgspec there, none of which the game's other rooms would make do with.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.sandbox.messages import Diagnose, Event, Ready, Task


def preload() -> Ready:
    """Load torch and the probes."""
    import torch

    from engine.lab import diagnosis, probes  # noqa: F401 - loaded here, used in the children

    return Ready(probes.catalogue(), str(torch.__version__))


def warm() -> None:
    """Nothing: every job is a new interpreter."""


def perform(task: Task, emit: Callable[[Event], None]) -> None:
    """Run the probes of ``task``, on one thread."""
    import torch

    from engine.lab import diagnosis

    torch.set_num_threads(1)
    if not isinstance(task, Diagnose):
        raise TypeError(f"a {type(task).__name__} is not for another environment")
    diagnosis.run(task, emit)
