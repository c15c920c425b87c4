"""What the referee says of a submission. No torch in here."""

from __future__ import annotations

from msgspec import Struct

from engine.evidence import Fault


class Check(Struct, frozen=True):
    """One question of the exam, and whether the answer was right."""

    name: str
    """``component.what``, stable."""
    component: str
    """The part of the codebase that was asked, for example ``RMSNorm``."""
    passed: bool
    message: str
    """Passed: what was asked. Failed: which input, observed against expected; never the fix."""
    fault: Fault | None = None
    """Where the code raised, if it did."""


class Verdict(Struct, frozen=True):
    """The outcome of a submission, check by check."""

    solved: bool
    checks: tuple[Check, ...] = ()
    reason: str = ""
    """Why there is no full set of checks: the submission crashed, hung, flooded, …"""
    fault: Fault | None = None
    seed: int = 0
    """Of the exam's inputs; the same seed asks the same questions again."""
