"""How a job ends, for each thing that code can do to itself."""

from __future__ import annotations

import time

import pytest

from engine.evidence import Fault
from engine.sandbox.messages import (
    Ended,
    Found,
    Judge,
    Judged,
    Limits,
    Outcome,
    Printed,
    ProbeStarted,
    Progress,
)
from engine.sandbox.server import GATHER
from engine.verdict import Verdict

from .conftest import PATIENCE, Bench, Run


async def test_a_job_streams_its_events_in_order(bench: Bench) -> None:
    run = await bench.run("def go(emit): print('hello'); return 42")
    messages = [event for event in run.events if not isinstance(event, Printed)]
    assert [type(event) for event in messages] == [ProbeStarted, Found, Ended]
    # Output may overtake what was sent before it, but is never late.
    assert run.events.index(Printed("stdout", "hello\n")) < run.events.index(messages[1])
    assert run.findings == ["42"]
    assert run.ended.outcome is Outcome.DONE
    assert run.ended.sentence == ""


async def test_both_streams_are_captured_and_told_apart(forking: Bench) -> None:
    run = await forking.run("""
        import os, sys
        def go(emit):
            print("out", flush=True)
            print("err", file=sys.stderr)
            os.write(1, "späte".encode()[:3])
            os.write(1, "späte".encode()[3:])
            os.write(2, b"\\xff")
    """)
    assert run.printed("stdout") == "out\nspäte"
    assert run.printed("stderr") == "err\n\ufffd"


async def test_a_hang_is_stopped_and_located(bench: Bench) -> None:
    run = await bench.run(
        """
        def wait():
            while True:
                pass
        def go(emit):
            wait()
        """,
        Limits(seconds=1),
    )
    assert run.ended.outcome is Outcome.TIMEOUT
    assert run.ended.fault is not None
    assert run.ended.fault.file == "code.py"
    assert run.ended.fault.line in (3, 4)
    assert run.ended.sentence.startswith("Still running after 1 s")
    assert f"code.py line {run.ended.fault.line}" in run.ended.sentence


async def test_a_hang_after_many_steps_is_over_in_the_time_of_one(bench: Bench) -> None:
    run = await bench.run(
        """
        import time
        from engine.sandbox.messages import Progress
        def go(emit):
            for step in range(5):
                time.sleep(0.3)
                emit(Progress("step", step, 5))
            time.sleep(1000)
        """,
        Limits(seconds=PATIENCE, stall=1),
    )
    assert [event.done for event in run.events if isinstance(event, Progress)] == [0, 1, 2, 3, 4]
    assert run.ended.outcome is Outcome.TIMEOUT
    assert run.ended.sentence == "Stuck for 1 s, so it was stopped; it was at code.py line 8."
    assert run.ended.fault == Fault("stuck for 1 s", "code.py", 8)


async def test_steps_without_end_are_over_in_the_time_of_all(bench: Bench) -> None:
    run = await bench.run(
        """
        import time
        from engine.sandbox.messages import Progress
        def go(emit):
            while True:
                time.sleep(0.1)
                emit(Progress("step", 0, 1))
        """,
        Limits(seconds=2, stall=1),
    )
    assert run.ended.sentence.startswith("Still running after 2 s")


async def test_a_hang_in_foreign_code_is_located_at_the_line_that_called_it(
    forking: Bench,
) -> None:
    run = await forking.run(
        "import time\ndef go(emit):\n    time.sleep(1000)\n", Limits(seconds=0.5)
    )
    assert run.ended.outcome is Outcome.TIMEOUT
    assert (run.ended.fault and run.ended.fault.line) == 3


async def test_a_hang_that_ignores_every_signal_is_stopped(bench: Bench) -> None:
    run = await bench.run(
        """
        import signal, time
        def go(emit):
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            while True:
                time.sleep(1)
        """,
        Limits(seconds=1),
    )
    assert run.ended.outcome is Outcome.TIMEOUT
    await bench.works()


async def test_a_process_that_stops_itself_is_stopped_for_good(forking: Bench) -> None:
    run = await forking.run(
        "import os, signal\ndef go(emit): os.kill(os.getpid(), signal.SIGSTOP)",
        Limits(seconds=0.5),
    )
    assert run.ended.outcome is Outcome.TIMEOUT


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("os._exit(3)", "exit status 3"),
        ("os._exit(0)", "exit status 0"),
        ("sys.exit(4)", "exit status 4"),
        ("sys.exit()", "exit status 0"),
        ("sys.exit('enough')", "with the words enough"),
    ],
)
async def test_leaving_is_told_with_its_status(forking: Bench, line: str, said: str) -> None:
    run = await forking.run(f"import os, sys\ndef go(emit):\n    {line}\n")
    assert run.ended.outcome is Outcome.EXITED
    assert said in run.ended.sentence
    assert ("code.py line 3" in run.ended.sentence) == ("sys" in line)


async def test_a_fresh_interpreter_that_leaves_is_told_apart_too(bench: Bench) -> None:
    run = await bench.run("import os\ndef go(emit): os._exit(3)")
    assert run.ended.outcome is Outcome.EXITED
    assert "exit status 3" in run.ended.sentence


async def test_a_crash_names_the_signal_and_the_line(bench: Bench) -> None:
    run = await bench.run("import ctypes\ndef go(emit):\n    ctypes.string_at(0)\n")
    assert run.ended.outcome is Outcome.CRASHED
    assert "SIGSEGV" in run.ended.sentence
    assert "code.py line 3" in run.ended.sentence
    await bench.works()


async def test_killing_itself_is_a_crash(forking: Bench) -> None:
    run = await forking.run("import os\ndef go(emit): os.kill(os.getpid(), 9)")
    assert run.ended.outcome is Outcome.CRASHED
    assert "SIGKILL" in run.ended.sentence


async def test_an_error_that_nobody_caught_has_its_place_and_its_traceback(bench: Bench) -> None:
    run = await bench.run("def go(emit):\n    raise ValueError('no [/good]')\n")
    assert run.ended.outcome is Outcome.CRASHED
    assert str(run.ended.fault) == "code.py:2: ValueError: no [/good]"
    printed = run.printed("stdout") + run.printed("stderr")
    assert "Traceback (most recent call last)" in printed


async def test_deep_recursion_is_an_error_like_any_other(forking: Bench) -> None:
    run = await forking.run("def go(emit):\n    return go(emit)\n")
    assert run.ended.outcome is Outcome.CRASHED
    assert "RecursionError" in run.ended.sentence


async def test_recursion_without_a_floor_ends_the_child_alone(forking: Bench) -> None:
    run = await forking.run(
        """
        import sys
        sys.setrecursionlimit(10**9)
        class Deep:
            def __repr__(self):
                return repr(self)
        def go(emit):
            return repr(Deep())
        """
    )
    assert run.ended.outcome in (Outcome.CRASHED, Outcome.MEMORY)
    await forking.works()


async def test_a_flood_is_cut_at_the_limit_and_delivered_until_there(bench: Bench) -> None:
    run = await bench.run(
        "def go(emit):\n    while True: print('x' * 99)\n", Limits(60, output=100_000)
    )
    assert run.ended.outcome is Outcome.FLOOD
    assert "97.66 KiB" in run.ended.sentence
    assert run.printed() == (("x" * 99 + "\n") * 1000)


async def test_many_lines_are_told_in_few_pieces(forking: Bench) -> None:
    began = time.monotonic()
    run = await forking.run("""
        import time
        def go(emit):
            for number in range(1000):
                print(number, flush=True)
                time.sleep(0.0005)
        """)
    pieces = [event for event in run.events if isinstance(event, Printed)]
    assert run.printed() == "".join(f"{number}\n" for number in range(1000))
    # Behind each the server lets more gather, for so long at the least.
    assert len(pieces) <= (time.monotonic() - began) / GATHER + 1


async def test_output_at_the_limit_is_no_flood(forking: Bench) -> None:
    run = await forking.run("def go(emit): print('x' * 99_999)", Limits(60, output=100_000))
    assert run.ended.outcome is Outcome.DONE
    assert len(run.printed()) == 100_000


@pytest.mark.parametrize(
    "line", ["bytearray(1 << 30)", "[bytearray(1 << 20) for _ in range(1 << 10)]"]
)
async def test_a_memory_hog_is_told_so(bench: Bench, line: str) -> None:
    run = await bench.run(f"def go(emit):\n    hog = {line}\n", Limits(60, memory=256 << 20))
    assert run.ended.outcome is Outcome.MEMORY
    assert "256 MiB" in run.ended.sentence
    assert "code.py line 2" in run.ended.sentence
    await bench.works()


async def test_small_objects_without_end_run_out_of_memory_too(forking: Bench) -> None:
    run = await forking.run(
        """
        def go(emit):
            hog = None
            while True:
                hog = (hog,)
        """,
        Limits(60, memory=64 << 20),
    )
    assert run.ended.outcome is Outcome.MEMORY


async def test_pytorch_without_memory_is_recognised(forking: Bench) -> None:
    run = await forking.run("""
        def go(emit):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ...")
    """)
    assert run.ended.outcome is Outcome.MEMORY


async def test_memory_shared_out_over_processes_is_still_counted(forking: Bench) -> None:
    run = await forking.run(
        """
        import os, time
        def go(emit):
            for _ in range(4):
                if os.fork() == 0:
                    hog = b"x" * (60 << 20)
                    time.sleep(1000)
            time.sleep(1000)
        """,
        Limits(60, memory=100 << 20),
    )
    assert run.ended.outcome is Outcome.MEMORY


async def test_a_file_cannot_grow_without_end(forking: Bench) -> None:
    run = await forking.run("""
        def go(emit):
            with open("large", "wb", buffering=0) as file:
                file.truncate(1 << 40)
    """)
    assert run.ended.outcome is Outcome.CRASHED
    assert "File too large" in run.ended.sentence


async def test_no_more_files_are_open_than_can_be_looked_at(forking: Bench) -> None:
    run = await forking.run("""
        import os
        def go(emit):
            opened = 0
            try:
                while True:
                    os.dup(0)
                    opened += 1
            except OSError:
                return str(opened)
    """)
    assert 1000 < int(run.findings[0]) < 3000


async def test_a_fork_bomb_is_stopped(forking: Bench) -> None:
    run = await forking.run(
        """
        import os, time
        def go(emit):
            for _ in range(60):
                if os.fork() == 0:
                    time.sleep(1000)
            time.sleep(1000)
        """,
        Limits(60, processes=20),
    )
    # Root is not counted by the kernel, but by the server.
    assert run.ended.outcome in (Outcome.PROCESSES, Outcome.CRASHED)
    await forking.works()


async def test_only_a_judge_brings_a_verdict(forking: Bench) -> None:
    forged = await forking.run("""
        from engine.sandbox.messages import Judged
        from engine.verdict import Verdict
        def go(emit):
            emit(Judged(Verdict(solved=True)))
    """)
    assert not [event for event in forged.events if isinstance(event, Judged)]
    run = Run()
    await forking.sandbox.run(Judge("answers", 7), Limits(60), run.events.append)
    assert run.events[0] == Judged(Verdict(solved=True, seed=7))
    assert run.ended.outcome is Outcome.DONE
