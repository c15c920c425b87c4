"""The run panel: the probes, a run as it goes on, and the evidence of the highlighted probe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from engine.evidence import Call, Evidence, ProbeInfo, Status
from engine.sandbox.messages import Event, Found, ProbeStarted, Progress
from tui_debugger.keys import key
from tui_debugger.lab import Failed, Lab, Loading, Ready
from tui_debugger.notebook import Notebook
from tui_debugger.text import MUTED, STATUS, count, one_line
from tui_debugger.widgets.evidence_view import COPY, SAVE, EvidenceView
from tui_debugger.widgets.figures import Growing
from tui_debugger.widgets.probe_list import STALE, ProbeList, Standing
from tui_debugger.widgets.told import Told

REDRAW_EVERY = 0.1
"""Seconds between two drawings of how far the running probe is."""
BAR = 16
"""Cells of the progress bar."""
FILTER = "words of a question, a name, an outcome: fires, slow"


class ProbePanel(Vertical):
    """Shows what the notebook says and what a run adds to it."""

    DEFAULT_CSS = """
    ProbePanel {
        & > #run-status { height: auto; padding: 0 1; background: $panel; }
        & > #filter { display: none; height: 1; margin: 0 1; }
        & > #filter.-open { display: block; }
        & > #found { height: 1fr; }
        & ProbeList { height: 2fr; min-height: 4; padding: 0 0 0 1; }
        & #evidence-box { height: 3fr; }
        & #evidence-title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
        & #evidence-box:focus-within #evidence-title { background: $row-focus; }
        & EvidenceView { height: 1fr; }
        &.-zoomed ProbeList, &.-zoomed > #filter { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zoom", "Zoom", id="probes.zoom", tooltip="Evidence: Give it all the room"),
        Binding("slash", "filter", "Filter", id="probes.filter", tooltip="Probes: List only some"),
        Binding(
            "escape", "list_all", "List all",
            id="probes.list_all", tooltip="Probes: List all again",
        ),
        replace(COPY, action="evidence('copy')", show=False),
        replace(SAVE, action="evidence('save')", show=False),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
    ]  # fmt: skip

    @dataclass
    class Zoomed(Message):
        """The evidence has got all the room, or has given it back."""

        zoomed: bool

    @dataclass
    class Found(Message):
        """A probe that fires is highlighted."""

    @dataclass
    class Traced(Message):
        """What is known of a traced forward pass has changed."""

        calls: tuple[Call, ...]
        stale: bool
        """Whether it was of another text than there is now."""

    probes = getters.query_one(ProbeList)
    evidence = getters.query_one(EvidenceView)
    status = getters.query_one("#run-status", Told)
    words = getters.query_one("#filter", Input)

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
        self._traced: list[tuple[tuple[Call, ...], bool]] = []
        """What was last told of a traced forward pass."""
        self._redraw: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Told(id="run-status")
        yield Input(placeholder=FILTER, compact=True, id="filter")
        with Container(id="found"):
            yield ProbeList(id="probes")
            with Vertical(id="evidence-box"):
                yield Static("Evidence", id="evidence-title", markup=False)
                yield EvidenceView(id="evidence")

    def on_mount(self) -> None:
        self._tell()
        self._trace()

    # What a panel adds to this

    def settle(self) -> None:
        """A run is over, and all that it said is in the notebook."""

    def remarks(self, probe: str) -> tuple[Content, ...]:
        """What there is to say of a probe's evidence beyond what it says itself."""
        del probe
        return ()

    def advice(self) -> str:
        """What to do next, beneath the counts; empty where there is nothing to say."""
        return ""

    # What happens to it

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

    def begin(self, revision: str) -> None:
        """A run of that source begins."""
        self.running, self.done, self.total, self.last = True, 0, 0, ""
        self._turn_to("")
        self.run_revision = revision
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
        self.settle()
        self._restand(self.probes.infos)
        self._tell()

    def cut_short(self, sentence: str) -> str:
        """The run was ended before its time; what there is to say of it."""
        if self.total:
            sentence = f"{sentence.rstrip('.')}: {self.done} of {self.total} ran."
        self.end((), sentence)
        return sentence

    def show(self, name: str) -> None:
        """Highlight that probe."""
        if name in self.probes.infos:
            if not self.probes.lists(name):
                self._clear_filter()
            self.probes.go_to(name)

    def on_probe_list_shown(self, event: ProbeList.Shown) -> None:
        event.stop()
        self._show_evidence()
        if self.probes.fires:
            self.post_message(self.Found())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = self.words.has_focus
        match action:
            case "filter" | "zoom":
                return not typing
            case "move":
                return typing
            case "evidence":
                return not typing and self.evidence.check_action(str(parameters[0]), ())
            case "list_all":
                return self.words.has_class("-open")
            case _:
                return True

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.probes.narrow(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.probes.focus()

    def action_filter(self) -> None:
        """Type what the probes that are listed are to have."""
        self.zoom(False)
        self.words.add_class("-open")
        self.words.focus()

    def action_list_all(self) -> None:
        """List all probes again."""
        self._clear_filter()
        self.probes.focus()

    async def action_evidence(self, what: str) -> None:
        """Do that with the evidence, from the list above it too."""
        await self.evidence.run_action(what)

    def action_move(self, step: int) -> None:
        """Move through the probes while typing."""
        if step > 0:
            self.probes.action_cursor_down()
        else:
            self.probes.action_cursor_up()

    def zoom(self, zoomed: bool) -> None:
        """Give the evidence all the room, or give it back."""
        if zoomed != self.has_class("-zoomed"):
            self.set_class(zoomed, "-zoomed")
            self.post_message(self.Zoomed(zoomed))

    def action_zoom(self) -> None:
        """Give the evidence all the room, or give it back."""
        self.zoom(not self.has_class("-zoomed"))
        (self.evidence if self.has_class("-zoomed") else self.probes).focus()

    def _clear_filter(self) -> None:
        self.words.value = ""
        self.words.remove_class("-open")
        self.probes.narrow("")

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
        self._trace()
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
        evidence, remarks = (note.evidence, self.remarks(name or "")) if note else (None, ())
        self.evidence.show(info, evidence, stale=stale, growing=growing, remarks=remarks)

    def _trace(self) -> None:
        traced = [note for note in self.notebook.notes.values() if note.evidence.calls]
        told = [(note.evidence.calls, note.revision != self.revision) for note in traced[-1:]]
        if told != self._traced:
            self._traced = told
            self.post_message(self.Traced(*told[0]) if told else self.Traced((), stale=False))

    def _tell(self) -> None:
        self.status.tell(self._status())

    def _status(self) -> Content:
        if self.running and not self.total:
            return Content(f"Starting the run…  {key(self, 'level.cancel')} cancels.")
        if self.running:
            full = BAR * self.done // self.total
            bar = ("━" * full, "$text-success"), ("─" * (BAR - full), MUTED)
            said = f"{self.done} of {self.total} "
            return Content.assemble(said, *bar, (f" {self.doing}", MUTED))
        match self.lab:
            case Loading():
                return Content("The lab is loading torch; the probes appear here in a moment.")
            case Failed(sentence=sentence):
                return Content(f"{one_line(sentence)} {key(self, 'app.retry_lab')} tries again.")
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
            runs = key(self, "level.run_all")
            parts.append(f"{count(len(catalogue), 'probe')}{said}. {runs} runs all.")
        if any(standing.stale for standing in standings):
            parts.append((f"  {STALE} before your last edit", "$text-warning"))
        if advice := self.advice():
            parts.append(f"\n{advice}")
        if self.last:
            parts.append((f"\n{one_line(self.last)}", "$text-warning"))
        return Content.assemble(*parts)
