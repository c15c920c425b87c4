"""A server like the game's own, that needs no torch: its probe calls ``go(emit)`` in code.py.

Started as a script, never imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from engine.evidence import Evidence, ProbeInfo, Status
from engine.sandbox.messages import (
    Event,
    Found,
    Judge,
    Judged,
    Probe,
    ProbeStarted,
    Ready,
    Task,
)
from engine.sandbox.process import main
from engine.verdict import Verdict


class Double:
    def preload(self) -> Ready:
        print("loading says something")  # must not reach the protocol
        info = ProbeInfo("double.go", "double", "Does it go?", "It is called.")
        return Ready((info,), "none")

    def warm(self) -> None: ...

    def perform(self, task: Task, emit: Callable[[Event], None]) -> None:
        if isinstance(task, Judge):
            emit(Judged(Verdict(solved=True, seed=task.seed)))
            return
        assert isinstance(task, Probe)
        emit(ProbeStarted("double.go", 0, 1))
        spec = importlib.util.spec_from_file_location("code", Path(task.root, "code.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        finding = str(module.go(emit))
        emit(Found(Evidence("double.go", "double", Status.QUIET, finding)))


if __name__ == "__main__":
    main(Double())
