"""One thread, and the interpreter left as it was: probing swaps the modules called transformer."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import torch

from engine.lab.codebase import PACKAGES
from engine.lab.subjects import Subject
from tests.lab.probes.bench import subject_of


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _modules_put_back() -> Iterator[None]:
    def ours() -> set[str]:
        return {name for name in sys.modules if name.partition(".")[0] in PACKAGES}

    path, kept = list(sys.path), {name: sys.modules[name] for name in ours()}
    yield
    for name in ours():
        del sys.modules[name]
    sys.modules.update(kept)
    sys.path[:] = path


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return subject_of(tmp_path_factory.mktemp("clean"))
