"""One level: its code, its brief, the probes, the hints, and the way to a submission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import TabbedContent, TabPane

from engine import scratch
from engine.errors import GameError
from engine.evidence import Fault
from engine.game import Game, ProbeRun, Submission
from engine.hints import Kind
from engine.level import Level
from engine.sandbox.messages import Ended, Event, Printed, Shown
from engine.scoring import State
from tui_debugger.documents import Documents
from tui_debugger.lab import Lab, Ready
from tui_debugger.messages import GoTo, RunEnded, RunEvent, RunProbes, Save, ShowProbe
from tui_debugger.notebook import Notebook
from tui_debugger.runs import Runs
from tui_debugger.saving import save
from tui_debugger.screens import BREAKPOINTS
from tui_debugger.screens.ask import AskScreen
from tui_debugger.screens.files import FilesScreen
from tui_debugger.screens.judging import JudgingScreen
from tui_debugger.screens.level_keys import HELP, KEYS
from tui_debugger.screens.result import ResultScreen
from tui_debugger.settings import Memory
from tui_debugger.text import count, one_line, points
from tui_debugger.widgets.brief_panel import BriefPanel
from tui_debugger.widgets.code_pane import CodePane
from tui_debugger.widgets.evidence_view import EvidenceView
from tui_debugger.widgets.hint_panel import HintPanel
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.output_panel import OutputPanel
from tui_debugger.widgets.output_sheet import OutputSheet
from tui_debugger.widgets.probe_list import ProbeList
from tui_debugger.widgets.probe_panel import ProbePanel
from tui_debugger.widgets.top_bar import TopBar

REMEMBER_EVERY = 3.0
"""Seconds between two notes of where the cursor is."""


class LevelScreen(Screen[Level | None]):
    """Returns the level to open next, or None for the list."""

    HELP = HELP
    CSS_PATH = "level.tcss"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    on_code: reactive[bool] = reactive(False, bindings=True)
    """Whether the code has the keyboard; where there is room for one side, it is the one shown."""
    in_scratch: reactive[bool] = reactive(False, bindings=True)
    """Whether the player's own probe is the file in front."""
    running: reactive[bool] = reactive(False, bindings=True)

    bar = getters.query_one(TopBar)
    code = getters.query_one(CodePane)
    panel = getters.query_one("#panel", TabbedContent)
    probes = getters.query_one(ProbePanel)
    hints = getters.query_one(HintPanel)
    output = getters.query_one(OutputPanel)

    def __init__(self, game: Game, level: Level, memory: Memory) -> None:
        """Raises GameError when the level's workspace cannot be opened."""
        super().__init__()
        self.game = game
        self.level = level
        self.memory = memory
        self.fresh = game.progress(level).state is State.NEW
        self.documents = Documents(game.open(level))
        self.lab: Lab | None = None
        self.runs = Runs(self, game, level)

    def compose(self) -> ComposeResult:
        level, notes = self.level, self.game.home.data / "evidence" / self.level.pack
        yield TopBar(f"{level.number}  {one_line(level.title)}")
        with Horizontal(id="sides"):
            yield CodePane(self.documents, self.memory.place(level.id), id="code")
            with TabbedContent(id="panel", initial="brief"):
                with TabPane("Brief f2", id="brief"):
                    yield BriefPanel(level, self.documents.workspace.root)
                with TabPane("Probes f3", id="probes"):
                    notebook = Notebook(notes / f"{level.id}.json")
                    yield ProbePanel(notebook, self.documents.revision(), id="probe-panel")
                with TabPane("Hints f4", id="hints"):
                    yield HintPanel(self.game, level, id="hint-panel")
                with TabPane("Output f8", id="output"):
                    yield OutputPanel(id="output-panel")
        yield KeyBar()

    def on_mount(self) -> None:
        self.panel.query_one("ContentTabs").can_focus = False
        self._tell()
        self.watch(self.app, "lab", self._lab_changed)
        self.watch(self.app, "app_focus", self._focus_changed, init=False)
        self.set_interval(REMEMBER_EVERY, self.remember)
        if self.fresh:
            self.action_show("brief")
        else:
            self.call_after_refresh(self.action_to_code)

    def on_unmount(self) -> None:
        self.runs.cancel()

    def leave(self) -> bool:
        """Save everything; False when something has to be decided first."""
        self.code.look_at_disk()
        self.remember()
        return self.code.save()

    def remember(self) -> None:
        """Note where the cursor is."""
        self.memory.leave(self.level.id, self.code.place)

    def watch_on_code(self, on_code: bool) -> None:
        self.set_class(on_code, "-code")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "cancel_run":
                return self.running and not self.on_code
            case "to_panel":
                return self.on_code
            case "to_code":
                return not self.on_code
            case "open_scratch":
                return not self._scratch_seen
            case "run_scratch" if not self._scratch_seen:
                return False
            case "run_all" | "run_scratch" | "submit":
                return None if self.running else True
            case _:
                return True

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.on_code = self.code in event.widget.ancestors_with_self

    def on_code_pane_opened(self, event: CodePane.Opened) -> None:
        event.stop()
        self.in_scratch = event.file == scratch.FILE

    def on_code_pane_edited(self, event: CodePane.Edited) -> None:
        event.stop()
        self.probes.set_revision(self.documents.revision())

    @on(CodePane.Conflict)
    @work(group="conflict", exclusive=True)
    async def _settle(self, event: CodePane.Conflict) -> None:
        answer = await self.app.push_screen_wait(
            AskScreen(
                f"{event.error.file} was changed by another program while you edited it here.",
                "Whichever you choose, undo in the editor brings the other one back.",
                {"keep": "Keep what is here", "take": "Take the other one"},
            )
        )
        self.code.decide(keep=None if answer is None else answer == "keep")

    # Runs of probes: a request starts a worker, the worker posts facts, the facts are shown.

    @on(RunProbes)
    def _run_probes(self, event: RunProbes) -> None:
        event.stop()
        if self._may_run(self._running_what(event.names)):
            self.probes.set_revision(self.documents.revision())
            self.probes.begin()
            self.runs.begin(event.names)

    def _may_run(self, what: str) -> bool:
        if self.running:
            self.notify("A run is going on; escape in the panel cancels it.")
            return False
        if not self._saved():
            return False
        self.running = True
        self.code.mark_faults([])
        self.output.begin(what)
        return True

    @on(RunEvent)
    def _run_event(self, message: RunEvent) -> None:
        if message.run == self.runs.current and not self._into_output(message.event):
            self.probes.take(message.event)

    def _into_output(self, event: Event) -> bool:
        if isinstance(event, Printed | Shown):
            self.output.take(event)
            return True
        return False

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        if message.run != self.runs.current:
            return
        self.running = False
        match message.outcome:
            case None:
                if self.probes.running:
                    self.probes.end((), message.sentence)
                self.output.end(message.sentence)
            case Ended() as ended:
                self.code.mark_faults([ended.fault])
                self.output.end(ended.sentence or f"{scratch.FILE} ended.", ended.fault)
            case ProbeRun(evidence, ended):
                self.probes.end(evidence, ended.sentence)
                self.code.mark_faults([ended.fault, *(item.fault for item in evidence)])
                self.output.end(ended.sentence or "The run ended.", ended.fault)

    def action_run_all(self) -> None:
        """Run every probe there is; who is typing beside the panel goes on typing."""
        self._bring("probes")
        self.post_message(RunProbes(None))

    async def action_open_scratch(self) -> None:
        """Go to the player's own probe."""
        await self.code.open(scratch.FILE)
        self.action_to_code()

    def action_run_scratch(self) -> None:
        """Run the player's own probe; what it shows and prints arrives beside it."""
        self._bring("output")
        if self._may_run(f"Running {scratch.FILE}"):
            self.runs.begin_scratch()

    def action_cancel_run(self) -> None:
        """Stop the run; what it has found stays."""
        self.runs.cancel()

    # Submitting

    @work(group="submit", exclusive=True)
    async def action_submit(self) -> None:
        """Have the code judged, then show the outcome."""
        if not self._saved():
            return
        self.output.begin("Submitting")
        judging = JudgingScreen(self.game, self.level, self.output.take)
        submission = await self.app.push_screen_wait(judging)
        if submission is None:
            self.output.end("The submission was stopped.")
            return
        await self._judged(submission)
        following = next((n for n in self.game.levels if n.number == self.level.number + 1), None)
        outcome = await self.app.push_screen_wait(ResultScreen(self.level, submission, following))
        match outcome:
            case "next":
                self._leave_for(following)
            case "levels":
                self.action_leave()
            case Fault(file=str(file), line=int(line)):
                self.post_message(GoTo(file, line))
            case _:
                self.action_to_code()

    async def _judged(self, submission: Submission) -> None:
        verdict = submission.verdict
        self.output.end(verdict.reason or "The exam is over.", verdict.fault)
        self.code.mark_faults([verdict.fault, *(check.fault for check in verdict.checks)])
        await self.hints.update()
        self._tell()

    # Hints

    @on(HintPanel.Take)
    @work(group="hint", exclusive=True)
    async def _take_hint(self, event: HintPanel.Take) -> None:
        standing = self.game.progress(self.level)
        pays = self.game.after_hint(self.level).worth
        if event.rung.kind is Kind.ANSWER and pays != standing.worth:
            answer = await self.app.push_screen_wait(
                AskScreen(
                    "Show the answer?",
                    f"The level will pay {pays}. It can still be played.",
                    {"no": "Not yet", "yes": "Show the answer"},
                )
            )
            if answer != "yes":
                return
        try:
            self.game.take_hint(self.level)
        except GameError as error:
            self._complain(error)
        await self.hints.update()
        self._tell()

    @on(ShowProbe)
    def _show_probe(self, message: ShowProbe) -> None:
        self.action_show("probes")
        self.probes.show(message.name)

    @on(Save)
    def _save(self, message: Save) -> None:
        folder = self.game.home.data / "saved" / self.level.id
        try:
            text, _ = save(folder, message.name, message.text, message.picture)
        except OSError as error:
            self.notify(f"Not saved: {error.strerror}.", severity="error", markup=False)
        else:
            said = f"Saved as {text}, and as a picture beside it (.svg)."
            self.notify(said, timeout=10, markup=False)

    # Getting about

    @on(GoTo)
    async def _go_to(self, message: GoTo) -> None:
        if await self.code.go_to(message.file, message.line):
            self.action_to_code()
        else:
            self.notify(f"{message.file} is none of the level's files.", markup=False)

    def action_show(self, tab: str) -> None:
        """Go to a tab of the panel."""
        self.panel.active = tab
        self._focus_panel()

    def action_to_panel(self) -> None:
        """Give the keyboard to the panel."""
        self._focus_panel()

    def action_to_code(self) -> None:
        """Give the keyboard to the code."""
        self.code.focus_editor()

    @work(group="files", exclusive=True)
    async def action_choose_file(self) -> None:
        """Choose a file by its name."""
        files = {file: self.documents.edited(file) for file in self.documents.files}
        chosen = await self.app.push_screen_wait(FilesScreen(files, self.code.file))
        if chosen is not None:
            await self.code.open(chosen)
            self.action_to_code()

    async def action_next_file(self, step: int) -> None:
        """Go through the files one by one."""
        await self.code.open_next(step)
        self.action_to_code()

    def action_save(self) -> None:
        """Save now."""
        if self._saved():
            self.notify("Saved.", timeout=2)

    def action_leave(self) -> None:
        """Back to the list of levels."""
        self._leave_for(None)

    @work(group="reset", exclusive=True)
    async def action_reset(self) -> None:
        """Back to the level's start, if the player means it."""
        if not self._saved():
            return
        root = self.documents.workspace.root
        answer = await self.app.push_screen_wait(
            AskScreen(
                "Put every file back to the level's start?",
                f"Your work is kept beside it, in a folder named {root.name}.before-… in "
                f"{root.parent}. Undo in the editor brings it back too.",
                {"no": "Leave it as it is", "yes": "Reset"},
            )
        )
        if answer != "yes":
            return
        try:
            kept = self.game.reset(self.level)
        except GameError as error:
            self._complain(error)
            return
        await self.code.reload()
        self.probes.set_revision(self.documents.revision())
        said = f"Your work is in {kept}." if kept else "Nothing had been edited."
        self.notify(f"The level is back at its start. {said}", timeout=10, markup=False)

    @property
    def _scratch_seen(self) -> bool:
        return self.in_scratch and (self.on_code or self.has_class("-wide"))

    def _bring(self, tab: str) -> None:
        """Show a tab of the panel, with the keyboard unless that is in the code beside it."""
        self.panel.active = tab
        if not (self.on_code and self.has_class("-wide")):
            self._focus_panel()

    def _leave_for(self, level: Level | None) -> None:
        if self.leave():
            self.dismiss(level)

    def _saved(self) -> bool:
        self.code.look_at_disk()
        return self.code.save()

    def _focus_panel(self) -> None:
        first: dict[str, type[Widget]] = {
            "brief": BriefPanel,
            "probes": ProbeList,
            "hints": HintPanel,
            "output": OutputSheet,
        }
        tab = self.panel.active
        zoomed = tab == "probes" and self.probes.has_class("-zoomed")
        self.panel.query_one(EvidenceView if zoomed else first[tab]).focus()

    def _lab_changed(self, lab: Lab) -> None:
        self.lab = lab
        self.probes.set_lab(lab)

    def _focus_changed(self, focus: bool) -> None:
        if focus:
            self.code.look_at_disk()

    def _running_what(self, names: Sequence[str] | None) -> str:
        catalogue = self.lab.catalogue if isinstance(self.lab, Ready) else ()
        chosen = [info for info in catalogue if names is None or info.name in names]
        slow = sum(info.slow for info in chosen)
        said = f"Running {count(len(chosen), 'probe')}" if chosen else "Running the probes"
        return f"{said}, {slow} of them slow" if slow else said

    def _tell(self) -> None:
        standing = self.game.progress(self.level)
        parts = len(self.level.parts)
        said = f"{len(standing.mended)} of {parts} mended   " if parts > 1 else ""
        match standing.state:
            case State.SOLVED:
                said += f"● solved, {points(standing.award)}"
            case State.REVEALED:
                said += "◌ revealed"
            case _:
                said += f"worth {standing.worth} of {self.level.value}"
        self.bar.score.update(said)

    def _complain(self, error: GameError) -> None:
        self.notify(one_line(str(error)), severity="error", markup=False)
