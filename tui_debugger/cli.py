"""The command line: opens the game, or plays it without the screen."""

from __future__ import annotations

import importlib
import io
import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from engine.errors import BadLevel, GameError, LedgerError, SandboxError
from engine.game import Game
from engine.home import Home
from tui_debugger.commands.shared import BROKEN, MISUSE, QUIET, Maker, say
from tui_debugger.opening import suited
from tui_debugger.plain import one_line
from tui_debugger.terminal import facts, signs
from tui_debugger.terminal.facts import Colours

if TYPE_CHECKING:
    from tui_debugger.app import DebuggerApp

NAME = "tui-debugger"
INTERRUPTED, PIPE_CLOSED = 130, 141
"""What a shell reports of a program that SIGINT, or SIGPIPE, has ended."""
COMMANDS = {
    "list": "levels",
    "start": "levels",
    "reset": "levels",
    "hint": "levels",
    "probe": "lab",
    "submit": "lab",
    "scratch": "lab",
    "watch": "watch",
    "claim": "claim",
    "keys": "keys",
    "score": "scores",
    "export": "scores",
    "leaderboard": "scores",
    "verify": "verify",
    "import": "moving",
    "diagnose": "diagnose",
    "serve": "serve",
    "doctor": "doctor",
    "dev": "dev",
}
"""Each command and the module of ``tui_debugger.commands`` that has it."""


def main(arguments: Sequence[str] | None = None, make: Maker = Game) -> NoReturn:
    """Do what the arguments say, the program's own by default, and exit.

    ``make`` makes the game. Errors are one sentence on standard error.
    """
    signs.register()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without √ is no reason to fail. What goes into a file stays as it is.
            encoding = facts.encoding(stream.encoding) if stream.isatty() else stream.encoding
            name = signs.ASCII if encoding == "ascii" else encoding
            stream.reconfigure(encoding=name, errors=signs.SIGNS)
    sys.exit(_exit_code(arguments, make))


def _exit_code(arguments: Sequence[str] | None, make: Maker) -> int:
    try:
        return tui_debugger.main(arguments, NAME, standalone_mode=False, obj=make) or QUIET
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return MISUSE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else NAME
        say(f"{error.format_message().rstrip('.')} (see `{path} --help`)")
        return MISUSE
    except click.ClickException as error:
        say(error.format_message())
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except (BadLevel, LedgerError, SandboxError) as error:
        return _broken(str(error), error)
    except GameError as error:
        say(str(error))
        return MISUSE
    except Exception as error:  # noqa: BLE001 - never a traceback on the terminal
        return _broken(f"This is a fault of the game's own, {type(error).__name__}: {error}", error)


def _broken(sentence: str, error: Exception) -> int:
    """Say that the game itself failed, and leave the traceback where it can be found."""
    log = _log(error)
    say(f"{one_line(sentence).rstrip('.')} (see {log})." if log else sentence)
    return BROKEN


def _log(error: Exception) -> Path | None:
    """The file that now holds the traceback; None when even that cannot be written."""
    try:
        path = Home.find().logs / "errors.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="replace") as stream:
            stream.write(f"{datetime.now().astimezone().isoformat()} {sys.argv[1:]}\n")
            stream.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return path


class Commands(click.Group):
    """Commands that are loaded when they are called, and for which a closed pipe is no failure."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Their names."""
        return sorted(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name; None when there is none."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"tui_debugger.commands.{COMMANDS[name]}")
        there: Iterable[click.Command] = module.COMMANDS
        return next(command for command in there if command.name == name)

    def invoke(self, context: click.Context) -> object:
        """Run the command; it returns its exit code."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            # What is still buffered must not fail again when the interpreter exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return PIPE_CLOSED


@click.group(cls=Commands, invoke_without_command=True, context_settings={"max_content_width": 96})
@click.version_option(package_name=NAME, message="%(prog)s %(version)s")
@click.pass_context
def tui_debugger(context: click.Context) -> int:
    """Learn to debug a transformer by debugging one.

    Without a command, opens the game where you left off. The commands play the same game with
    your own editor: start a level, probe it, mend the source, submit. LEVEL is a number or an id.
    """
    if facts.colours() is Colours.NONE:
        context.color = False
    return QUIET if context.invoked_subcommand else _play(context.obj)


def _interface() -> type[DebuggerApp]:
    # The rest of the command line never waits for it to load.
    from tui_debugger.app import DebuggerApp

    return DebuggerApp


def _play(make: Maker) -> int:
    in_page = "TEXTUAL_DRIVER" in os.environ
    if not in_page and not (sys.stdin.isatty() and sys.stdout.isatty()):
        say("The game needs a terminal; `tui-debugger --help` lists what works without one.")
        return MISUSE
    game = make()  # what it has to say of itself, the interface says
    try:
        app_class, terminal = suited(_interface)
        app = app_class(game, game.latest(), terminal)
        app.run()
        return BROKEN if app.return_code else QUIET
    finally:
        game.ledger.close()
