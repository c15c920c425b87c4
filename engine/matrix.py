"""The detection matrix: every probe on the clean codebase and on every level, as measured."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from engine.errors import SandboxError
from engine.evidence import ProbeInfo, Status
from engine.guide import Matrix, Row
from engine.level import Level, Source
from engine.sandbox.messages import Event, Found, Limits, Outcome, Probe
from engine.sandbox.runner import Runner

LIMITS = Limits(seconds=300.0)
SIGNS = "●", "◐", "·"
"""Fires on every seed, on some, on none."""

Counts = dict[str, dict[str, int]]
"""Id of a level, or ``clean`` -> probe -> seeds on which it fired."""


class Measured(Struct, frozen=True):
    """All counts, and what they are counts of."""

    catalogue: tuple[ProbeInfo, ...]
    levels: tuple[Level, ...]
    seeds: int
    counts: Counts

    def sign(self, subject: str, probe: str) -> str:
        """Whether ``probe`` fires on ``subject``, in one character."""
        times = self.counts[subject].get(probe, 0)
        always, sometimes, never = SIGNS
        return never if not times else always if times == self.seeds else sometimes

    def matrix(self) -> Matrix:
        """What the field guide shows of it."""
        rows = {level.id: self._row(level.id) for level in self.levels}
        return Matrix(1, rows, len(self.catalogue))

    def _row(self, subject: str) -> Row:
        signs = {info.name: self.sign(subject, info.name) for info in self.catalogue}
        always, sometimes, _ = SIGNS
        return Row(
            tuple(name for name, sign in signs.items() if sign == always),
            tuple(name for name, sign in signs.items() if sign == sometimes),
        )


async def measure(
    levels: Sequence[Level],
    sandbox: Runner,
    seeds: int,
    report: Callable[[str], None] = lambda line: None,
) -> Measured:
    """Run the whole catalogue on the clean codebase and on each of ``levels``, in the sandbox."""
    catalogue = (await sandbox.ready()).catalogue
    subjects = {"clean": levels[0].clean, **{level.id: level.start for level in levels}}
    counts: Counts = {}
    for subject, source in subjects.items():
        report(subject)
        counts[subject] = {}
        for seed in range(seeds):
            for probe in await _firing(source, sandbox, seed):
                counts[subject][probe] = counts[subject].get(probe, 0) + 1
    return Measured(catalogue, tuple(levels), seeds, counts)


async def _firing(source: Source, sandbox: Runner, seed: int) -> list[str]:
    """Names of the probes that fire."""
    found: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Found) and event.evidence.status is Status.FIRES:
            found.append(event.evidence.probe)

    with tempfile.TemporaryDirectory(prefix="tui-debugger-") as folder:
        for file, text in source.items():
            path = Path(folder, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        ended = await sandbox.run(Probe(folder, None, seed), LIMITS, listen)
    if ended.outcome is not Outcome.DONE:
        raise SandboxError(f"The matrix could not be measured. {ended.sentence}")
    return found


def document(measured: Measured) -> str:
    """The matrix as Markdown: a row for each probe, a column for each level."""
    always, sometimes, never = SIGNS
    heads = ["clean", *(str(level.number) for level in measured.levels)]
    subjects = ["clean", *(level.id for level in measured.levels)]
    lines = [
        "# The detection matrix",
        "",
        "Every probe, run on the clean codebase and on the source of every level. "
        "`tui-debugger dev matrix` measures it anew and writes this page.",
        "",
        "The page names what fires where. Read it after you have played, not before.",
        "",
        f"{always} fires on each of {measured.seeds} seeds, {sometimes} on some of them, "
        f"{never} on none.",
        "",
        f"| probe | question | {' | '.join(heads)} |",
        f"|---|---|{'|'.join(':-:' for _ in heads)}|",
    ]
    for info in measured.catalogue:
        signs = [measured.sign(subject, info.name) for subject in subjects]
        lines.append(f"| `{info.name}` | {info.question} | {' | '.join(signs)} |")
    totals = [len(measured.counts[subject]) for subject in subjects]
    lines.append(f"| | probes that fire | {' | '.join(map(str, totals))} |")
    return "\n".join([*lines, ""])
