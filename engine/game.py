"""The one face that both front ends call: open, probe, submit, hint, reset."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from engine import claims, scratch
from engine.catalog import Catalog
from engine.errors import GameError, LedgerError, UnknownLevel, UnknownProbe
from engine.evidence import Evidence, Fault, ProbeInfo, Status
from engine.hints import Kind, Rung, ladder
from engine.home import Home
from engine.judging import Listener, mended, verdict_on
from engine.ledger import (
    Claimed,
    Deed,
    Edited,
    Entry,
    HintTaken,
    Ledger,
    Line,
    Opened,
    Probed,
    Submitted,
    WasReset,
)
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
from engine.scoring import Progress, State, progress
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
    def bonus(self) -> int:
        """Points of those that a right claim brought."""
        return self.after.bonus - self.before.bonus

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

    @property
    def notices(self) -> tuple[str, ...]:
        """What was found damaged, a sentence each. Raises BadLevel."""
        return tuple(said for said in (self.ledger.notice, self.catalog.notice) if said)

    @property
    def untouched(self) -> bool:
        """Whether the player has not done anything yet but look."""
        deeds = (entry.deed for entry in self.ledger.entries())
        return all(isinstance(deed, Opened) and not deed.started for deed in deeds)

    def standings(self, levels: Sequence[Level]) -> dict[str, Progress]:
        """The player's standing in each of ``levels``, by id."""
        entries: dict[str, list[Entry]] = {}
        for entry in self.ledger.entries():
            entries.setdefault(entry.level, []).append(entry)
        return {level.id: progress(level, entries.get(level.id, ())) for level in levels}

    def progress(self, level: Level) -> Progress:
        """The player's standing in ``level``."""
        return progress(level, self.ledger.entries(level.id))

    def latest(self) -> Level | None:
        """The level that the player last did something in."""
        for id in dict.fromkeys(entry.level for entry in reversed(self.ledger.entries())):
            with contextlib.suppress(UnknownLevel):
                return self.catalog.find(id)
        return None

    def following(self, level: Level) -> Level | None:
        """The next level that is still to be solved, from ``level`` on and round to the first."""
        others = [other for other in self.levels if other.id != level.id]
        others.sort(key=lambda other: (other.number < level.number, other.number))
        standings = self.standings(others)
        unsolved = (State.NEW, State.STARTED)
        return next((o for o in others if standings[o.id].state in unsolved), None)

    def workspace(self, level: Level, root: Path | None = None) -> Workspace:
        """The player's copy of ``level``: in their home, or in ``root``."""
        return Workspace(root or self.home.workspace(level.id), level.start)

    def open(self, level: Level) -> Workspace:
        """The workspace in the player's home, written where it is not there yet.

        What cannot be source is set aside, and the workspace's ``notice`` says so. That the level
        was opened is no loss where it cannot be recorded.
        """
        workspace = self.workspace(level)
        workspace.mend()
        with contextlib.suppress(LedgerError):
            self.ledger.append(level.id, Opened())
        return workspace

    def start(self, level: Level, root: Path | None = None, *, force: bool = False) -> Path | None:
        """Write the level's source; where edited work went. Raises EditedWork without force."""
        kept = self.workspace(level, root).create(force=force)
        self.ledger.append(level.id, Opened(started=True))
        return kept

    def edited(self, level: Level) -> None:
        """The player has changed the source: the first such deed counts as a start."""
        if self.progress(level).state is State.NEW:
            self.ledger.append(level.id, Edited())

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

    def claim(
        self,
        level: Level,
        lines: Sequence[tuple[str, int]],
        category: str,
        probe: str,
        root: Path | None = None,
    ) -> Claimed:
        """Claim that these lines (file, and line from 1) of the work as it is saved are wrong.

        Raises GameError when no claim can be made, or not this one; WorkspaceError.
        """
        entries = self.ledger.entries(level.id)
        known = claims.categories(self.levels)
        workspace = self.workspace(level, root)
        why = claims.refusal(level, entries)
        if not why and not 0 < len(lines) <= claims.MOST_LINES:
            why = f"A claim names one to {claims.MOST_LINES} lines."
        if not why and category not in known:
            why = f"There is no category {category!r}; there are: {', '.join(known)}."
        if not why and probe not in (seen := claims.fired(entries)):
            why = f"{probe} has not fired here; these have: {', '.join(seen)}."
        if why:
            raise GameError(why)
        places = []
        for file, number in lines:
            if file not in level.start:
                raise GameError(f"{file} is none of the level's files.")
            text = workspace.read(file)
            if not 0 < number <= len(text.splitlines()):
                raise GameError(f"{file} has no line {number}.")
            places.append(Line(file, claims.start_line(level.start[file], text, number)))
        claim = Claimed(tuple(sorted(set(places))), category, probe)
        self.ledger.append(level.id, claim)
        return claim

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
        await self._record(level, Probed(fired, quiet, failed))
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
        number = await self._record(level, _submitted(level, verdict, fix))
        # Just before this entry and just after it: another game may have solved the level since.
        before, after = (
            progress(level, self.ledger.entries(level.id, before=limit))
            for limit in (number, number + 1)
        )
        return Submission(verdict, before, after, fix)

    async def close(self) -> None:
        """Stop the lab and let go of the ledger."""
        await self.sandbox.close()
        self.ledger.close()

    async def _record(self, level: Level, deed: Deed) -> int:
        """Append to the ledger without holding up the event loop: a disk may take its time."""
        return await asyncio.to_thread(self.ledger.append, level.id, deed)

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
    passed = {check.name for check in verdict.checks if check.passed}
    parts = mended(level, verdict.solved, passed)
    return Submitted(verdict.solved, parts, failed, verdict.reason, verdict.seed, fix)


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
