"""One thread, and the interpreter left as it was: loading a style puts its folder in front."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _modules_put_back() -> Iterator[None]:
    path, known = list(sys.path), set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        if name.partition(".")[0] in (
            "adapters",
            "adapters_of_mine",
            "mine",
            "model",
            "tui_debugger_model",
        ):
            del sys.modules[name]
    sys.path[:] = path
