"""``diagnose``: the probes on somebody's own transformer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.diagnose import run, target
from engine.diagnose.interpreter import server
from engine.diagnose.junit import junit
from engine.diagnose.page import page
from engine.diagnose.report import Report
from engine.errors import WorkspaceError
from engine.evidence import Status
from engine.sandbox.client import Sandbox
from engine.sandbox.messages import Event, Found
from engine.workspace import write_atomically
from tui_debugger.commands import findings
from tui_debugger.commands.shared import (
    BROKEN,
    MISUSE,
    NOT_SOLVED,
    QUIET,
    Maker,
    json_option,
    opened,
    print_json,
    say,
    see_through,
)
from tui_debugger.commands.watching import Watch
from tui_debugger.opening import suited

if TYPE_CHECKING:
    from tui_debugger.bench import BenchApp

_file = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("names", metavar="[PROBE]...", nargs=-1)
@json_option
@click.option("--junit", "junit_file", metavar="FILE", type=_file, help="Write JUnit XML, for CI.")
@click.option("--html", "html_file", metavar="FILE", type=_file, help="Write one HTML page.")
@click.option(
    "--rope",
    type=click.Choice(["neighbours", "half"]),
    help="Which features your rotary embedding turns together: 2i and 2i + 1, or i and i + d/2.",
)
@click.option(
    "--python",
    metavar="PYTHON",
    default=sys.executable,
    help="The interpreter of your transformer's own environment, which needs torch and msgspec.",
)
@click.option("--seed", default=0, show_default=True, help="Of the inputs that are tried.")
@click.option("--open", "opens", is_flag=True, help="Open the probes on it in the terminal.")
@click.pass_obj
def diagnose(
    make: Maker,
    path: Path,
    names: tuple[str, ...],
    as_json: bool,
    junit_file: Path | None,
    html_file: Path | None,
    rope: str | None,
    python: str,
    seed: int,
    opens: bool,
) -> int:
    """Run the probes on your own transformer in PATH.

    PATH is a repository, or a file with the adapter functions of Stanford's CS336, assignment 1
    (run_rmsnorm, run_rope, …; any of them), or one that binds a torch.nn.Module. Nothing is written
    there. Ends with 0 when every probe is quiet, and with 1 when one fires or the code fails.

    With --open, the game's run panel opens on it: figures, filter, and again at every save.
    """
    if opens and (as_json or junit_file or html_file):
        raise click.UsageError("--open shows what --json, --junit and --html would write")
    found = target.find(path)
    if opens:
        return _open(make, found, names, rope, python, seed)

    async def whole(command: Sequence[str] | None) -> Report:
        sandbox = Sandbox(command=command)
        try:
            with Watch(show_evidence=False) as watch:

                def listen(event: Event) -> None:
                    watch(event)
                    if isinstance(event, Found) and event.evidence.status in _WRONG:
                        watch.note(f"✗ {event.evidence.probe}  {event.evidence.finding}")

                return await run.diagnose(
                    found,
                    sandbox,
                    names=names or None,
                    seed=seed,
                    rope=rope,
                    on_event=listen,
                )
        finally:
            await sandbox.close()

    with server(python) as command:
        report = see_through(whole(command))
    for sentence in report.damage:
        say(sentence)
    if as_json:
        print_json({"findings": report.findings, "skipped": report.skipped})
    else:
        click.echo(findings.report(report))
    if junit_file is not None:
        _write(junit_file, junit(report))
    if html_file is not None:
        _write(html_file, page(report, datetime.now().astimezone()))
    return NOT_SOLVED if report.findings else QUIET


def _interface() -> type[BenchApp]:
    # The rest of the command line never waits for it to load.
    from tui_debugger.bench import BenchApp

    return BenchApp


def _open(
    make: Maker,
    found: target.Target,
    names: tuple[str, ...],
    rope: str | None,
    python: str,
    seed: int,
) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        say("--open needs a terminal; without it the report is written out.")
        return MISUSE
    with server(python) as command, opened(make) as game:
        app_class, terminal = suited(_interface)
        sandbox = Sandbox(command=command)
        app = app_class(game, found, sandbox, terminal, names=names or None, seed=seed, rope=rope)
        app.run()
        return BROKEN if app.return_code else QUIET


_WRONG = (Status.FIRES, Status.FAILED)


def _write(file: Path, text: str) -> None:
    try:
        write_atomically(file, text)
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be written: {error.strerror}.") from error


COMMANDS = (diagnose,)
