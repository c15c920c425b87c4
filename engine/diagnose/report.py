"""What a diagnosis comes to: findings in the order in which to look at them, and the skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from engine.diagnose.components import ORDER, component, through
from engine.diagnose.lessons import Lesson, Lessons
from engine.diagnose.meanings import meaning
from engine.evidence import Evidence, Fault, Figure, Measurement, Status


class Finding(Struct, frozen=True):
    """A probe that fires, or that the code stops."""

    component: str
    """The part that it is about, as the course's adapters call it, without ``run_``."""
    probe: str
    finding: str
    measurements: tuple[Measurement, ...] = ()
    because: tuple[str, ...] = ()
    """Other parts at fault that would make this probe fire as well."""
    means: str = ""
    """What that usually comes from. Empty where nothing is known, or it would be a spoiler."""
    level: Lesson | None = None
    """Where to learn about it."""
    fault: Fault | None = None
    figure: Figure | None = None


class Skipped(Struct, frozen=True):
    """A probe that had nothing to ask."""

    component: str
    probe: str
    reason: str


class Report(Struct, frozen=True):
    """The outcome of a diagnosis."""

    subject: str
    """What was asked, as a person would call it."""
    findings: tuple[Finding, ...]
    """What others may follow from comes first."""
    skipped: tuple[Skipped, ...] = ()
    quiet: tuple[str, ...] = ()
    """Probes that found all well."""
    seconds: float = 0.0
    damage: tuple[str, ...] = ()
    """A sentence for each file of the game that cannot be read: what is missing here, and why."""

    @property
    def causes(self) -> tuple[Finding, ...]:
        """Findings that no other part explains."""
        return tuple(finding for finding in self.findings if not finding.because)

    @property
    def consequences(self) -> tuple[Finding, ...]:
        """Findings that another part at fault may explain."""
        return tuple(finding for finding in self.findings if finding.because)


def report(
    subject: str,
    evidence: Sequence[Evidence],
    lessons: Lessons,
    *,
    explain: bool = True,
    seconds: float = 0.0,
    damage: tuple[str, ...] = (),
) -> Report:
    """Put ``evidence`` in order; without ``explain`` nothing is told of what it usually means."""
    wrong = [e for e in evidence if e.status in (Status.FIRES, Status.FAILED)]
    faulty = _at_fault(wrong)
    names = [e.probe for e in wrong]
    findings = [
        Finding(
            component=component(e.probe, e.part),
            probe=e.probe,
            finding=e.finding,
            measurements=e.measurements,
            because=tuple(part for part in ORDER if part in faulty & through(e.probe, e.part)),
            means=meaning(e.probe) if explain and e.status is Status.FIRES else "",
            level=lessons.of(e.probe, names),
            fault=e.fault,
            figure=e.figure,
        )
        for e in wrong
    ]
    skipped = [e for e in evidence if e.status is Status.SKIPPED]
    return Report(
        subject,
        tuple(sorted(findings, key=_place)),
        tuple(Skipped(component(e.probe), e.probe, e.finding) for e in skipped),
        tuple(e.probe for e in evidence if e.status is Status.QUIET),
        seconds,
        damage,
    )


def _at_fault(wrong: Iterable[Evidence]) -> frozenset[str]:
    """The parts with a finding that no part below them explains."""
    found = [(component(e.probe, e.part), through(e.probe, e.part)) for e in wrong]
    blamed = {own for own, _ in found}
    return frozenset(own for own, below in found if not blamed & below)


def _place(finding: Finding) -> tuple[bool, int]:
    """Causes first; then from the parts that others are made of upwards."""
    return bool(finding.because), ORDER.index(finding.component)
