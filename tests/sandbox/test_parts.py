"""The parts that need no process: lines, places, pipes, sentences."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evidence import Fault
from engine.sandbox import ended
from engine.sandbox.assignment import Assignment
from engine.sandbox.lines import Lines
from engine.sandbox.messages import Judge, Limits, Outcome, Run
from engine.sandbox.pipes import Outbox, PumpedSource
from engine.sandbox.where import Place, place

LIMITS = Limits()


@given(st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_are_the_same_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    cuts = data.draw(st.lists(st.integers(0, len(stream))).map(sorted))
    reader = Lines()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])
    assert found == lines
    assert not reader.overlong


def test_a_line_is_overlong_once_it_passes_the_limit() -> None:
    lines = Lines(limit=10)
    assert lines.feed(b"short\nlonger than ") == [b"short"]
    assert lines.overlong


def dump(*frames: str, thread: str = "Thread 0x01") -> str:
    return f"{thread} (most recent call first):\n" + "".join(
        f'  File "{frame}", line {number} in go\n' for number, frame in enumerate(frames, 1)
    )


def test_the_place_is_the_innermost_frame_under_the_root(tmp_path: Path) -> None:
    text = dump("/lib/torch.py", f"{tmp_path}/training/loss.py", f"{tmp_path}/outer.py")
    assert place(f"Timeout (0:00:10)!\n{text}", tmp_path) == Place("training/loss.py", 2)


def test_the_main_thread_counts_before_the_others(tmp_path: Path) -> None:
    other, main = dump(f"{tmp_path}/other.py"), dump(f"{tmp_path}/main.py")
    assert place(other + main, tmp_path) == Place("main.py", 1)
    assert place(other + dump("/lib/threading.py"), tmp_path) == Place("other.py", 1)


def test_only_the_last_dump_counts(tmp_path: Path) -> None:
    early, late = dump(f"{tmp_path}/early.py"), dump(f"{tmp_path}/late.py")
    assert place(f"Timeout (0:00:02)!\n{early}Timeout (0:00:04)!\n{late}", tmp_path) == Place(
        "late.py", 1
    )
    assert (
        place(f"Timeout (0:00:02)!\n{early}Timeout (0:00:04)!\n{dump('/a.py')}", tmp_path) is None
    )
    crash = f"Timeout (0:00:02)!\n{early}Fatal Python error: Segmentation fault\n\n{late}"
    assert place(crash, tmp_path) == Place("late.py", 1)


def test_a_place_outside_the_root_is_none(tmp_path: Path) -> None:
    assert place(dump("/lib/torch.py", f"{tmp_path}-2/a.py"), tmp_path) is None
    assert place("", tmp_path) is None


def test_letters_beyond_ascii_come_back(tmp_path: Path) -> None:
    root = tmp_path / "wörk"
    text = dump(f"{tmp_path}/w\\xf6rk/\\u03b8.py")
    assert place(text, root) == Place("θ.py", 1)


def test_a_pump_carries_a_pipe_to_something_that_can_be_watched() -> None:
    read, write = os.pipe()
    pump = PumpedSource(read)
    os.write(write, b"here")
    os.close(write)
    os.set_blocking(pump.fileno(), True)
    assert pump.read() == b"here"
    assert pump.read() == b""
    pump.close()


def test_an_outbox_keeps_what_the_pipe_does_not_take() -> None:
    read, write = os.pipe()
    outbox = Outbox(write)
    sent = [bytes([65 + turn]) * 50_000 for turn in range(8)]
    for line in sent:
        outbox.put(line)
    received = b""
    while outbox.pending:
        outbox.flush()
        received += os.read(read, 1 << 20)
    assert received == b"".join(line + b"\n" for line in sent)
    os.close(read)
    outbox.put(b"more")
    with pytest.raises(BrokenPipeError):
        outbox.flush()
    os.close(write)


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (
            ended.timeout(Limits(seconds=10), Place("training/loss.py", 34)),
            "Still running after 10 s, so it was stopped; it was at training/loss.py line 34.",
        ),
        (ended.timeout(Limits(seconds=2.5), None), "Still running after 2.5 s, so it was stopped."),
        (
            ended.stalled(Limits(stall=8), Place("training/loss.py", 34)),
            "Stuck for 8 s, so it was stopped; it was at training/loss.py line 34.",
        ),
        (
            ended.memory(LIMITS, Fault("MemoryError", "a.py", 3)),
            "It needed more memory than the 2 GiB it may have, at a.py line 3.",
        ),
        (
            ended.flood(LIMITS),
            "It printed more than 256 KiB, so it was stopped; "
            "what it had printed until then is kept.",
        ),
        (
            ended.left(3),
            "The code under test ended the process itself (exit status 3), "
            "so nothing more could be asked of it.",
        ),
        (
            ended.from_exit(-8, LIMITS, Place("a.py", 3), ""),
            "The process crashed with SIGFPE (floating point exception) at a.py line 3.",
        ),
        (
            ended.unloaded("Traceback\nImportError: no torch\n"),
            "The process for it could not be made ready: ImportError: no torch.",
        ),
    ],
)
def test_an_end_is_one_sentence(end: msgspec.Struct, sentence: str) -> None:
    assert getattr(end, "sentence", None) == sentence


def test_an_abort_for_want_of_memory_is_recognised() -> None:
    said = "terminate called after throwing an instance of 'std::bad_alloc'"
    assert ended.from_exit(-6, LIMITS, None, said).outcome is Outcome.MEMORY
    assert ended.from_exit(-6, LIMITS, None, "").outcome is Outcome.CRASHED
    assert "signal 200" in ended.from_exit(-200, LIMITS, None, "").sentence


@pytest.mark.parametrize(
    ("error", "memory"),
    [
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: …"), True),
        (OSError(12, "Cannot allocate memory"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_memory_errors_have_many_names(error: BaseException, memory: bool) -> None:
    assert ended.is_memory(error) is memory
    wrapped = RuntimeError("while loading")
    wrapped.__cause__ = error
    assert ended.is_memory(wrapped) is memory


def test_clearing_up_spares_what_a_link_in_place_of_the_folder_points_to(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    (precious / "inner").mkdir(parents=True, mode=0o755)
    assignment = Assignment(Run(1, Judge(""), LIMITS), str(tmp_path / "job-1"))
    (tmp_path / "job-1").symlink_to(precious)
    for _ in assignment.clearing_up():
        pass
    assert (precious / "inner").stat().st_mode & 0o777 == 0o755
