"""What a child can reach, and what it leaves behind."""

from __future__ import annotations

import os
import py_compile
import sys
from pathlib import Path

import pytest

from engine.sandbox.messages import Limits, Outcome

from .conftest import Bench, alive, disappears

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="what only Linux offers"
)


async def test_standard_input_is_empty(bench: Bench) -> None:
    run = await bench.run("import sys\ndef go(emit): return repr(sys.stdin.read())")
    assert run.findings == ["''"]


async def test_it_starts_in_a_folder_of_its_own_that_is_gone_afterwards(bench: Bench) -> None:
    run = await bench.run("""
        import os, pathlib, tempfile
        def go(emit):
            pathlib.Path("left behind").mkdir()
            pathlib.Path("left behind").chmod(0)
            assert tempfile.gettempdir() == os.getcwd()
            return os.getcwd()
    """)
    folder = Path(run.findings[0])
    assert folder.is_absolute()
    assert folder != Path.cwd()
    assert not folder.exists()


async def test_clearing_up_does_not_touch_what_a_link_points_to(
    forking: Bench, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    (precious / "inner").mkdir(parents=True, mode=0o755)
    run = await forking.run(f"""
        import os, pathlib
        def go(emit):
            here = pathlib.Path.cwd()
            (here / "link").symlink_to({str(precious)!r})
            (here / "locked").mkdir(mode=0)
            return here
    """)
    assert not Path(run.findings[0]).exists()
    run = await forking.run(f"""
        import os, pathlib
        def go(emit):
            here = pathlib.Path.cwd()
            here.rename(f"{{here}}-moved")
            here.symlink_to({str(precious)!r})
    """)
    assert run.ended.outcome is Outcome.DONE
    assert (precious / "inner").stat().st_mode & 0o777 == 0o755
    await forking.works()


async def test_no_descriptor_but_its_own_is_open(bench: Bench) -> None:
    run = await bench.run("""
        import os
        def go(emit):
            listed = os.listdir("/proc/self/fd")
            return sorted(os.readlink(f"/proc/self/fd/{fd}").split(":")[0]
                          for fd in listed if os.path.exists(f"/proc/self/fd/{fd}"))
    """)
    # Standard output and error, the line for messages, the file for faulthandler.
    kinds = run.findings[0]
    assert kinds.count("pipe") == 3
    assert kinds.count("/dev/null") == 1
    assert kinds.count("socket") == 0
    assert kinds.count(".fault") == 1
    assert kinds.count("'") == 2 * 5


async def test_nothing_is_imported_from_where_it_runs(bench: Bench) -> None:
    run = await bench.run("import sys\ndef go(emit): return '' in sys.path or '.' in sys.path")
    assert run.findings == ["False"]


async def test_stale_caches_are_not_read_and_none_are_written(forking: Bench) -> None:
    task = forking.code("""
        import sys
        sys.path.insert(0, __file__.rpartition("/")[0])
        def go(emit):
            import neighbour
            return neighbour.WORD
    """)
    neighbour = Path(task.root, "neighbour.py")
    neighbour.write_text("WORD = 'old'\n")
    moment = neighbour.stat()
    # Same size and time: the cache would be taken for the source.
    py_compile.compile(str(neighbour))
    neighbour.write_text("WORD = 'new'\n")
    os.utime(neighbour, ns=(moment.st_atime_ns, moment.st_mtime_ns))
    caches = set(Path(task.root).rglob("*.pyc"))
    run = await forking.follow(task)
    assert run.findings == ["new"]
    assert set(Path(task.root).rglob("*.pyc")) == caches


async def test_garbage_on_every_descriptor_hurts_nobody(forking: Bench) -> None:
    run = await forking.run("""
        import os
        def go(emit):
            for fd in range(3, 2000):
                for garbage in (b'{"type":"ended"', b"\\xff\\0\\n[[[[", b"[" * 100_000):
                    try:
                        os.write(fd, garbage)
                    except OSError:
                        pass
            return "still here"
    """)
    assert run.findings == ["still here"]
    assert run.ended.outcome is Outcome.DONE
    await forking.works()


async def test_closing_every_descriptor_is_told(bench: Bench) -> None:
    run = await bench.run("import os\ndef go(emit): os.closerange(0, 5000)")
    assert run.ended.outcome is Outcome.EXITED
    assert "closed the line" in run.ended.sentence
    await bench.works()


async def test_closing_the_low_descriptors_and_streams_does_not_cut_the_line(
    forking: Bench,
) -> None:
    run = await forking.run("""
        import os, sys
        def go(emit):
            sys.stdout.close()
            sys.stderr = None
            os.closerange(0, 256)
            return "still here"
    """)
    assert run.findings == ["still here"]


async def test_a_message_without_end_is_stopped(forking: Bench) -> None:
    run = await forking.run("""
        import os
        def go(emit):
            while True:
                for fd in range(900, 1100):
                    try:
                        os.write(fd, b"x" * 60_000)
                    except OSError:
                        pass
    """)
    assert run.ended.outcome is Outcome.FLOOD
    assert "8 MiB" in run.ended.sentence
    await forking.works()


async def test_events_without_end_are_stopped(forking: Bench) -> None:
    run = await forking.run("""
        from engine.sandbox.messages import Progress
        def go(emit):
            while True:
                emit(Progress("x" * 10_000, 0, 1))
    """)
    assert run.ended.outcome is Outcome.FLOOD
    await forking.works()


async def test_functions_replaced_by_the_code_are_not_those_that_end_it(forking: Bench) -> None:
    run = await forking.run("""
        import os, sys
        def go(emit):
            os._exit = os.write = os.getpid = sys.exit = lambda *_: 0
            return "still here"
    """)
    assert run.findings == ["still here"]
    assert run.ended.outcome is Outcome.DONE


async def test_a_copy_that_the_code_forks_does_not_speak(forking: Bench) -> None:
    run = await forking.run("""
        import os
        def go(emit):
            for _ in range(3):
                os.fork()
            return "once"
    """)
    assert run.findings == ["once"]


LEAVE_BEHIND = """
    import os, time
    def go(emit):
        read, write = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.setsid()
                os.write(write, str(os.getpid()).encode())
                time.sleep(1000)
            os._exit(0)
        os.wait()
        pid = os.read(read, 20).decode()
        with open(__file__.replace("code.py", "pid"), "w") as file:
            file.write(pid)
        print(pid)
        {then}
"""


@pytest.mark.parametrize("then", ["pass", "os._exit(0)", "os.kill(os.getpid(), 11)"])
async def test_a_grandchild_in_a_session_of_its_own_does_not_stay(bench: Bench, then: str) -> None:
    run = await bench.run(LEAVE_BEHIND.format(then=then))
    assert not alive(int(run.printed()))
    await bench.works()


async def test_a_grandchild_does_not_outlive_the_deadline(bench: Bench) -> None:
    run = await bench.run(LEAVE_BEHIND.format(then="time.sleep(1000)"), Limits(seconds=1))
    assert run.ended.outcome is Outcome.TIMEOUT
    assert not alive(int(run.printed()))


async def test_a_grandchild_does_not_outlive_the_server(forking: Bench) -> None:
    task = forking.code(LEAVE_BEHIND.format(then="os.kill(os.getppid(), 9); time.sleep(1000)"))
    run = await forking.follow(task)
    assert run.ended.outcome is Outcome.LOST
    await disappears(int(Path(task.root, "pid").read_text()))
    await forking.works()


async def test_processes_that_keep_forking_away_are_caught(forking: Bench) -> None:
    run = await forking.run("""
        import os
        def go(emit):
            if os.fork() == 0:
                while True:
                    if os.fork():
                        os._exit(0)
                    os.setsid()
    """)
    assert run.ended.outcome is Outcome.DONE
    await forking.works()
