"""What the environment is taken to say of the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui_debugger.terminal import facts
from tui_debugger.terminal.facts import Colours

ROOT = Path(__file__).parents[2]
UTF8 = {"LANG": "en_US.UTF-8"}


def printed(program: str, environ: dict[str, str]) -> str:
    """What a fresh interpreter prints in that environment."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("environ", "encoding"),
    [
        ({}, "utf-8"),  # nobody has said anything, as in a container
        ({"LANG": "C"}, "ascii"),
        ({"LANG": "POSIX"}, "ascii"),
        ({"LANG": "C.UTF-8"}, "utf-8"),
        (UTF8, "utf-8"),
        (UTF8 | {"LC_ALL": "C"}, "ascii"),
        (UTF8 | {"LC_CTYPE": "de_DE.ISO-8859-1@euro"}, "iso8859-1"),
        ({"LC_CTYPE": "UTF-8"}, "utf-8"),  # as macOS has it
        ({"LANG": "C", "PYTHONUTF8": "1"}, "utf-8"),
        ({"LANG": "C", "PYTHONIOENCODING": "utf-8"}, "utf-8"),
        ({"LANG": "xx_XX.NO-SUCH"}, "ascii"),
    ],
)
def test_the_locale_decides_on_the_encoding(environ: dict[str, str], encoding: str) -> None:
    assert facts.encoding("utf-8", environ) == encoding


@pytest.mark.parametrize(
    ("environ", "encoding"),
    [
        ({"LANG": "C"}, "ascii"),
        ({"LC_ALL": "C"}, "ascii"),
        ({"LANG": "C.UTF-8"}, "utf-8"),
        ({}, "utf-8"),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8"),
    ],
)
def test_what_python_makes_of_the_c_locale_is_seen_through(
    environ: dict[str, str], encoding: str
) -> None:
    told = "import sys; from tui_debugger.terminal import facts"
    told += "; print(facts.encoding(sys.stdout.encoding))"
    assert printed(told, environ) == encoding


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, Colours.ALL),
        ({"TERM": "xterm-256color"}, Colours.MANY),
        ({"TERM": "screen-256color"}, Colours.MANY),
        ({"TERM": "xterm-direct"}, Colours.ALL),
        ({"TERM": "dumb"}, Colours.NONE),
        ({}, Colours.NONE),
        ({"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "256"}, Colours.MANY),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, Colours.NONE),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, Colours.MANY),
    ],
)
def test_how_many_colours_there_are(environ: dict[str, str], colours: Colours) -> None:
    assert facts.colours(environ) is colours


@pytest.mark.parametrize(
    ("term", "colours"),
    [("xterm", "standard"), ("linux", "standard"), ("vt220", "none"), ("nobodys", "standard")],
)
def test_the_system_is_asked_for_the_others(term: str, colours: str) -> None:
    told = "from tui_debugger.terminal import facts; print(facts.colours())"
    assert printed(told, {"TERM": term}) == colours


@pytest.mark.parametrize(
    ("said", "dark"),
    [
        ("15;0", True),
        ("0;default;15", False),
        ("0;7", False),
        ("7;8", True),
        ("", None),
        ("0;default", None),
    ],
)
def test_colorfgbg_tells_dark_from_light(said: str, dark: bool | None) -> None:
    assert facts.dark_by_colorfgbg({"COLORFGBG": said}) is dark


def test_what_the_terminal_says_counts_for_more_than_the_environment() -> None:
    light = {"COLORFGBG": "0;15", "TERM": "xterm", **UTF8}
    assert facts.known("utf-8", Colours.ALL, environ=light).dark is False
    assert facts.known("utf-8", Colours.ALL, True, environ=light).dark is True
    assert facts.known("utf-8", Colours.ALL, environ={"TERM": "xterm"}).dark is True


def test_the_console_of_linux_has_fewer_glyphs_than_its_encoding() -> None:
    assert facts.glyphs("utf-8", {"TERM": "linux"}) == "cp437"
    assert facts.glyphs("ascii", {"TERM": "linux"}) == "ascii"
    assert facts.glyphs("utf-8", {"TERM": "xterm"}) == "utf-8"
