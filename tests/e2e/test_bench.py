"""``diagnose --open`` in a terminal: the real probes, and a bug that is mended while it watches."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

BUGGY = """\
import torch

def run_softmax(in_features, dim):
    return in_features.exp() / in_features.exp().sum(dim, keepdim=True)

def run_silu(in_features):
    return in_features * torch.sigmoid(in_features)
"""
MENDED = BUGGY.replace(
    "    return in_features.exp()",
    "    in_features = in_features - in_features.amax(dim, keepdim=True)\n"
    "    return in_features.exp()",
)
PROBES = ("layers.softmax", "layers.softmax_huge", "feed_forward.silu")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "adapters.py").write_text(BUGGY, "utf-8")
    return tmp_path / "mine"


@pytest.fixture
def bench(repository: Path, tmp_path: Path) -> Iterator[pexpect.spawn[str]]:
    program = pexpect.spawn(
        sys.executable,
        ["-m", "tui_debugger", "diagnose", str(repository), *PROBES, "--open"],
        env={**os.environ, "TUI_DEBUGGER_HOME": str(tmp_path / "home"), "TERM": "xterm-256color"},
        dimensions=(24, 80),
        timeout=120,
        encoding="utf-8",
    )
    yield program
    program.close(force=True)


def test_a_bug_is_found_mended_elsewhere_and_gone(
    bench: pexpect.spawn[str], repository: Path
) -> None:
    bench.expect("Look first at softmax")
    bench.expect("Usually the maximum is not subtracted")
    for number in range(60):  # a save before the system is asked for saves goes unnoticed
        (repository / "adapters.py").write_text(f"{MENDED}\n# {number}\n", "utf-8")
        if bench.expect(["3 quiet", pexpect.TIMEOUT], timeout=2) == 0:
            break
    else:
        pytest.fail("no save was noticed")
    bench.send("\x11")  # ctrl+q
    bench.expect(pexpect.EOF)
    bench.wait()
    assert bench.exitstatus == 0
    assert [path.name for path in repository.rglob("*")] == ["adapters.py"]


def test_without_a_terminal_it_says_what_works_there(repository: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui_debugger", "diagnose", str(repository), "--open"],
        env={**os.environ, "TUI_DEBUGGER_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--open needs a terminal" in done.stderr
