"""One diagnosis: the catalogue on a target, in the sandbox, whatever the code does on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from engine.catalog import Catalog
from engine.diagnose.lessons import Lessons
from engine.diagnose.report import Report, report
from engine.diagnose.target import Target
from engine.errors import NothingToAsk, UnknownProbe
from engine.evidence import Evidence, Fault, ProbeInfo, Status
from engine.guide import load
from engine.sandbox.messages import Ended, Event, Found, Limits, Outcome, ProbeStarted
from engine.sandbox.runner import Runner, ignore

LIMITS = Limits(seconds=120.0)
"""Of one run; after one that is stopped, the probes that are left get another."""
_LEAD = "It ended with an error that nobody caught: "


async def diagnose(
    target: Target,
    sandbox: Runner,
    *,
    names: Collection[str] | None = None,
    seed: int = 0,
    rope: str | None = None,
    on_event: Callable[[Event], None] = ignore,
) -> Report:
    """What ``ask`` finds on ``target``, put in order. Raises what it raises."""
    began = time.monotonic()
    evidence = await ask(target, sandbox, names=names, seed=seed, rope=rope, on_event=on_event)
    catalog = Catalog()
    guide = load(catalog.content)
    return report(
        target.name,
        evidence,
        Lessons.find(catalog, guide),
        explain=not target.workspace,
        seconds=time.monotonic() - began,
        damage=guide.damage,
    )


async def ask(
    target: Target,
    sandbox: Runner,
    *,
    names: Collection[str] | None = None,
    seed: int = 0,
    rope: str | None = None,
    on_event: Callable[[Event], None] = ignore,
) -> tuple[Evidence, ...]:
    """The evidence of the named probes (None: all), in the order of the catalogue.

    A probe at which the code hangs, or takes its process with it, is a finding, and the run goes on
    with the next. Raises NothingToAsk when the code cannot be loaded, UnknownProbe, SandboxError.
    """
    known = {info.name: info for info in (await sandbox.ready()).catalogue}
    for name in names or ():
        if name not in known:
            raise UnknownProbe(f"There is no probe {name!r}; the game lists them under f12.")
    wanted = tuple(name for name in known if names is None or name in names)
    heard = _Heard(on_event)
    left = wanted
    while left:
        heard.running = None
        ended = await sandbox.run(target.task(left, seed, rope), LIMITS, heard)
        if ended.outcome is Outcome.DONE:
            break
        if heard.running is None:
            raise NothingToAsk(_unloadable(target, ended))
        if heard.running not in heard.found:
            heard.found[heard.running] = _stopped(known[heard.running], ended)
        left = tuple(name for name in left if name not in heard.found)
        if ended.outcome in (Outcome.CANCELLED, Outcome.LOST):
            heard.found |= {name: _unreached(known[name], ended) for name in left}
            break
    return tuple(heard.found[name] for name in wanted if name in heard.found)


class _Heard:
    """What a run has told so far."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self.found: dict[str, Evidence] = {}
        self.running: str | None = None
        """The probe whose turn came last."""
        self._pass_on = on_event

    def __call__(self, event: Event) -> None:
        """Take note of ``event``."""
        if isinstance(event, ProbeStarted):
            self.running = event.probe
        elif isinstance(event, Found):
            self.found[event.evidence.probe] = event.evidence
        self._pass_on(event)


def _unloadable(target: Target, ended: Ended) -> str:
    said = ended.sentence.removeprefix(_LEAD)
    if "ModuleNotFoundError" in said or "ImportError" in said:
        return (
            f"{target.name} cannot be loaded here: {said} If it has an environment of its own, "
            "name its interpreter with --python."
        )
    return f"{target.name} cannot be loaded: {said}"


def _stopped(info: ProbeInfo, ended: Ended) -> Evidence:
    fault = ended.fault or Fault(ended.sentence.rstrip("."))
    return Evidence(info.name, info.area, Status.FAILED, ended.sentence, fault=fault)


def _unreached(info: ProbeInfo, ended: Ended) -> Evidence:
    return Evidence(info.name, info.area, Status.SKIPPED, f"Not reached. {ended.sentence}".rstrip())
