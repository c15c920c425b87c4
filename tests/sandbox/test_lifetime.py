"""Starting, cancelling, closing, and what happens when the server itself goes away."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from engine.errors import SandboxError
from engine.sandbox.client import Sandbox
from engine.sandbox.messages import Event, Limits, Outcome, Printed

from .conftest import PATIENCE, Bench, Run, alive, disappears, double

ROOT = Path(__file__).parents[2]
ANNOUNCE = """
    import os, time
    def go(emit):
        print(os.getpid(), os.getppid(), flush=True)
        time.sleep(1000)
"""


class Running:
    """A job that waits for ever, and the processes behind it."""

    def __init__(self, bench: Bench, limits: Limits | None = None) -> None:
        self._pids: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self.job = asyncio.create_task(bench.follow(bench.code(ANNOUNCE), limits, self._note))

    def _note(self, event: Event) -> None:
        if isinstance(event, Printed):
            self._pids.set_result([int(word) for word in event.text.split()])

    async def processes(self) -> tuple[int, int]:
        """The child's process id and the server's."""
        child, server = await asyncio.wait_for(self._pids, PATIENCE)
        return child, server


async def test_the_catalogue_comes_with_readiness(bench: Bench) -> None:
    await bench.sandbox.start()
    await bench.sandbox.start()
    ready = await asyncio.wait_for(bench.sandbox.ready(), PATIENCE)
    assert [info.name for info in ready.catalogue] == ["double.go"]
    assert await bench.sandbox.ready() == ready


async def test_the_current_folder_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "engine.py").write_text("raise RuntimeError('the wrong engine')")
    (tmp_path / "msgspec.py").write_text("raise RuntimeError('the wrong msgspec')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", ":.")
    bench = Bench(Sandbox(command=double()), tmp_path)
    await bench.works()
    await bench.sandbox.close()


async def test_relative_paths_are_those_of_the_caller(
    forking: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = forking.code("def go(emit): return 'found'")
    monkeypatch.chdir(task.root)
    run = await forking.follow(type(task)("."))
    assert run.findings == ["found"]


async def test_jobs_run_side_by_side(bench: Bench) -> None:
    waiting = Running(bench)
    child, _ = await waiting.processes()
    await bench.works()
    assert alive(child)
    waiting.job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting.job


async def test_cancelling_the_caller_ends_the_child(bench: Bench) -> None:
    waiting = Running(bench)
    child, server = await waiting.processes()
    waiting.job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting.job
    assert not alive(child)
    assert alive(server)
    await bench.works()


async def test_cancelling_at_any_moment_leaves_nothing(forking: Bench) -> None:
    await forking.works()
    for turns in range(12):
        run = Run()
        task = forking.code("import time\ndef go(emit): time.sleep(1000)")
        job = asyncio.create_task(
            forking.sandbox.run(task, Limits(seconds=PATIENCE), run.events.append)
        )
        for _ in range(turns):
            await asyncio.sleep(0)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(job, PATIENCE)
    await forking.works()


async def test_a_listener_that_raises_ends_its_job(forking: Bench) -> None:
    def listen(event: Event) -> None:
        raise LookupError("no such widget")

    with pytest.raises(LookupError):
        await forking.sandbox.run(forking.code(ANNOUNCE), Limits(seconds=PATIENCE), listen)
    await forking.works()


async def test_a_server_that_is_killed_is_told_and_the_next_run_works(bench: Bench) -> None:
    waiting = Running(bench)
    _, server = await waiting.processes()
    os.kill(server, signal.SIGKILL)
    run = await waiting.job
    assert run.ended.outcome is Outcome.LOST
    assert "SIGKILL" in run.ended.sentence
    await bench.works()


async def test_a_server_that_is_stopped_does_not_stop_the_game(tmp_path: Path) -> None:
    bench = Bench(Sandbox(command=double(), grace=0.5), tmp_path)
    waiting = Running(bench, Limits(seconds=0.5))
    _, server = await waiting.processes()
    os.kill(server, signal.SIGSTOP)
    run = await waiting.job
    assert run.ended.outcome is Outcome.LOST
    assert "no more answer" in run.ended.sentence
    await bench.works()
    await bench.sandbox.close()


async def test_a_server_is_known_to_be_gone_though_another_holds_its_line_open(
    tmp_path: Path,
) -> None:
    script = tmp_path / "dying.py"
    script.write_text(
        "import os, sys, time\n"
        'ready = \'{"type":"ready","catalogue":[],"torch":""}\'\n'
        "print('{\"job\":0,\"event\":' + ready + '}', flush=True)\n"
        "sys.stdin.readline()\n"
        'print(\'{"job":1,"event":{"type":"accepted"}}\', flush=True)\n'
        "if os.fork() == 0:\n"
        "    print(os.getpid(), file=open('../../pid', 'w'))\n"
        "    time.sleep(1000)\n"
        "while not os.path.exists('../../pid'): pass\n"
        "os._exit(1)\n".replace("../../pid", str(tmp_path / "pid"))
    )
    bench = Bench(Sandbox(command=[sys.executable, str(script)]), tmp_path)
    run = await bench.run("")
    assert run.ended.outcome is Outcome.LOST
    assert "exit status 1" in run.ended.sentence
    await disappears(int((tmp_path / "pid").read_text()))
    await bench.sandbox.close()


async def test_a_server_killed_from_outside_takes_its_jobs_with_it(forking: Bench) -> None:
    jobs = [Running(forking), Running(forking)]
    pids = [await job.processes() for job in jobs]
    server = pids[0][1]
    os.kill(server, signal.SIGKILL)
    for job in jobs:
        assert (await job.job).ended.outcome is Outcome.LOST
    for child, _ in pids:
        await disappears(child)
    await forking.works()


async def test_a_server_that_died_unnoticed_is_replaced_without_a_word(forking: Bench) -> None:
    run = await forking.run("import os\ndef go(emit): return os.getppid()")
    os.kill(int(run.findings[0]), signal.SIGKILL)
    await forking.works()


async def test_closing_leaves_no_process_and_no_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    waiting = Running(bench)
    child, server = await waiting.processes()
    assert list(temporary.iterdir())
    await bench.sandbox.close()
    run = await waiting.job
    assert run.ended.outcome is Outcome.CANCELLED
    await disappears(child)
    assert not alive(server)
    assert not list(temporary.iterdir())


async def test_closing_twice_or_unstarted_is_nothing(forking: Bench) -> None:
    await forking.sandbox.close()
    await forking.works()
    await forking.sandbox.close()
    await forking.sandbox.close()


async def test_closing_while_it_loads_does_not_wait(tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text("import time\ntime.sleep(1000)\n")
    sandbox = Sandbox(command=[sys.executable, str(script)])
    await sandbox.start()
    await asyncio.wait_for(sandbox.close(), PATIENCE)


async def test_a_client_that_is_killed_takes_everything_with_it(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        "import os, time\ndef go(emit):\n"
        "    print(os.getpid(), os.getppid(), os.getcwd(), flush=True)\n    time.sleep(1000)\n"
    )
    script = tmp_path / "client.py"
    script.write_text(
        "import asyncio, os, signal, sys\n"
        "from engine.sandbox.client import Sandbox\n"
        "from engine.sandbox.messages import Limits, Printed, Probe\n"
        "def note(event):\n"
        "    if isinstance(event, Printed):\n"
        "        sys.stdout.write(event.text); sys.stdout.flush()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        f"run = Sandbox(command={double()!r}).run(Probe({str(tmp_path)!r}), Limits(), note)\n"
        "asyncio.run(run)\n"
    )
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
    )
    output, _ = await asyncio.wait_for(client.communicate(), PATIENCE)
    child, server, folder = output.decode().split()
    await disappears(int(child))
    await disappears(int(server))
    assert not Path(folder).parent.exists()


async def test_the_client_loads_no_torch() -> None:
    code = "import sys, engine.sandbox.client as c; print({'torch', 'numpy'} & set(sys.modules))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert output == b"set()\n"


async def test_a_server_that_cannot_load_says_why_in_one_sentence(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("import nowhere_to_be_found\n")
    sandbox = Sandbox(command=[sys.executable, str(script)])
    with pytest.raises(SandboxError, match="No module named 'nowhere_to_be_found'") as caught:
        await asyncio.wait_for(sandbox.ready(), PATIENCE)
    assert "\n" not in str(caught.value)
    with pytest.raises(SandboxError):
        await sandbox.run(Bench(sandbox, tmp_path).code("go = print"), Limits())
    await sandbox.close()


async def test_an_interpreter_that_is_not_there_is_a_sandbox_error() -> None:
    sandbox = Sandbox("/nowhere/python")
    with pytest.raises(SandboxError, match="could not be started"):
        await sandbox.start()
    await sandbox.close()
