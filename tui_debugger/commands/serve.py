"""``serve``: the game in a browser of this machine."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket

import click

from tui_debugger.commands.shared import MISUSE, QUIET, say

HOST, PORT = "127.0.0.1", 8000
WARNING = """\
Whoever opens the address below can run code on this machine as you: that is what the game does.
It is reached from this machine alone. Other users of the machine reach the port too; what keeps
them out is the long word in the address, so do not pass it on.
"""


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="The port to listen on; 0 takes one that is free.",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    default=HOST,
    show_default=True,
    help="An address of this machine that nobody else can reach; no other is taken.",
)
def serve(port: int, host: str) -> int:
    """Play in a browser: tells the address, and goes on until ctrl+c.

    Each page that is opened there is a game; all of them share your progress. Leaving a page ends
    its game, with everything saved.
    """
    if not _is_loopback(host):
        forward = port or PORT
        say(
            f"The game is not served on {host}: whoever could reach it would run code as you. "
            f"From another machine, `ssh -L {forward}:{HOST}:{forward}` to here brings it there."
        )
        return MISUSE
    try:
        listening = listen(host, port)
    except OSError as error:
        say(trouble(error, host, port))
        return MISUSE
    # The rest of the command line never waits for a web server to load.
    from tui_debugger.web.server import GameServer

    with listening:
        server = GameServer(listening)
        click.echo(WARNING, err=True)
        click.echo(server.address)
        click.echo("\nctrl+c ends it.", err=True)
        try:
            ended = asyncio.run(server.serve())
        except KeyboardInterrupt:
            ended = signal.SIGINT  # where a signal cannot be waited for
    say("Ended.")
    return QUIET if ended == signal.SIGINT else 128 + ended


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name may mean any address


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def trouble(error: OSError, host: str, port: int) -> str:
    """Why it could not be had, and the way out."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use; take another one with --port, or a free one with --port 0."
    return f"Port {port} of {host} cannot be had: {error.strerror}. Take another one with --port."


COMMANDS = (serve,)
