"""Submissions that do anything but answer, before the game's own server and judge.

Each is the first level's unmended source with something added. Whatever that does, the verdict is
a plain no, with a sentence that names the cause; nothing outlives it, and the next job works.
"""

from __future__ import annotations

import asyncio
import os
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engine import judging
from engine.catalog import Catalog
from engine.judging import verdict_on
from engine.sandbox import tree
from engine.sandbox.client import Sandbox
from engine.sandbox.confinement import PROJECT, landlock
from engine.sandbox.messages import Limits, Outcome, Probe
from engine.verdict import Verdict
from tests.sources import write

from .conftest import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one server for all: it takes seconds

LEVEL = Catalog().find(1)
ATTENTION = "transformer/attention.py"
PLACE = "transformer/core.py"
"""What every other module imports, so that what is added there comes early."""


OTHERS: set[int] = set()
"""Processes that were there before: a tracker of resources, say, that another test has begun."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    OTHERS.update(process.pid for process in below())
    sandbox = Sandbox()
    yield sandbox
    await sandbox.close()


def below() -> list[tree.Process]:
    """The processes that this one has begun, and theirs."""
    return list(tree.descendants(os.getpid(), tree.processes()))


class Court:
    """Judges what is added to the unmended source."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.root = folder / "source"
        write(self.root, LEVEL.start)

    async def try_(self, added: str, place: str = PLACE) -> Verdict:
        """The verdict, once it is certain that nothing is left behind."""
        with (self.root / place).open("a", encoding="utf-8") as file:
            file.write("\nimport os\n" + textwrap.dedent(added))
        verdict = await asyncio.wait_for(
            verdict_on(self.sandbox, self.root, 5, self.folder), PATIENCE
        )
        assert len([p for p in below() if p.pid not in OTHERS]) <= 1  # the server
        await self.works()
        return verdict

    async def works(self) -> None:
        """Assert that the next job is as good as any."""
        root = write(self.folder / "clean", LEVEL.clean)
        ended = await self.sandbox.run(Probe(str(root), ("norm.rows",)), Limits())
        assert ended.outcome is Outcome.DONE


@pytest.fixture
def court(sandbox: Sandbox, tmp_path: Path) -> Court:
    return Court(sandbox, tmp_path)


def told(verdict: Verdict) -> str:
    """All that is said of what went wrong."""
    failed = [check for check in verdict.checks if not check.passed]
    return " ".join([verdict.reason, *(check.message for check in failed)])


ENDS = {
    "a loop at import": ("while True: pass", "Still running after 3 s"),
    "a loop in a backward pass": (
        """
        class Stuck(torch.autograd.Function):
            @staticmethod
            def forward(context, x):
                return x.clone()
            @staticmethod
            def backward(context, gradient):
                while True: pass
        silu = Stuck.apply
        """,
        "Still running after 3 s",
    ),
    "a call that holds the interpreter's lock": (
        "import ctypes\nctypes.PyDLL(None).sleep(1000)",
        "Still running after 3 s",
    ),
    "a deadlock": (
        "import threading\nlock = threading.Lock(); lock.acquire(); lock.acquire()",
        "Still running after 3 s",
    ),
    "every signal ignored, and stopped": (
        """
        import os, signal
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        os.kill(os.getpid(), signal.SIGSTOP)
        """,
        "Still running after 3 s",
    ),
    "sys.exit": ("import sys\nsys.exit(0)", "SystemExit: 0"),
    "os._exit": ("import os\nos._exit(0)", "ended the process itself (exit status 0)"),
    "os._exit in a thread": (
        "import os, threading\nthreading.Thread(target=os._exit, args=(0,)).start()\nwhile 1: pass",
        "ended the process itself (exit status 0)",
    ),
    "quit in a thread": ("import threading\nthreading.Thread(target=quit).start()", "expected"),
    "something for the exit": (
        "import atexit, os\natexit.register(os._exit, 0)\natexit.register(print, 'bye')",
        "expected",
    ),
    "a fork that goes on": ("import os\nos.fork()", "expected"),
    "a fork in the place of its parent": (
        "import os\nif os.fork(): os._exit(0)",
        "ended the process itself",
    ),
    "forks without end": (
        "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(1000)",
        "processes",
    ),
    "threads without end": (
        """
        import threading, time
        while True:
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        """,
        "thread",  # the limit on processes, or on memory, whichever comes first
    ),
    "the server killed": ("import os\nos.kill(os.getppid(), 9)", "not permitted"),
    "a tensor beyond all memory": ("torch.empty(1 << 40)", "more memory than the 512 MiB"),
    "tensors without end": (
        "hog = []\nwhile True: hog.append(torch.ones(1 << 24))",
        "more memory than the 512 MiB",
    ),
    "memory for each of many processes": (
        """
        import os, time
        for _ in range(8):
            if os.fork() == 0:
                hog = bytearray(b"x") * (100 << 20)
                time.sleep(1000)
        time.sleep(1000)
        """,
        "more memory than the 512 MiB",
    ),
    "files without end": (
        """
        for number in range(1000):
            with open(str(number), "wb") as file:
                file.write(bytes(4 << 20))
        while True: pass
        """,
        "wrote more files than the 32 MiB",
    ),
    "files in the folder of the answers": (
        """
        import sys
        frame = sys._getframe()
        while "out" not in frame.f_locals:
            frame = frame.f_back
        for number in range(1000):
            frame.f_locals["out"].with_name(str(number)).write_bytes(bytes(4 << 20))
        while True: pass
        """,
        "wrote more files than the 32 MiB",
    ),
    "files that are removed but open": (
        """
        kept = []
        for number in range(200):
            kept.append(open("gone", "wb"))
            kept[-1].write(bytes(4 << 20))
            os.unlink("gone")
        while True: pass
        """,
        "wrote more files than the 32 MiB",
    ),
    "files that are removed but mapped": (
        """
        import ctypes
        mmap = ctypes.CDLL(None).mmap
        mmap.restype = ctypes.c_void_p
        for number in range(200):
            with open("gone", "wb+", buffering=0) as file:
                file.write(bytes(4 << 20))
                mmap(None, 4096, 1, 1, file.fileno(), 0)
            os.unlink("gone")
        while True: pass
        """,
        "wrote more files than the 32 MiB",
    ),
    "files too deep to be found": (
        """
        while True:
            os.mkdir("x" * 200)
            os.chdir("x" * 200)
        """,
        "wrote more files than the 32 MiB",
    ),
    "recursion": ("def deep(): deep()\ndeep()", "RecursionError"),
    "recursion on the stack of C": (
        """
        import sys
        sys.setrecursionlimit(10**9)
        class Deep:
            def __repr__(self):
                return repr(self)
        repr(Deep())
        """,
        "SIGSEGV",
    ),
    "garbage on every descriptor": (
        """
        import os
        for fd in range(2000):
            for garbage in (b'{"type":"ended"', b"\\xff\\0\\n[[[["):
                try:
                    os.write(fd, garbage)
                except OSError:
                    pass
        """,
        "expected",
    ),
    "every descriptor closed": ("import os\nos.closerange(0, 5000)", "closed the line"),
    "a flood": ("while True: print('x' * 1000)", "printed more than 256 KiB"),
    "a question to the keyboard": ("input('name? ')", "EOFError"),
    "standard input read": ("import sys\nassert sys.stdin.read()", "AssertionError"),
    "a segmentation fault": ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "an abort": ("import os\nos.abort()", "SIGABRT"),
    "a kill of itself": ("import os\nos.kill(os.getpid(), 9)", "SIGKILL"),
    "children left behind": (
        """
        import os, time
        for _ in range(3):
            if os.fork() == 0:
                if os.fork() == 0:
                    time.sleep(1000)
                os._exit(0)
        """,
        "expected",
    ),
    "a daemon left behind": (
        "import subprocess\nsubprocess.Popen(['sleep', '1000'], stdout=subprocess.DEVNULL)",
        "expected",
    ),
    "threads left behind": (
        """
        import threading, time
        for daemon in (True, False):
            threading.Thread(target=time.sleep, args=(1000,), daemon=daemon).start()
        """,
        "expected",
    ),
}
"""What is added -> what is said of it."""


@pytest.mark.parametrize(("added", "said"), ENDS.values(), ids=ENDS.keys())
async def test_it_ends_with_a_sentence(
    court: Court, monkeypatch: pytest.MonkeyPatch, added: str, said: str
) -> None:
    seconds = 3 if said.endswith("3 s") else PATIENCE
    monkeypatch.setattr(judging, "EXAM_LIMITS", Limits(seconds, memory=512 << 20, disk=32 << 20))
    verdict = await court.try_(added)
    assert not verdict.solved
    assert said in told(verdict)


CHEATS = {
    "comparisons that always agree": """
        import numpy
        yes = lambda *_, **__: True
        ones = lambda x, *_, **__: torch.ones_like(x, dtype=torch.bool)
        torch.allclose = torch.equal = torch.testing.assert_close = yes
        torch.isclose = torch.eq = torch.le = torch.Tensor.eq = torch.Tensor.le = ones
        torch.Tensor.__eq__ = torch.Tensor.__le__ = torch.Tensor.isclose = ones
        torch.Tensor.allclose = torch.Tensor.equal = yes
        numpy.allclose = numpy.array_equal = numpy.isclose = yes
    """,
    "an engine that finds no differences": """
        import sys
        for name, module in list(sys.modules.items()):
            if name.startswith(("engine.", "msgspec")):
                for key in list(vars(module)):
                    if any(word in key for word in ("differ", "compare", "check", "judge")):
                        setattr(module, key, lambda *_, **__: ())
    """,
    "every object of the engine that can pass, passed": """
        import gc
        for thing in gc.get_objects():
            if type(thing).__module__.startswith("engine."):
                for name in ("passed", "solved", "exact"):
                    if hasattr(thing, name):
                        try:
                            object.__setattr__(thing, name, True)
                        except (AttributeError, TypeError):
                            pass
    """,
    "a desk that is given what is expected": """
        from engine.lab.exam.desk import Desk
        answer = Desk.answer
        def expected(self, case, got, **named):
            given = named.get("expected")
            answer(self, case, got if given is None else torch.as_tensor(given), **named)
        Desk.answer = expected
    """,
    "a verdict of its own": """
        import gc
        from engine.sandbox.channel import Channel
        from engine.sandbox.messages import Ended, Judged, Outcome
        from engine.verdict import Verdict
        for channel in gc.get_objects():
            if isinstance(channel, Channel):
                channel.emit(Judged(Verdict(True, seed=5)))
                channel.emit(Ended(Outcome.DONE))
    """,
    "a verdict on every descriptor": """
        import os
        verdict = b'{"type":"judged","verdict":{"solved":true,"seed":5}}'
        for line in (verdict, *(b'{"job":%d,"event":%b}' % (job, verdict) for job in range(20))):
            for fd in range(3, 1100):
                try:
                    os.write(fd, b"\\n" + line + b"\\n")
                except OSError:
                    pass
    """,
    "an end without answers": """
        import gc, os
        from engine.sandbox.channel import Channel
        from engine.sandbox.messages import Ended, Outcome
        next(x for x in gc.get_objects() if isinstance(x, Channel)).emit(Ended(Outcome.DONE))
        os._exit(0)
    """,
}
"""Ways to be passed without being right."""


@pytest.mark.parametrize("added", CHEATS.values(), ids=CHEATS.keys())
async def test_nothing_but_right_answers_passes(court: Court, added: str) -> None:
    verdict = await court.try_(added)
    assert not verdict.solved


THEFTS = {
    "imported from the project": """
        import sys
        sys.path.append(project)
        import levels.codebase.transformer.attention as clean
        theft = clean.__loader__.get_source(clean.__name__)
    """,
    "imported from wherever Python looks": """
        import importlib.util
        spec = importlib.util.find_spec("levels.codebase.transformer.attention")
        theft = spec.loader.get_source(spec.name)
    """,
    "read": "theft = open(project + '/levels/codebase/transformer/attention.py').read()",
    "read as package data": """
        import importlib.resources
        clean = importlib.resources.files("levels") / "codebase" / "transformer"
        theft = (clean / "attention.py").read_text()
    """,
    "read through a program": """
        import subprocess
        path = project + "/levels/codebase/transformer/attention.py"
        theft = subprocess.run(["cat", path], capture_output=True, check=True, text=True).stdout
    """,
    "taken from the history": """
        import subprocess
        command = ["git", "-C", project, "show", "HEAD:levels/codebase/transformer/attention.py"]
        theft = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    """,
    "taken from the memory of the referee": """
        import os, re
        for name in filter(str.isdigit, os.listdir("/proc")):
            with open(f"/proc/{name}/maps") as maps, open(f"/proc/{name}/mem", "rb") as memory:
                for low, high in re.findall(r"^(\\w+)-(\\w+) rw", maps.read(), re.MULTILINE):
                    memory.seek(int(low, 16))
                    found = memory.read(int(high, 16) - int(low, 16))
                    if b"def scaled_dot_product_attention" in found:
                        theft = found.decode("latin-1")
    """,
    "taken from its own memory": """
        import gc
        for thing in gc.get_objects():
            for text in (thing, *(thing.values() if type(thing) is dict else ())):
                if isinstance(text, str) and "def scaled_dot_product_attention" in text:
                    theft = text
    """,
    "taken from modules that are loaded": """
        import sys
        for name, module in list(sys.modules.items()):
            if name.startswith(("levels", "engine.lab.referee", "engine.lab.exam.adamw_forms")):
                theft = open(module.__file__).read()
    """,
}
"""Ways to get at the clean code, for code that is not: each leaves it in ``theft``."""

USE = """
    exec(compile(theft, __file__, "exec"), globals())
"""


async def test_what_is_stolen_would_pass(court: Court) -> None:
    """So that the thefts below fail for want of loot alone."""
    source = LEVEL.clean["transformer/attention.py"]
    verdict = await court.try_(f"theft = {source!r}\n" + textwrap.dedent(USE), ATTENTION)
    assert verdict.solved


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel does not hide files")
@pytest.mark.parametrize("added", THEFTS.values(), ids=THEFTS.keys())
async def test_the_clean_code_is_not_to_be_had(court: Court, added: str) -> None:
    project = f"project = {str(PROJECT)!r}\n"
    verdict = await court.try_(project + textwrap.dedent(added) + textwrap.dedent(USE), ATTENTION)
    assert not verdict.solved


STAND_INS = {
    "a link to a file elsewhere": "os.symlink('/dev/zero', out)",
    "a link to nowhere": "os.symlink('nowhere', out)",
    "a pipe": "os.mkfifo(out)",
    "a folder": "os.mkdir(out)",
    "a folder that cannot be opened": "os.mkdir(out, 0)",
    "a file that goes on for ever": "open(out, 'wb').truncate(200 << 20)",
    "nothing in it": "open(out, 'wb').close()",
}


@pytest.mark.parametrize("deed", STAND_INS.values(), ids=STAND_INS.keys())
async def test_what_stands_in_for_the_answers_is_refused(court: Court, deed: str) -> None:
    verdict = await court.try_(f"""
        import sys
        frame = sys._getframe()
        while "out" not in frame.f_locals:
            frame = frame.f_back
        out = frame.f_locals["out"]
        {deed}
        from engine.sandbox.messages import Ended, Outcome
        frame.f_locals["emit"](Ended(Outcome.DONE))
        os._exit(0)
    """)
    assert not verdict.solved
    assert verdict.reason.endswith(".")
