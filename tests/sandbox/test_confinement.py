"""What a child can reach, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import py_compile
import signal
import struct
import sys
from pathlib import Path

import pytest

from engine.sandbox.confinement import seccomp
from engine.sandbox.messages import Event, Limits, Outcome, Printed

from .conftest import Bench, alive, disappears, vanishes

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
            pathlib.Path("left behind").mkdir(mode=0)
            assert tempfile.gettempdir() == os.getcwd()
            return os.getcwd()
    """)
    folder = Path(run.findings[0])
    assert folder.is_absolute()
    assert folder != Path.cwd()
    await vanishes(folder)


async def test_others_run_while_the_many_folders_of_one_are_removed(bench: Bench) -> None:
    run = await bench.run("""
        import os
        def go(emit):
            for number in range(3000):
                os.makedirs(f"{number % 50}/{number}")
            return os.getcwd()
    """)
    assert run.ended.outcome is Outcome.DONE
    await bench.works()
    await vanishes(Path(run.findings[0]))


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
    await vanishes(Path(run.findings[0]))
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


ALMOST_EVENTS = {
    "half a letter": r"""b'{"type":"progress","what":"\xff","done":1,"total":1}'""",
    "half a letter where nothing is read": r"""b'{"type":"progress","x":"\xff"}'""",
    "as deep as can just be read": (
        """*(b'{"type":"progress","what":"x","done":1,"total":1,"x":%b}' % (b"[" * n + b"]" * n)
                    for n in range(900, 1000))"""
    ),
}
"""Lines that are nearly what a child says."""


@pytest.mark.parametrize("lines", ALMOST_EVENTS.values(), ids=ALMOST_EVENTS.keys())
async def test_what_is_almost_an_event_hurts_nobody(forking: Bench, lines: str) -> None:
    run = await forking.run(f"""
        import os
        def go(emit):
            for fd in range(900, 1100):
                for line in ({lines},):
                    try:
                        os.write(fd, b"\\n" + line + b"\\n")
                    except OSError:
                        break
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
    import contextlib, os, time
    def in_a_session_of_its_own():
        with contextlib.suppress(PermissionError):
            os.setsid()
    def go(emit):
        read, write = os.pipe()
        if os.fork() == 0:
            in_a_session_of_its_own()
            if os.fork() == 0:
                in_a_session_of_its_own()
                os.write(write, str(os.getpid()).encode())
                time.sleep(1000)
            os._exit(0)
        os.wait()
        print(os.read(read, 20).decode(), os.getppid(), flush=True)
        {then}
"""


@pytest.mark.parametrize("then", ["pass", "os._exit(0)", "os.kill(os.getpid(), 11)"])
async def test_a_grandchild_in_a_session_of_its_own_does_not_stay(bench: Bench, then: str) -> None:
    run = await bench.run(LEAVE_BEHIND.format(then=then))
    assert not alive(int(run.printed().split()[0]))
    await bench.works()


async def test_a_grandchild_does_not_outlive_the_deadline(bench: Bench) -> None:
    run = await bench.run(LEAVE_BEHIND.format(then="time.sleep(1000)"), Limits(seconds=1))
    assert run.ended.outcome is Outcome.TIMEOUT
    assert not alive(int(run.printed().split()[0]))


async def test_a_grandchild_does_not_outlive_the_server(forking: Bench) -> None:
    pids: list[int] = []

    def kill_the_server(event: Event) -> None:
        if isinstance(event, Printed):
            pids.extend(int(word) for word in event.text.split())
            os.kill(pids[1], signal.SIGKILL)

    task = forking.code(LEAVE_BEHIND.format(then="time.sleep(1000)"))
    run = await forking.follow(task, None, kill_the_server)
    assert run.ended.outcome is Outcome.LOST
    await disappears(pids[0])
    await forking.works()


async def test_processes_that_keep_forking_away_are_caught(forking: Bench) -> None:
    run = await forking.run("""
        import os
        def go(emit):
            if os.fork() == 0:
                while True:
                    if os.fork():
                        os._exit(0)
    """)
    assert run.ended.outcome is Outcome.DONE
    await forking.works()


FORK_AWAY = (
    b"\x41\xbc"
    + (50_000).to_bytes(4, "little")  # mov r12d, so many
    + b"\x41\xff\xcc\x74\x0b"  # dec r12d; jz the exit
    + b"\xb8\x39\x00\x00\x00\x0f\x05\x85\xc0\x74\xf0"  # fork; in the child, once more
    + b"\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05"  # exit(0)
)
"""A program for x86-64 that forks and exits, so that each process lives for some microseconds."""


NAME = f"away-{os.getpid()}"
"""Of that program's processes: other tests, at the same time, have others."""
SIZE = 120 + len(FORK_AWAY)
ELF = (
    *(b"\x7fELF\x02\x01\x01", bytes(9)),
    struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0),
    struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, SIZE, SIZE, 0x1000),
    FORK_AWAY,
)
FORKS_AWAY = f"""
    import contextlib, os, signal, time
    def go(emit):
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        with open("{NAME}", "wb", opener=lambda *_: os.open(*_, 0o700)) as file:
            file.write({b"".join(ELF)!r})
        if os.fork() == 0:
            with contextlib.suppress(PermissionError):
                os.setsid()
            os.closerange(0, 5000)
            os.execve("./{NAME}", ["{NAME}"], {{environment}})
        {{then}}
"""


async def none_are_born() -> None:
    """Assert that those that are there, if any, are dead."""
    seen = named(NAME)
    await asyncio.sleep(0.3)
    assert named(NAME) <= seen


def named(name: str) -> set[str]:
    """The processes of that name, those not buried yet too."""
    return {path.parent.name for path in Path("/proc").glob("[0-9]*/comm") if said(path) == name}


def said(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text().strip()
    return ""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="its program is for x86-64")
@pytest.mark.skipif(not seccomp.known(), reason="nothing keeps them in their group")
async def test_nor_do_those_stay_that_fork_away_faster_than_anybody_looks(bench: Bench) -> None:
    code = FORKS_AWAY.format(environment={}, then="time.sleep(0.2)")
    # Beside another job: where there is none, the kernel tells that somebody is left.
    other = asyncio.create_task(bench.run("import time\ndef go(emit): time.sleep(5)"))
    assert (await bench.run(code)).ended.outcome is Outcome.DONE
    await none_are_born()
    await other


@pytest.mark.skipif(platform.machine() != "x86_64", reason="its program is for x86-64")
@pytest.mark.skipif(not seccomp.known(), reason="nothing keeps them in their group")
async def test_nor_do_they_outlive_the_server(bench: Bench) -> None:
    def kill_the_server(event: Event) -> None:
        if isinstance(event, Printed):
            os.kill(int(event.text), signal.SIGKILL)

    then = "time.sleep(0.2); print(os.getppid(), flush=True); time.sleep(1000)"
    task = bench.code(FORKS_AWAY.format(environment={}, then=then))
    run = await bench.follow(task, None, kill_the_server)
    assert run.ended.outcome is Outcome.LOST
    await bench.works()
    await none_are_born()
