"""``doctor``: what this machine has of what the game depends on."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata

import click

from engine import doctor as facts
from engine.doctor import Fact, State
from engine.errors import GameError
from engine.home import Home
from engine.sandbox.confinement import in_force
from tui_debugger.commands.layout import wrapped
from tui_debugger.commands.serve import HOST, PORT, listen, trouble
from tui_debugger.commands.shared import (
    BROKEN,
    NOT_SOLVED,
    QUIET,
    Maker,
    json_option,
    print_json,
    say,
)
from tui_debugger.commands.shared import run as run_game
from tui_debugger.terminal import facts as terminal_facts
from tui_debugger.terminal.asking import asked
from tui_debugger.terminal.facts import Colours
from tui_debugger.terminal.signs import Glyphs

SIGNS = {
    State.GOOD: ("✓", "green"),
    State.LACKING: ("!", "yellow"),
    State.BROKEN: ("✗", "red"),
}
CODES = {State.GOOD: QUIET, State.LACKING: NOT_SOLVED, State.BROKEN: BROKEN}
SMALLEST = (80, 24)
"""Columns and lines in which everything has its place."""


@click.command()
@json_option
@click.pass_obj
def doctor(make: Maker, as_json: bool) -> int:
    """Look at what the game depends on, and at what confines the code under test.

    What protects is tried, not assumed: a process confined as a submission is tries to get out.
    Ends with 0 when all is well, with 1 when something is lacking, with 3 when the game cannot
    work.
    """
    found: list[Fact] = []
    for fact in _examined(make):
        found.append(fact)
        if not as_json:
            click.echo(_line(fact))
    worst = max((fact.state for fact in found), key=list(State).index)
    if as_json:
        print_json({"state": worst, "facts": found})
    return CODES[worst]


def _examined(make: Maker) -> Iterator[Fact]:
    yield from facts.machine()
    yield from _terminal()
    yield _browser()
    yield from facts.places(Home.find())
    say("Trying what confines the code under test, then starting the lab …")
    yield from facts.confinement(in_force())
    try:
        yield run_game(make, lambda game: facts.lab(game.sandbox))
    except GameError as error:
        yield Fact("game", State.BROKEN, str(error))


_COLOURS = {
    Colours.ALL: "16 million colours",
    Colours.MANY: "256 colours",
    Colours.FEW: "16 colours",
    Colours.NONE: "no colours",
}


def _terminal() -> Iterator[Fact]:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        yield Fact("terminal", State.GOOD, "none here: the commands work, the screen needs one")
    elif term in ("", "dumb"):
        said = f"TERM is {term or 'not set'}: the screen needs more, such as xterm-256color."
        yield Fact("terminal", State.LACKING, said)
    else:
        size = shutil.get_terminal_size()
        small = size.columns < SMALLEST[0] or size.lines < SMALLEST[1]
        why = " (NO_COLOR is set)" if terminal_facts.no_color() else ""
        colours = f"{_COLOURS[terminal_facts.colours()]}{why}"
        said = f"{term}, {colours}, {_ground()}, {size.columns} × {size.lines}"
        if small:
            said += f"; from {SMALLEST[0]} × {SMALLEST[1]} on everything has its place."
        yield Fact("terminal", State.LACKING if small else State.GOOD, said)
    encoding = terminal_facts.encoding(sys.stdout.encoding or "ascii")
    shown = Glyphs(terminal_facts.glyphs(encoding))
    lacking = [sign for sign in "√✓✗θ▀" if sign not in shown]
    if lacking:
        stand_ins = ", ".join(f"{shown.text(sign)} for U+{ord(sign):04X}" for sign in lacking)
        remedy = "" if encoding == "utf-8" else " LANG=C.UTF-8 says that the terminal has them."
        said = f"{encoding.upper()}; signs have stand-ins: {stand_ins}.{remedy}"
        yield Fact("encoding", State.LACKING, said)
    else:
        yield Fact("encoding", State.GOOD, encoding.upper())


def _browser() -> Fact:
    try:
        version = metadata.version("textual-serve")
        listen(HOST, PORT).close()
    except metadata.PackageNotFoundError:
        return Fact("browser", State.LACKING, "no textual-serve: `tui-debugger serve` needs it.")
    except OSError as error:
        state = State.GOOD if error.errno == errno.EADDRINUSE else State.LACKING
        return Fact("browser", state, trouble(error, HOST, PORT))
    said = f"`tui-debugger serve` can listen on port {PORT}, with textual-serve {version}"
    return Fact("browser", State.GOOD, said)


def _ground() -> str:
    """What the interface would follow."""
    with asked() as question:
        question.wait()
    if question.dark is not None:
        return f"{'dark' if question.dark else 'light'} by its own word"
    by_variable = terminal_facts.dark_by_colorfgbg()
    if by_variable is not None:
        return f"{'dark' if by_variable else 'light'} by COLORFGBG"
    return "dark for all it says"


def _line(fact: Fact) -> str:
    sign, colour = SIGNS[fact.state]
    said = wrapped(f"{fact.name}: {fact.said}", "    ", "      ")
    return f"  {click.style(sign, fg=colour, bold=True)} {said[4:]}"


COMMANDS = (doctor,)
