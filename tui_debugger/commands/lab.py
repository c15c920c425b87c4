"""``probe`` and ``submit``: what runs the player's code."""

from __future__ import annotations

from pathlib import Path

import click

from engine.evidence import Evidence, Status
from engine.game import Game, ProbeRun, Submission
from engine.level import Level
from engine.sandbox.messages import Ended, Event, Outcome, Shown
from engine.scoring import State, total
from tui_debugger.commands import rendering
from tui_debugger.commands.shared import (
    NOT_SOLVED,
    QUIET,
    Maker,
    arguments,
    dir_option,
    json_option,
    level_argument,
    print_json,
    run,
    say,
)
from tui_debugger.commands.watching import Watch
from tui_debugger.plain import points


@click.command()
@level_argument
@click.argument("names", metavar="[NAME]...", nargs=-1)
@dir_option
@json_option
@click.pass_obj
def probe(
    make: Maker, level: str, names: tuple[str, ...], folder: Path | None, as_json: bool
) -> int:
    """Run the named probes on your work in LEVEL, or all of them.

    Ends with 0 when every probe is quiet, and with 1 when one fires or the code fails.
    """

    async def use(game: Game) -> ProbeRun:
        found = game.catalog.find(level)
        with Watch(show_evidence=not as_json) as watch:
            return await game.probe(found, names or None, root=folder, on_event=watch)

    done = run(make, use)
    if as_json:
        print_json({"probes": [_probe(e) for e in done.evidence], "ended": _ended(done)})
    else:
        click.echo(rendering.probe_run(done))
    silent = all(e.status in (Status.QUIET, Status.SKIPPED) for e in done.evidence)
    return QUIET if silent and done.ended.outcome is Outcome.DONE else NOT_SOLVED


def _probe(evidence: Evidence) -> dict[str, object]:
    return {
        "name": evidence.probe,
        "area": evidence.area,
        "status": evidence.status,
        "finding": evidence.finding,
        "measurements": evidence.measurements,
        "figure": evidence.figure,
        "fault": evidence.fault,
        "seconds": evidence.seconds,
    }


def _ended(done: ProbeRun) -> dict[str, object]:
    return {"outcome": done.ended.outcome, "sentence": done.ended.sentence}


@click.command()
@level_argument
@dir_option
@json_option
@click.pass_obj
def submit(make: Maker, level: str, folder: Path | None, as_json: bool) -> int:
    """Have your work in LEVEL judged, and record the outcome.

    Ends with 0 when the level is solved, and with 1 when it is not.
    """

    async def use(game: Game) -> tuple[Level, Submission, str]:
        found = game.catalog.find(level)
        with Watch(show_evidence=False) as watch:
            done = await game.submit(found, root=folder, on_event=watch)
        return found, done, _outlook(game, found, done, folder)

    found, done, outlook = run(make, use)
    if as_json:
        print_json(_submission(done))
    else:
        click.echo(rendering.verdict(done.verdict))
        click.echo(rendering.gain(found, done))
        click.echo(outlook)
    return QUIET if done.verdict.solved else NOT_SOLVED


def _submission(done: Submission) -> dict[str, object]:
    return {
        "solved": done.verdict.solved,
        "award": done.after.award,
        "gained": done.gained,
        "mended": done.after.mended,
        "newly_mended": done.newly_mended,
        "reason": "" if done.verdict.solved else rendering.reason(done.verdict),
        "fault": done.verdict.fault,
        "checks": done.verdict.checks,
    }


def _outlook(game: Game, level: Level, done: Submission, folder: Path | None) -> str:
    """The score, and what to do next."""
    if not done.verdict.solved:
        return f"Next: tui-debugger probe {arguments(level, folder)}"
    score = points(total([game.progress(other) for other in game.levels]))

    def turn(other: Level) -> tuple[bool, bool, int]:
        """All bugs at once is for last."""
        return len(other.parts) > 1, other.number <= level.number, other.number

    for other in sorted(game.levels, key=turn):
        if game.progress(other).state is not State.SOLVED:
            return f"{score} in all. Next: tui-debugger start {other.number} ({other.title})"
    return f"{score} in all, and every level is solved."


@click.command()
@level_argument
@dir_option
@json_option
@click.pass_obj
def scratch(make: Maker, level: str, folder: Path | None, as_json: bool) -> int:
    """Run a probe of your own on your work in LEVEL: the file scratch.py beside it.

    The first run writes one that says what is at hand. It is never judged.
    """
    shown: list[Shown] = []

    async def use(game: Game) -> Ended:
        found = game.catalog.find(level)
        workspace = game.workspace(found, folder)
        with Watch(show_evidence=not as_json) as watch:

            def listen(event: Event) -> None:
                if isinstance(event, Shown):
                    shown.append(event)
                watch(event)

            ended = await game.run_scratch(found, root=folder, on_event=listen)
        say(f"Edit {workspace.ensure_scratch()} and run it again.")
        return ended

    ended = run(make, use)
    if as_json:
        print_json(
            {
                "shown": [
                    {"name": s.name, "line": s.line, "text": s.text, "figure": s.figure}
                    for s in shown
                ],
                "ended": {"outcome": ended.outcome, "sentence": ended.sentence},
                "fault": ended.fault,
            }
        )
    elif ended.sentence:
        say(ended.sentence)
    return QUIET if ended.outcome is Outcome.DONE else NOT_SOLVED


COMMANDS = (probe, submit, scratch)
