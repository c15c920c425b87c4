"""Nothing of the game's own loads torch's compiler, and whoever wants it finds it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PRELUDE = """
import sys, tempfile
from pathlib import Path
from engine.lab import entry
entry.preload()
entry.warm()
loaded = set(sys.modules)
def compiler():
    return "torch._dynamo.config" in sys.modules
"""
USED = """
from engine.lab import exam, probes, referee
from engine.lab.probes.catalogue import PROBES
clean = Path("levels/codebase")
with tempfile.TemporaryDirectory() as folder:
    exam.answer(clean, 0, Path(folder, "answers"), lambda event: None)
    assert referee.judge(Path(folder, "answers"), 0).solved
probes.run(clean, tuple(p.info.name for p in PROBES if not p.info.slow), 0, lambda event: None)
print(compiler(), "sympy" in loaded, {name for name in sys.modules if "sympy" in name} - loaded)
"""
WANTED = """
import torch
optimizer = torch.optim.AdamW([torch.zeros(2, requires_grad=True)])
optimizer.step()
print(compiler())
print(torch.compile(lambda x: x * 2, backend="eager")(torch.ones(2)).tolist(), compiler())
optimizer.step()
"""
BY_NAME = """
import torch._dynamo.config
from torch._dynamo import disable, graph_break
print(compiler(), torch._dynamo.config is sys.modules["torch._dynamo.config"], disable.__module__)
"""


def says(script: str) -> list[str]:
    """What a new interpreter prints that has loaded the lab, and then runs ``script``."""
    command = [sys.executable, "-c", PRELUDE + script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_exam_referee_and_probes_go_without_it() -> None:
    assert says(USED) == ["False True set()"]


def test_it_comes_with_the_first_function_that_is_compiled() -> None:
    assert says(WANTED) == ["False", "[2.0, 2.0] True"]


def test_it_is_found_by_its_name() -> None:
    assert says(BY_NAME) == ["True True torch._dynamo.decorators"]
