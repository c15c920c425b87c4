"""Errors are one sentence, exit codes can be relied on, and the log has the rest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.errors import BadLevel
from engine.game import Game
from engine.home import Home
from engine.level import Level
from engine.sandbox.messages import Event, Task
from tests.cli.conftest import Terminal
from tests.engine.doubles import Double
from tui_debugger.cli import main
from tui_debugger.terminal.facts import Colours
from tui_debugger.terminal.facts import Terminal as Known

COMMANDS = ("list", "start", "probe", "submit", "hint", "reset", "doctor", "dev")


def test_help_tells_every_command(play: Terminal) -> None:
    helped = play("--help")
    assert helped.code == 0
    assert all(f"\n  {command}" in helped.out for command in COMMANDS)
    for command in COMMANDS:
        assert play(command, "--help").code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("start", "9"), "no level '9'"),
        (("probe", "nope"), "no level 'nope'"),
        (("submit", "nope", "--json"), "no level 'nope'"),
        (("hint", "\x1b[31m9"), "no level"),
        (("probe", "1", "attention.scal"), "Did you mean attention.scale?"),
        (("probe", "1", "x", "--json"), "no probe 'x'"),
        (("probe", "1", "--dir", "nowhere"), "holds no workspace"),
        (("submit", "1", "--dir", "nowhere", "--json"), "holds no workspace"),
        (("list", "--jsn"), "--jsn"),
        (("submit",), "Missing argument 'LEVEL'"),
        (("list", "extra"), "extra"),
        (("frobnicate",), "frobnicate"),
        (("--nope",), "--nope"),
        ((), "needs a terminal"),
    ],
)
def test_misuse_is_one_sentence_on_standard_error_and_2(
    play: Terminal, arguments: tuple[str, ...], sentence: str
) -> None:
    played = play(*arguments)
    assert (played.code, played.out) == (2, "")
    assert sentence in played.err
    assert played.err.count("\n") == 1
    assert "\x1b" not in played.err


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 3), (3, 3)])
def test_without_a_command_the_game_opens_where_the_player_left_off(
    play: Terminal, monkeypatch: pytest.MonkeyPatch, returned: int | None, code: int
) -> None:
    class Screen:
        return_code = returned

        def __init__(self, game: Game, level: Level | None, terminal: Known) -> None:
            opened.append((game.home, level.id if level else None))
            assert terminal.colours is Colours.FEW

        def run(self) -> None:
            """Leaves at once."""

    opened: list[tuple[Home, str | None]] = []
    play("start", "2")
    for name, value in (("TERM", "linux"), ("COLORTERM", ""), ("TEXTUAL_COLOR_SYSTEM", "auto")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tui_debugger.app.DebuggerApp", Screen)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert play().code == code
    assert opened == [(play.home, "upside-down")]


def test_a_folder_that_is_a_file_is_misuse(play: Terminal, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    played = play("start", "1", "--dir", str(tmp_path / "file"))
    assert (played.code, played.out) == (2, "")
    assert "is a file" in played.err


def test_source_that_cannot_be_copied_is_misuse(play: Terminal) -> None:
    root = Path(play("start", "1").out.strip())
    (root / "transformer/core.py").unlink()
    (root / "transformer/core.py").symlink_to("/etc/hostname")
    played = play("submit", "1")
    assert played.code == 2
    assert played.err.startswith("transformer/core.py is not a plain file")


@pytest.mark.parametrize("command", ["probe", "submit"])
def test_a_sandbox_that_does_not_start_is_3_and_leaves_a_traceback_in_the_log(
    play: Terminal, command: str
) -> None:
    play.sandbox = Double(broken="No process can be started.")
    played = play(command, "1", "--json")
    log = play.home.logs / "errors.log"
    assert (played.code, played.out) == (3, "")
    assert played.err == f"No process can be started (see {log}).\n"
    assert "Traceback" in log.read_text()
    assert "SandboxError" in log.read_text()


def test_a_fault_of_the_games_own_is_3_and_no_traceback_on_the_terminal(play: Terminal) -> None:
    def breaks(task: Task, source: dict[str, str]) -> Iterable[Event]:
        raise KeyError("surprise")

    play.sandbox = Double(breaks)
    for _ in range(2):
        played = play("probe", "1")
        assert played.code == 3
        assert "KeyError" in played.err
        assert "Traceback" not in played.err
        assert played.err.count("\n") == 1
    assert (play.home.logs / "errors.log").read_text().count("KeyError: 'surprise'") == 2


def test_levels_that_cannot_be_read_are_3(
    play: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Game:
        raise BadLevel("answer_key/01-x.toml: value: wrong")

    with pytest.raises(SystemExit) as end:
        main(["list"], broken)
    assert end.value.code == 3
    assert capsys.readouterr().err.startswith("answer_key/01-x.toml: value: wrong (see ")


def test_a_home_that_cannot_be_written_is_3_though_nothing_can_be_logged(
    play: Terminal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TUI_DEBUGGER_HOME", str(tmp_path / "file"))
    with pytest.raises(SystemExit) as end:
        main(["list"])
    assert end.value.code == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "set TUI_DEBUGGER_HOME to a folder that can be written" in told.err
    assert told.err.count("\n") == 1


def test_a_damaged_record_is_told_beside_the_result(play: Terminal) -> None:
    play.home.data.mkdir(parents=True)
    play.home.ledger.write_bytes(b"this is no ledger at all" * 100)
    listed = play("list", "--json")
    assert listed.code == 0
    assert len(listed.json["levels"]) == 3
    assert "set aside as ledger.sqlite3.damaged-" in listed.err


@pytest.mark.parametrize("command", ["probe", "submit"])
def test_an_interrupt_is_quiet_and_ends_the_sandbox(play: Terminal, command: str) -> None:
    def interrupted(task: Task, source: dict[str, str]) -> Iterable[Event]:
        raise KeyboardInterrupt

    sandbox = Double(interrupted)
    play.sandbox = sandbox
    played = play(command, "1")
    assert (played.code, played.out, played.err.strip()) == (130, "", "")
    assert sandbox.closed
    assert not (play.home.logs / "errors.log").exists()


def test_the_sandbox_is_ended_after_every_run(play: Terminal) -> None:
    sandbox = Double()
    play.sandbox = sandbox
    play("submit", "1")
    assert sandbox.closed
