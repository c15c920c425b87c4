"""The program as a process: what only a real one can show."""

from __future__ import annotations

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROBE = ("probe", "7", "loss.uniform")


class Shell:
    """Starts the program, with a home and a place for temporary files that are its own."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.work = folder / "work"
        own = {"TUI_DEBUGGER_HOME": str(folder / "home"), "TMPDIR": str(self.temporary)}
        self.environment = {**os.environ, **own}

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """The running program."""
        return subprocess.Popen(
            [sys.executable, "-m", "tui_debugger", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env=self.environment,
            # A shell starts what it runs in the background with SIGINT ignored, and that is
            # handed down; a terminal does not.
            preexec_fn=listen_to_interrupts if os.name == "posix" else None,
        )

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        with self.begin(*arguments) as program:
            out, err = program.communicate()
        return program.returncode, out, err

    def left_behind(self) -> list[Path]:
        """Temporary files of ours; torch leaves an empty folder of its own."""
        return list(self.temporary.glob("tui-debugger*"))

    def write(self, code: str) -> None:
        """Begin level 7 afresh, and put ``code`` at the end of its loss."""
        self("start", "7", "--dir", str(self.work), "--force")
        with (self.work / "training/loss.py").open("a") as file:
            file.write(code)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_exit_codes_and_streams_are_those_of_a_real_process(shell: Shell) -> None:
    code, out, err = shell("list", "--json")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["levels"]) == 9
    code, out, err = shell("start", "99")
    assert (code, out, err.count("\n")) == (2, "", 1)
    code, out, err = shell()
    assert (code, out, err.count("\n")) == (2, "", 1)
    shell.environment["TUI_DEBUGGER_HOME"] = "/dev/null/home"
    code, out, err = shell("list")
    assert (code, out, err.count("\n")) == (3, "", 1)


def test_the_version_is_that_of_the_package(shell: Shell) -> None:
    try:
        version = importlib.metadata.version("tui-debugger")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("run from a checkout that is not installed")
    assert shell("--version") == (0, f"tui-debugger {version}\n", "")


def test_a_reader_that_goes_away_is_no_failure_to_speak_of(shell: Shell) -> None:
    with shell.begin("list", "--json") as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == ""
    assert program.returncode == 141


def test_output_can_be_had_in_any_encoding(shell: Shell) -> None:
    shell.environment["PYTHONIOENCODING"] = "ascii"
    code, _, err = shell("start", "1")
    assert code == 0
    assert "Traceback" not in err


def test_standard_output_is_one_object_whatever_the_code_prints(shell: Shell) -> None:
    shell.write("import os\nprint('hello')\nos.write(1, b'past python\\n')\n")
    code, out, err = shell(*PROBE, "--json", "--dir", str(shell.work))
    (probe,) = json.loads(out)["probes"]
    assert (code, probe["status"]) == (1, "fires")
    assert "  | hello\n" in err
    assert "  | past python\n" in err
    assert shell.left_behind() == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=lambda value: str(value)
)
def test_a_run_that_is_interrupted_leaves_nothing_behind(
    shell: Shell, sent: signal.Signals, code: int
) -> None:
    shell.write("import os\nprint(f'process {os.getpid()}.', flush=True)\nwhile True:\n    pass\n")
    with shell.begin(*PROBE, "--dir", str(shell.work)) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        begun = program.stderr.readline()
        child = int(begun.partition("process ")[2].rstrip(".\n"))
        program.send_signal(sent)
        assert program.stderr.read().strip() == ""
        assert program.stdout.read() == ""
    assert program.returncode == code
    assert shell.left_behind() == []
    assert not alive(child)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_an_interrupt_while_the_program_loads_ends_it_without_a_word(
    shell: Shell, tmp_path: Path
) -> None:
    interrupts = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / "click.py").write_text(interrupts, "utf-8")
    shell.environment["PYTHONPATH"] = str(tmp_path)
    assert shell("list") == (-signal.SIGINT, "", "")


def listen_to_interrupts() -> None:
    """As a program that is started from a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def alive(process: int) -> bool:
    """Whether it still runs; one that merely waits to be reaped does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
