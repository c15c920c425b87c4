"""The run panel of somebody's own transformer: what fires, in the order in which to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from textual.content import Content

from engine.diagnose.lessons import Lessons
from engine.diagnose.report import Finding, Report, report
from tui_debugger.lab import Lab, Ready
from tui_debugger.notebook import Notebook
from tui_debugger.text import MUTED, one_line
from tui_debugger.widgets.probe_panel import ProbePanel

FOLLOWS = "What may follow from that"
SKIPPED = "Nothing to ask"


class BenchProbes(ProbePanel):
    """After each run, findings stand above all else: causes by their part, then the rest."""

    def __init__(
        self, subject: str, lessons: Lessons, *, explain: bool, id: str | None = None
    ) -> None:
        """``explain`` tells what a finding usually comes from."""
        super().__init__(Notebook(), "0", id=id)
        self.lessons = lessons
        self.explain = explain
        self.report = Report(subject, ())
        self.findings: dict[str, Finding] = {}
        self._order: dict[str, int] = {}
        """The place of each probe in the catalogue."""
        self._from: str | None = None
        """The probe that was highlighted when the run began."""

    def set_lab(self, lab: Lab) -> None:
        super().set_lab(lab)
        if isinstance(lab, Ready):
            self._order = {name: place for place, name in enumerate(self.probes.infos)}
            self.settle()  # a run may have been faster
            self._tell()

    def begin(self, revision: str) -> None:
        super().begin(revision)
        self._from = self.probes.current

    def settle(self) -> None:
        """Put everything in order, and go to the first finding unless the player went elsewhere."""
        stayed = self.probes.current in (self._from, None) or self._from is None
        self._arrange()
        if self.total > 1 and stayed and self.report.findings:
            self.show(self.report.findings[0].probe)

    def remarks(self, probe: str) -> tuple[Content, ...]:
        """What it usually means, what may be behind it, and where to learn about it."""
        finding = self.findings.get(probe)
        if finding is None:
            return ()
        said = []
        if finding.because:
            why = ", ".join(finding.because)
            said.append(Content(f"In {finding.component}, probably because of {why}."))
        if finding.means:
            said.append(Content(finding.means))
        if finding.level is not None:
            number, title = finding.level.number, one_line(finding.level.title)
            said.append(Content.styled(f"See level {number}, “{title}”.", MUTED))
        return tuple(said)

    def advice(self) -> str:
        """Where to begin."""
        parts = list(dict.fromkeys(finding.component for finding in self.report.causes))
        return f"Look first at {', then at '.join(parts)}." if parts else ""

    def _arrange(self) -> None:
        notes = self.notebook.notes
        evidence = [notes[name].evidence for name in self._order if name in notes]
        self.report = report(self.report.subject, evidence, self.lessons, explain=self.explain)
        self.findings = {finding.probe: finding for finding in self.report.findings}
        self.probes.group(list(self._groups()))

    def _groups(self) -> Iterator[tuple[str, list[str]]]:
        """Headings, numbered where they are the parts to look at, and the probes beneath."""
        parts = groupby(self.report.causes, lambda finding: finding.component)
        for number, (part, findings) in enumerate(parts, 1):
            yield f"{number}. {part}", [finding.probe for finding in findings]
        yield FOLLOWS, [finding.probe for finding in self.report.consequences]
        skipped = [skipped.probe for skipped in self.report.skipped]
        told = {*self.findings, *skipped}
        left = [name for name in self._order if name not in told]
        for area, names in groupby(left, lambda name: self.probes.infos[name].area):
            yield area, list(names)
        yield SKIPPED, skipped
