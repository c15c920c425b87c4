"""Asking a style, or any source, all there is to ask, in the test's own process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.catalog import Catalog
from engine.diagnose.lessons import Lessons
from engine.diagnose.report import Report, report
from engine.evidence import Evidence
from engine.guide import load
from engine.lab.diagnosis import adapters
from engine.lab.probes import examine
from engine.lab.probes.catalogue import PROBES
from engine.lab.probes.context import Context
from engine.lab.subjects import Subject

STYLES = {path.stem: path for path in sorted(Path(__file__).with_name("styles").glob("*.py"))}
BY_NAME = {probe.info.name: probe for probe in PROBES}
FAST = tuple(name for name, probe in BY_NAME.items() if not probe.info.slow)
CATALOG = Catalog()
LESSONS = Lessons.find(CATALOG, load(CATALOG.content))


def functions(source: str, folder: Path, rope: str | None = None) -> Subject:
    """The functions that ``source`` defines, as a file in ``folder``."""
    file = folder / "adapters.py"
    file.write_text(source, "utf-8")
    return adapters(folder, file, rope)


def evidence(subject: Subject, names: Iterable[str] = FAST, seed: int = 0) -> list[Evidence]:
    return [examine(BY_NAME[name], subject, Context.seeded(name, seed)) for name in names]


def told(subject: Subject, names: Iterable[str] = FAST, seed: int = 0) -> Report:
    return report("it", evidence(subject, names, seed), LESSONS)


def wrong(found: Report) -> dict[str, str]:
    return {finding.probe: finding.finding for finding in found.findings}
