"""One thread, one court, and the interpreter's modules put back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import torch

from engine.lab.codebase import PACKAGES
from tests.lab.judge.court import Court


@pytest.fixture(scope="module", autouse=True)
def the_interpreter_as_it_was() -> Iterator[None]:
    """Codebases come and go in ``sys.modules`` and on the path; other tests have their own."""
    threads, path = torch.get_num_threads(), list(sys.path)
    ours = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in PACKAGES}
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    sys.path[:] = path
    for name in [n for n in sys.modules if n.partition(".")[0] in PACKAGES]:
        del sys.modules[name]
    sys.modules.update(ours)


@pytest.fixture(scope="session")
def clean() -> Path:
    return Path(str(files("levels") / "codebase"))


@pytest.fixture(scope="session")
def court(tmp_path_factory: pytest.TempPathFactory, clean: Path) -> Court:
    return Court(tmp_path_factory.mktemp("court"), clean)
