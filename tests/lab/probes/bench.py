"""Putting a source on disk and probing it, in the test's own process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch

from engine.catalog import Catalog
from engine.evidence import Evidence, Status
from engine.lab.codebase import Codebase
from engine.lab.probes import examine
from engine.lab.probes.catalogue import PROBES
from engine.lab.probes.context import MEDIUM, Context, Size
from engine.lab.subjects import CodebaseSubject, Subject
from engine.level import Edit, apply_edits
from tests.sources import write

CATALOG = Catalog()
BY_NAME = {probe.info.name: probe for probe in PROBES}
FAST = tuple(name for name, probe in BY_NAME.items() if not probe.info.slow)


def subject_of(root: Path, edits: Iterable[Edit] = ()) -> Subject:
    """The clean codebase with these edits, written to ``root`` and live."""
    return CodebaseSubject(Codebase(write(root, apply_edits(CATALOG.codebase, edits))))


def evidence(
    subject: Subject,
    name: str,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    size: Size = MEDIUM,
) -> Evidence:
    return examine(BY_NAME[name], subject, Context.seeded(name, seed, dtype, size))


def not_quiet(
    subject: Subject,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    size: Size = MEDIUM,
    names: Iterable[str] = FAST,
) -> dict[str, str]:
    """The findings of the probes that are not quiet, by name."""
    found = [evidence(subject, name, seed, dtype, size) for name in names]
    return {e.probe: e.finding for e in found if e.status is not Status.QUIET}
