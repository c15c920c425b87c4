"""The run panel: the probes, a run as it goes on, and the evidence of the highlighted probe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from engine.evidence import Evidence, ProbeInfo, Status
from engine.sandbox.messages import Event, Found, ProbeStarted, Progress
from tui_debugger.lab import Failed, Lab, Loading, Ready
from tui_debugger.notebook import Notebook
from tui_debugger.text import MUTED, STATUS, count, one_line
from tui_debugger.widgets.evidence_view import EvidenceView
from tui_debugger.widgets.figures import Growing
from tui_debugger.widgets.probe_list import STALE, ProbeList, Standing

REDRAW_EVERY = 0.1
"""Seconds between two drawings of how far the running probe is."""
BAR = 16
"""Cells of the progress bar."""


class ProbePanel(Vertical):
    """Shows what the notebook says and what a run adds to it."""

    DEFAULT_CSS = """
    ProbePanel {
        & > #run-status { height: auto; padding: 0 1; background: $panel; }
        & > ProbeList { height: 2fr; min-height: 4; padding: 0 0 0 1; }
        & > #evidence-box { height: 3fr; }
        & #evidence-title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
        & #evidence-box:focus-within #evidence-title { background: $primary 35%; }
        & EvidenceView { height: 1fr; }
        &.-zoomed > ProbeList { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zoom", "Zoom", id="probes.zoom", tooltip="Evidence: Give it all the room"),
    ]

    probes = getters.query_one(ProbeList)
    evidence = getters.query_one(EvidenceView)
    status = getters.query_one("#run-status", Static)

    def __init__(self, notebook: Notebook, revision: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.notebook = notebook
        self.revision = revision
        self.lab: Lab = Loading()
        self.running = False
        self.run_revision = revision
        self.done = self.total = 0
        self.doing = ""
        self.growing: Growing | None = None
        """How far the running probe is, if it tells."""
        self.points: list[tuple[int, float | None]] = []
        self.last = ""
        self._redraw: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="run-status", markup=False)
        yield ProbeList(id="probes")
        with Vertical(id="evidence-box"):
            yield Static("Evidence", id="evidence-title", markup=False)
            yield EvidenceView(id="evidence")

    def on_mount(self) -> None:
        self._tell()

    def set_lab(self, lab: Lab) -> None:
        """The lab has come up, or has failed to."""
        self.lab = lab
        if isinstance(lab, Ready):
            names = [info.name for info in lab.catalogue]
            self.probes.fill(lab.catalogue, {name: self._standing(name) for name in names})
        self._tell()

    def set_revision(self, revision: str) -> None:
        """The source was edited, or an edit undone: notes on another text are stale."""
        if revision != self.revision:
            self.revision = revision
            self._restand(self.probes.infos)

    def begin(self) -> None:
        """A run begins."""
        self.running, self.done, self.total, self.last = True, 0, 0, ""
        self._turn_to("")
        self.run_revision = self.revision
        self._tell()

    def take(self, event: Event) -> None:
        """Something happened in the run."""
        match event:
            case ProbeStarted(probe=name, total=total):
                self._turn_to(name)
                self.total = total
                self.probes.stand({name: Standing(doing="running")})
            case Progress(done=done, total=total, value=value) if self.doing:
                self.points.append((done, value))
                self.growing = Growing(done, total)
                if self._redraw is None:
                    self._redraw = self.set_timer(REDRAW_EVERY, self._draw_progress)
                return
            case Found(evidence=evidence):
                self.done += 1
                self._turn_to("")
                self._note(evidence)
            case _:
                return
        self._tell()

    def end(self, evidence: Iterable[Evidence], sentence: str) -> None:
        """The run is over; what it did not reach keeps what was known before."""
        for item in evidence:
            if item.status is not Status.SKIPPED or item.probe not in self.notebook.notes:
                self._note(item)
        self._turn_to("")
        self.running, self.last = False, sentence
        self.notebook.keep()
        self._restand(self.probes.infos)
        self._tell()

    def show(self, name: str) -> None:
        """Highlight that probe."""
        if name in self.probes.infos:
            self.probes.go_to(name)

    def on_probe_list_shown(self, event: ProbeList.Shown) -> None:
        event.stop()
        self._show_evidence()

    def action_zoom(self) -> None:
        """Give the evidence the list's room, or give it back."""
        self.toggle_class("-zoomed")
        (self.evidence if self.has_class("-zoomed") else self.probes).focus()

    def _turn_to(self, name: str) -> None:
        """That probe's turn has come, or nobody's."""
        self.doing, self.growing = name, None
        self.points.clear()

    def _draw_progress(self) -> None:
        self._redraw = None
        if self.growing is not None:
            done, total = self.growing.done, self.growing.total
            self.growing = Growing(done, total, tuple(self.points))
            self.probes.stand({self.doing: Standing(doing=f"{done}/{total}")})
            self._show_evidence()

    def _note(self, evidence: Evidence) -> None:
        self.notebook.write(evidence, self.run_revision)
        self._restand([evidence.probe])

    def _restand(self, names: Iterable[str]) -> None:
        self.probes.stand({name: self._standing(name) for name in names})
        self._show_evidence()
        self._tell()

    def _standing(self, name: str) -> Standing:
        note = self.notebook.notes.get(name)
        if note is None:
            return Standing()
        return Standing(note.evidence.status, note.revision != self.revision)

    def _show_evidence(self) -> None:
        name = self.probes.current
        info = self.probes.infos.get(name or "")
        note = self.notebook.notes.get(name or "")
        stale = note is not None and note.revision != self.revision
        growing = self.growing if name == self.doing else None
        self.evidence.show(info, note.evidence if note else None, stale=stale, growing=growing)

    def _tell(self) -> None:
        self.status.update(self._status())

    def _status(self) -> Content:
        if self.running and not self.total:
            return Content("Starting the run…  esc cancels.")
        if self.running:
            full = BAR * self.done // self.total
            bar = ("━" * full, "$text-success"), ("━" * (BAR - full), "$foreground 20%")
            said = f"{self.done} of {self.total} "
            return Content.assemble(said, *bar, (f" {self.doing}", MUTED))
        match self.lab:
            case Loading():
                return Content("The lab is loading torch; the probes appear here in a moment.")
            case Failed(sentence=sentence):
                return Content(f"{one_line(sentence)} ctrl+g tries again.")
            case Ready(catalogue=catalogue):
                return self._summary(catalogue)

    def _summary(self, catalogue: tuple[ProbeInfo, ...]) -> Content:
        standings = [self._standing(info.name) for info in catalogue]
        parts: list[str | tuple[str, str]] = []
        for status in (Status.FIRES, Status.FAILED, Status.QUIET, Status.SKIPPED):
            number = sum(standing.status is status for standing in standings)
            if number:
                sign, word, style = STATUS[status]
                word = "fire" if status is Status.FIRES and number > 1 else word
                parts += [", " if parts else "", (f"{sign} {number} {word}", style)]
        if not parts:
            slow = sum(info.slow for info in catalogue)
            said = f", {slow} of them slow" if slow else ""
            parts.append(f"{count(len(catalogue), 'probe')}{said}. f5 runs all.")
        if any(standing.stale for standing in standings):
            parts.append((f"  {STALE} before your last edit", "$text-warning"))
        if self.last:
            parts.append((f"\n{one_line(self.last)}", "$text-warning"))
        return Content.assemble(*parts)
