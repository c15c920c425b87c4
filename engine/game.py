"""The one face that both front ends call: open, probe, submit, hint, reset."""

from __future__ import annotations

import contextlib
import difflib
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from engine import scratch
from engine.catalog import Catalog
from engine.errors import GameError, UnknownProbe
from engine.evidence import Evidence, Fault, ProbeInfo, Status
from engine.hints import Kind, Rung, ladder
from engine.home import Home
from engine.judging import Listener, verdict_on
from engine.ledger import Entry, HintTaken, Ledger, Opened, Probed, Submitted, WasReset
from engine.level import Level, unified_diff
from engine.sandbox.client import Sandbox
from engine.sandbox.messages import (
    Ended,
    Event,
    Found,
    Limits,
    Outcome,
    Probe,
    ProbeStarted,
    Scratch,
)
from engine.sandbox.runner import Runner, ignore
from engine.scoring import Progress, progress
from engine.verdict import Verdict
from engine.workspace import Workspace

PROBE_LIMITS = Limits(seconds=60.0)
"""Training probes take seconds; a hang is over in a minute, or when the player cancels."""


class ProbeRun(Struct, frozen=True):
    """A run of probes: what each yielded, and how the run ended."""

    evidence: tuple[Evidence, ...]
    ended: Ended


class Submission(Struct, frozen=True):
    """A judged submission and what it brought."""

    verdict: Verdict
    before: Progress
    after: Progress
    fix: str
    """What was submitted, as a unified diff against the level's start."""

    @property
    def gained(self) -> int:
        """Points won by this submission."""
        return self.after.award - self.before.award

    @property
    def newly_mended(self) -> tuple[str, ...]:
        """Ids of the parts mended for the first time."""
        return tuple(id for id in self.after.mended if id not in self.before.mended)


class Game:
    """Levels, workspaces, the lab and the score, for one player on one machine."""

    def __init__(
        self,
        home: Home | None = None,
        catalog: Catalog | None = None,
        sandbox: Runner | None = None,
    ) -> None:
        self.home = home or Home.find()
        self.catalog = catalog or Catalog()
        self.sandbox: Runner = sandbox or Sandbox()
        self.ledger = Ledger(self.home.ledger)

    @property
    def levels(self) -> tuple[Level, ...]:
        """All levels, in order."""
        return self.catalog.levels

    def progress(self, level: Level) -> Progress:
        """The player's standing in ``level``."""
        return progress(level, self.ledger.entries(level.id))

    def latest(self) -> Level | None:
        """The level that the player last did something in."""
        known = {level.id: level for level in self.levels}
        for entry in reversed(self.ledger.entries()):
            if entry.level in known:
                return known[entry.level]
        return None

    def workspace(self, level: Level, root: Path | None = None) -> Workspace:
        """The player's copy of ``level``: in their home, or in ``root``."""
        return Workspace(root or self.home.workspace(level.id), level.start)

    def open(self, level: Level) -> Workspace:
        """The workspace in the player's home, written where it is not there yet."""
        workspace = self.workspace(level)
        workspace.ensure()
        self.ledger.append(level.id, Opened())
        return workspace

    def start(self, level: Level, root: Path | None = None, *, force: bool = False) -> Path | None:
        """Write the level's source; where edited work went. Raises EditedWork without force."""
        kept = self.workspace(level, root).create(force=force)
        self.ledger.append(level.id, Opened())
        return kept

    def reset(self, level: Level, root: Path | None = None) -> Path | None:
        """Back to the start; the folder that keeps the old work, if there was any.

        Raises WorkspaceError when ``root`` holds no workspace.
        """
        workspace = self.workspace(level, root)
        if root is not None:
            workspace.require()
        kept = workspace.reset()
        self.ledger.append(level.id, WasReset(str(kept) if kept else None))
        return kept

    def hints(self, level: Level) -> tuple[tuple[Rung, bool], ...]:
        """The ladder of hints, each rung with whether it may be read."""
        standing = self.progress(level)
        return tuple(
            (rung, position < standing.hints) for position, rung in enumerate(ladder(level))
        )

    def next_hint(self, level: Level) -> Rung | None:
        """The rung that would be taken next; None when all are."""
        return next((rung for rung, taken in self.hints(level) if not taken), None)

    def take_hint(self, level: Level) -> Rung:
        """Take the next rung. Raises GameError when there is none left."""
        rung = self.next_hint(level)
        if rung is None:
            raise GameError("Every hint of this level is taken, the answer too.")
        self.ledger.append(level.id, self._taking(level, rung))
        return rung

    def after_hint(self, level: Level) -> Progress:
        """What the standing would be with the next rung taken; as it is when none is left."""
        entries = self.ledger.entries(level.id)
        rung = self.next_hint(level)
        if rung is not None:
            taken = Entry(datetime.now(UTC), level.id, self._taking(level, rung))
            entries = (*entries, taken)
        return progress(level, entries)

    async def catalogue(self) -> tuple[ProbeInfo, ...]:
        """Every probe there is; waits until torch is loaded."""
        return (await self.sandbox.ready()).catalogue

    async def probe(
        self,
        level: Level,
        names: Sequence[str] | None = None,
        *,
        root: Path | None = None,
        on_event: Listener = ignore,
    ) -> ProbeRun:
        """Run probes on the saved work. Raises UnknownProbe, WorkspaceError, SandboxError."""
        found: dict[str, Evidence] = {}
        running = ""

        def listen(event: Event) -> None:
            nonlocal running
            if isinstance(event, Found):
                found[event.evidence.probe] = event.evidence
            elif isinstance(event, ProbeStarted):
                running = event.probe
            on_event(event)

        with _bench() as folder:
            copy = self._snapshot(level, root, folder)
            known = {info.name: info for info in await self.catalogue()}
            wanted = tuple(known) if names is None else tuple(dict.fromkeys(names))
            for name in wanted:
                if name not in known:
                    raise UnknownProbe(_no_such_probe(name, known))
            ended = await self.sandbox.run(Probe(str(copy), wanted), PROBE_LIMITS, listen)
        evidence = tuple(
            found.get(name) or _unfinished(known[name], ended, name == running) for name in wanted
        )
        fired = tuple(e.probe for e in evidence if e.status is Status.FIRES)
        quiet = sum(e.status is Status.QUIET for e in evidence)
        failed = sum(e.status is Status.FAILED for e in evidence)
        self.ledger.append(level.id, Probed(fired, quiet, failed))
        return ProbeRun(evidence, ended)

    async def run_scratch(
        self, level: Level, *, root: Path | None = None, on_event: Listener = ignore
    ) -> Ended:
        """Run the player's own probe on the saved work; what it shows comes as Shown events.

        Raises WorkspaceError, SandboxError. An error of the player's own is told by the end.
        """
        workspace = self.workspace(level, root)
        with _bench() as folder:
            copy = self._snapshot(level, root, folder)
            workspace.ensure_scratch()
            (copy / scratch.FILE).write_text(workspace.read(scratch.FILE), "utf-8")
            return await self.sandbox.run(Scratch(str(copy)), PROBE_LIMITS, on_event)

    async def submit(
        self, level: Level, *, root: Path | None = None, on_event: Listener = ignore
    ) -> Submission:
        """Judge the saved work and record the outcome. Raises WorkspaceError, SandboxError."""
        seed = secrets.randbits(31)
        with _bench() as folder:
            copy = self._snapshot(level, root, folder)
            fix = unified_diff(level.start, _sources(copy))
            verdict = await verdict_on(self.sandbox, copy, seed, folder, on_event)
        before = self.progress(level)
        self.ledger.append(level.id, _submitted(level, verdict, fix))
        return Submission(verdict, before, self.progress(level), fix)

    async def close(self) -> None:
        """Stop the lab and let go of the ledger."""
        await self.sandbox.close()
        self.ledger.close()

    def _taking(self, level: Level, rung: Rung) -> HintTaken:
        return HintTaken(self.progress(level).hints, rung.cost, rung.kind is Kind.ANSWER)

    def _snapshot(self, level: Level, root: Path | None, folder: Path) -> Path:
        workspace = self.workspace(level, root)
        if root is None:
            workspace.ensure()
        copy = folder / "source"
        workspace.snapshot(copy)
        return copy


@contextlib.contextmanager
def _bench() -> Iterator[Path]:
    """A folder for one run; what the code under test did to it does not matter afterwards."""
    with tempfile.TemporaryDirectory(prefix="tui-debugger-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _submitted(level: Level, verdict: Verdict, fix: str) -> Submitted:
    failed = tuple(check.name for check in verdict.checks if not check.passed)
    mended: tuple[str, ...] = ()
    if verdict.solved:
        mended = tuple(part.id for part in level.parts)
    elif len(level.parts) > 1:
        passed = {check.name for check in verdict.checks if check.passed}
        mended = tuple(p.id for p in level.parts if passed.issuperset(p.contract.decides))
    return Submitted(verdict.solved, mended, failed, verdict.reason, verdict.seed, fix)


def _sources(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8", errors="replace")
        for path in sorted(root.rglob("*.py"))
    }


def _unfinished(info: ProbeInfo, ended: Ended, running: bool) -> Evidence:
    """What to say of a probe that yielded nothing, whether or not its turn had come."""
    said = ended.sentence or "The run ended before its turn."
    if not running:
        return Evidence(info.name, info.area, Status.SKIPPED, f"Not reached. {said}")
    if ended.outcome in (Outcome.DONE, Outcome.CANCELLED, Outcome.LOST):
        return Evidence(info.name, info.area, Status.SKIPPED, f"Not finished. {said}")
    return Evidence(
        info.name, info.area, Status.FAILED, said, fault=ended.fault or Fault(said.rstrip("."))
    )


def _no_such_probe(name: str, known: dict[str, ProbeInfo]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    guess = f" Did you mean {close[0]}?" if close else ""
    return f"There is no probe {name!r}.{guess} `tui-debugger probe LEVEL` runs them all."
