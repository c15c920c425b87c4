"""``keys``: every command of the game's screens with its keys, as ``keys.toml`` has them."""

from __future__ import annotations

import click

from engine.home import Home
from tui_debugger.commands.shared import QUIET, say


@click.command()
def keys() -> int:
    """The keys of the game's screens, in the form in which they are changed.

    What is put into keys.toml, whose place is told, wins over the keys that the game came with.
    """
    # The rest of the command line never waits for the interface to load.
    import tui_debugger.app  # noqa: F401 - the commands are defined where they are carried out
    from tui_debugger.keys import KeyMap, toml_lines

    known = KeyMap(Home.find().settings.with_name("keys.toml"))
    area = ""
    for id, command in known.commands.items():
        if command.area != area:
            click.echo(nl=bool(area))
            area = command.area
        line = next(toml_lines({id: known.keys(id)})).rstrip()
        click.echo(f"{line:<40} # {command.tells}")
    for problem in known.problems:
        say(problem)
    say(f"Your own keys: {known.path}{'' if known.path.exists() else ', which you may write'}")
    return QUIET


COMMANDS = (keys,)
