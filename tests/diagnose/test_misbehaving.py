"""Whatever somebody's code does on the way is one sentence, and the other probes still run."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engine.diagnose import run
from engine.diagnose.report import Report
from engine.diagnose.target import find
from engine.errors import NothingToAsk
from engine.sandbox.client import Sandbox
from engine.sandbox.messages import Event, Limits, Printed

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # one server for all: it takes seconds to load
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]

SOUND = """
import ctypes, os, signal, sys, time
import torch

def run_silu(in_features):
    {silu}
    return torch.nn.functional.silu(in_features)

def run_softmax(in_features, dim):
    return torch.softmax(in_features, dim)
"""
ASKED = ("layers.softmax", "feed_forward.silu", "layers.softmax_shift", "layers.softmax_huge")
STOPS = {
    "while True: pass": "Still running after",
    "time.sleep(1000)": "Still running after",
    "signal.alarm(0); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)": "Still",
    "os._exit(0)": "ended the process itself",
    "sys.exit('good bye')": "good bye",
    "os.kill(os.getpid(), signal.SIGKILL)": "SIGKILL",
    "ctypes.string_at(0)": "egmentation",
    "print('x' * 10_000_000, flush=True)": "more than",
    "[print('x' * 1000, file=sys.stderr, flush=True) for _ in range(10_000)]": "more than",
    "x = torch.zeros(1 << 33); x += 1": "memory",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "raise ValueError('two\\nlines')": "ValueError: two",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    await sandbox.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "LIMITS", Limits(seconds=6.0))


async def diagnosis(sandbox: Sandbox, folder: Path, source: str) -> tuple[Report, list[Event]]:
    (folder / "adapters.py").write_text(source, "utf-8")
    events: list[Event] = []
    found = await run.diagnose(find(folder), sandbox, names=ASKED, on_event=events.append)
    return found, events


@pytest.mark.parametrize("silu", STOPS)
async def test_a_function_that_stops_everything_is_one_finding(
    silu: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    found, _ = await diagnosis(sandbox, tmp_path, SOUND.format(silu=silu))
    (finding,) = found.findings
    assert (finding.component, finding.probe) == ("silu", "feed_forward.silu")
    assert STOPS[silu] in finding.finding
    assert "Traceback" not in finding.finding
    assert len(finding.finding.splitlines()) == 1
    assert found.quiet == ("layers.softmax", "layers.softmax_shift", "layers.softmax_huge")


async def test_what_is_no_text_is_printed_as_far_as_it_can_be_and_hurts_nobody(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    nasty = "os.write(1, bytes(range(256)) * 10); os.write(2, b'\\x1b[31m\\xff\\n')"
    found, events = await diagnosis(sandbox, tmp_path, SOUND.format(silu=nasty))
    assert found.findings == ()
    assert len(found.quiet) == len(ASKED)
    assert any(isinstance(event, Printed) and "\ufffd" in event.text for event in events)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("while True: pass", "Still running after"),
        ("os._exit(3)", "ended the process itself"),
        ("sys.exit('good bye')", "good bye"),
        ("ctypes.string_at(0)", "egmentation"),
        ("print('x' * 10_000_000, flush=True)", "more than"),
        ("1 / 0", "adapters.py:12: ZeroDivisionError"),
    ],
)
async def test_a_file_that_cannot_even_be_loaded_is_one_sentence(
    line: str, says: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    with pytest.raises(NothingToAsk, match=r"^adapters\.py cannot be loaded: ") as told:
        await diagnosis(sandbox, tmp_path, SOUND.format(silu="") + f"\n{line}\n")
    assert says in str(told.value)
    assert len(str(told.value).splitlines()) == 1
