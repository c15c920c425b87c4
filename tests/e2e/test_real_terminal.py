"""The real game in real pseudo-terminals: one that answers, one of ASCII, one with a shell."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parents[2]
QUESTION = "\x1b]11;?"
LIGHT = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c"
SHELL = "ready> "
GAME = [sys.executable, "-m", "tui_debugger"]
SENT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[=>])")
Open = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Open]:
    """Opens one for a program, with a home of its own and these variables."""
    opened: list[pexpect.spawn[str]] = []
    (tmp_path / "settings.json").write_text('{"format": 1, "toured": true}', "utf-8")

    def make(*command: str, **environ: str) -> pexpect.spawn[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
        own = {"TUI_DEBUGGER_HOME": str(tmp_path), "TERM": "xterm-256color", "PS1": SHELL}
        opened.append(
            pexpect.spawn(
                command[0],
                list(command[1:]),
                cwd=str(ROOT),
                env={**inherited, **own, "COLORTERM": "truecolor", "LANG": "C.UTF-8", **environ},
                dimensions=(24, 80),
                timeout=120,
                encoding="utf-8",
            )
        )
        return opened[-1]

    yield make
    for terminal in opened:
        terminal.close(force=True)


def drawn(terminal: pexpect.spawn[str], seconds: float) -> str:
    """What arrives in that time."""
    heard, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        if terminal.expect([pexpect.TIMEOUT, r"(?s).+"], timeout=0.2):
            heard += terminal.after if isinstance(terminal.after, str) else ""
    return heard


def test_a_light_terminal_is_asked_once_and_followed(open_terminal: Open) -> None:
    game = open_terminal(*GAME)
    game.expect_exact(QUESTION)
    game.send(LIGHT)
    game.expect_exact("lab ready")
    assert "48;2;224;224;224" in str(game.before)  # the ground of textual-light
    assert QUESTION not in str(game.before)


def test_in_the_c_locale_only_ascii_is_sent(open_terminal: Open) -> None:
    game = open_terminal(*GAME, LANG="C")
    game.expect_exact("lab ready")
    game.send("\r")
    game.expect_exact("worth 100 of 100")
    sent = SENT.sub("", str(game.before)) + SENT.sub("", drawn(game, 2))
    assert sent.isascii(), [character for character in sent if not character.isascii()]


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "vt220", "COLORTERM": ""}])
def test_without_colours_none_is_sent(open_terminal: Open, variables: dict[str, str]) -> None:
    game = open_terminal(*GAME, **variables)
    game.expect_exact("lab ready")
    styles = re.findall(r"\x1b\[([\d;]*)m", str(game.before))
    assert styles
    assert {code for style in styles for code in style.split(";")} <= {
        "", "0", "1", "2", "3", "4", "7", "9", "39", "49",
    }  # fmt: skip


def test_nothing_is_drawn_while_nothing_happens(open_terminal: Open) -> None:
    game = open_terminal(*GAME)
    game.expect_exact("lab ready")
    game.send("\r")
    game.expect_exact("worth 100 of 100")
    game.send("\x1b")  # into the code
    game.expect_exact("1:1")
    drawn(game, 5)
    assert drawn(game, 10) == ""


def test_it_stops_for_the_shell_and_goes_on_with_what_started_it(open_terminal: Open) -> None:
    shell = open_terminal("bash", "--norc", "--noprofile", "-i")
    shell.expect_exact(SHELL)
    # As make does: the shell waits for what waits for the game.
    shell.sendline(f"sh -c {shlex.quote(shlex.join(GAME) + '; true')}")
    shell.expect_exact("lab ready")
    shell.send("\x1c")
    shell.expect_exact("Stopped")
    shell.expect_exact(SHELL)
    shell.sendline("echo al''ive")
    shell.expect_exact("alive")
    shell.sendline("fg")
    shell.expect_exact("lab ready")
    shell.send("\x11")
    shell.expect_exact(SHELL)


def test_a_command_in_the_c_locale_has_stand_ins_on_the_terminal_alone(
    open_terminal: Open, tmp_path: Path
) -> None:
    shown = open_terminal(
        *GAME, "probe", "1", "attention.score_scale", "attention.causality", LANG="C"
    )
    shown.expect(pexpect.EOF)
    said = SENT.sub("", str(shown.before))
    assert "x attention.score_scale" in said
    assert "v attention.causality" in said
    assert said.isascii()
    kept = open_terminal(
        "sh", "-c", f"{shlex.join(GAME)} probe 1 attention.score_scale > {tmp_path}/kept", LANG="C"
    )
    kept.expect(pexpect.EOF)
    assert "✗ attention.score_scale" in (tmp_path / "kept").read_text("utf-8")
