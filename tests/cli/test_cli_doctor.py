"""What the doctor looks at, and what it makes of it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from engine.sandbox.confinement import Confinement, Protection
from tests.cli.conftest import Terminal
from tests.engine.doubles import Double
from tui_debugger.commands import doctor

HOLDS = Protection(True, "It is kept in.")
OPEN = Protection(False, "Not in force: it can read a file. Missing: Landlock.")


@pytest.fixture
def confined(monkeypatch: pytest.MonkeyPatch) -> Callable[[Protection], None]:
    """Have the trial come out like this, as far as files go."""

    def come_out(files: Protection) -> None:
        monkeypatch.setattr(doctor, "in_force", lambda: Confinement(files, HOLDS, HOLDS))

    come_out(HOLDS)
    return come_out


def test_all_is_well(play: Terminal, confined: Callable[[Protection], None]) -> None:
    told = play("doctor")
    assert told.code == 0
    for words in (sys.executable, "torch: 2.", "cores: ", "encoding: UTF-8", "files: It is kept"):
        assert words in " ".join(told.out.split())
    assert str(play.home.data) in told.out.replace("\n      ", "")
    assert "GB free" in told.out
    assert "✓ lab: starts, with torch 0 and 3 probes" in told.out


def test_the_trial_is_a_real_one(play: Terminal) -> None:
    facts = {fact["name"]: fact for fact in play("doctor", "--json").json["facts"]}
    said = facts["confinement: files"]["said"]
    assert said.startswith(("Code under test reads only", "Not in force: "))


def test_what_is_lacking_is_1(play: Terminal, confined: Callable[[Protection], None]) -> None:
    confined(OPEN)
    told = play("doctor", "--json")
    assert (told.code, told.json["state"]) == (1, "lacking")
    assert {"name": "confinement: files", "state": "lacking", "said": OPEN.sentence} in told.json[
        "facts"
    ]


@pytest.mark.usefixtures("confined")
def test_saves_that_cannot_be_written_are_3_and_the_rest_is_told(
    play: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    home = tmp_path / "file" / "home"
    monkeypatch.setenv("TUI_DEBUGGER_HOME", str(home))
    told = play("doctor", "--json")
    states = {fact["name"]: fact["state"] for fact in told.json["facts"]}
    assert (told.code, told.json["state"], states["saves"]) == (3, "broken", "broken")
    assert states["lab"] == "good"


@pytest.mark.usefixtures("confined")
def test_a_lab_that_does_not_start_is_3(play: Terminal) -> None:
    play.sandbox = Double(broken="The process that runs the code could not be started: no.")
    told = play("doctor")
    assert told.code == 3
    assert "✗ lab: The process that runs the code could not be started" in told.out


@pytest.mark.usefixtures("confined")
def test_it_says_whether_the_game_can_be_served(
    play: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(doctor, "PORT", port)
        told = play("doctor")
        assert f"✓ browser: Port {port} is in use; take another" in " ".join(told.out.split())
    assert f"✓ browser: `tui-debugger serve` can listen on port {port}" in play("doctor").out


@pytest.mark.usefixtures("confined")
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"TERM": "dumb"}, "! terminal: TERM is dumb"),
        (
            {"COLUMNS": "60", "LINES": "20"},
            "! terminal: xterm-256color, 256 colours, dark for all it says, 60 × 20",
        ),
        ({"LINES": "30", "NO_COLOR": "1"}, "no colours (NO_COLOR is set), dark for all it says"),
        ({"LINES": "30", "COLORFGBG": "0;15", "TERM": "linux"}, "16 colours, light by COLORFGBG"),
        ({"LINES": "30", "TERM": "linux"}, "! encoding: UTF-8; signs have stand-ins: v for U+2713"),
        ({"LANG": "C"}, "! encoding: ASCII; signs have stand-ins: V for U+221A"),
        ({"LINES": "30", "LANG": "C.UTF-8"}, "✓ encoding: UTF-8"),
    ],
)
def test_the_terminal_is_looked_at(
    play: Terminal,
    at_a_terminal: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    said: str,
) -> None:
    at_a_terminal()
    for name in ("COLORFGBG", "COLORTERM", "LC_ALL", "LC_CTYPE", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert said in " ".join(click.unstyle(play("doctor").out).split())
