"""One thread, and the interpreter left as it was: probing swaps the modules called transformer."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from engine.lab.codebase import PACKAGES
from engine.lab.subjects import Subject
from tests.lab.probes.bench import subject_of
from tests.one_thread import one_thread  # noqa: F401


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
