"""One thread, and the interpreter left as it was: loading a style puts its folder in front."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.one_thread import one_thread  # noqa: F401


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
