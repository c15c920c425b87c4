"""The run panel on somebody's own transformer, which is edited elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Protocol

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import TabbedContent, TabPane

from engine.diagnose.lessons import Lessons
from engine.diagnose.target import Target
from engine.evidence import Evidence
from engine.game import ProbeRun
from engine.judging import Listener
from engine.sandbox.messages import Ended, Outcome
from tui_debugger.elsewhere import NONE, command, edit
from tui_debugger.keys import key
from tui_debugger.messages import GoTo, RunProbes
from tui_debugger.on_disk import written
from tui_debugger.screens.probing import CANCEL, OUTPUT, PROBES, RUN_ALL, ProbingScreen
from tui_debugger.text import count, one_line
from tui_debugger.widgets.bench_probes import BenchProbes
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.output_panel import OutputPanel
from tui_debugger.widgets.output_sheet import OutputSheet
from tui_debugger.widgets.probe_list import ProbeList
from tui_debugger.widgets.top_bar import TopBar


class Ask(Protocol):
    """Runs probes on the subject. Raises GameError when nothing can be asked."""

    def __call__(
        self, *, names: Collection[str] | None, on_event: Listener
    ) -> Coroutine[Any, Any, tuple[Evidence, ...]]: ...


class BenchScreen(ProbingScreen[None]):
    """Runs the probes as it opens, and what ran last whenever a file of the subject is saved."""

    HELP = """\
What fires stands above all else: the parts to look at, in that order, then what may follow from \
them. A save in any editor runs again what ran last; a ~ marks what was found before it. \
`{level.run_all}` runs all probes, at any time.
"""
    CSS_PATH = "bench.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [CANCEL, RUN_ALL, PROBES, OUTPUT]

    bar = getters.query_one(TopBar)

    def __init__(
        self,
        target: Target,
        ask: Ask,
        lessons: Lessons,
        saved_in: Path,
        names: Collection[str] | None = None,
    ) -> None:
        """``names`` are the probes that run as it opens; None for all."""
        super().__init__()
        self.target = target
        self.ask = ask
        self.lessons = lessons
        self._saved_in = saved_in
        self.asked: Sequence[str] | None = None if names is None else tuple(names)
        """What ran last."""
        self._seen: dict[Path, str] = {}
        """What files held when they were last written, as far as that was noticed."""
        self._writes = 0

    @property
    def saved_in(self) -> Path:
        return self._saved_in

    def compose(self) -> ComposeResult:
        yield TopBar(one_line(f"{self.target.root.name}: {self.target.name}"))
        with TabbedContent(id="panel", initial="probes"):
            with TabPane(f"Probes {key(self, 'level.probes')}", id="probes"):
                yield BenchProbes(
                    self.target.name,
                    self.lessons,
                    explain=not self.target.workspace,
                    id="probe-panel",
                )
            with TabPane(f"Output {key(self, 'level.output')}", id="output"):
                yield OutputPanel(id="output-panel")
        yield KeyBar()

    def on_mount(self) -> None:
        self.call_after_refresh(self.action_show, "probes")
        self.post_message(RunProbes(self.asked))
        self._watch()

    def run_probes(self, names: Sequence[str] | None) -> None:
        self.asked = names

        async def run(listen: Listener) -> ProbeRun:
            return ProbeRun(await self.ask(names=names, on_event=listen), Ended(Outcome.DONE))

        self.probes.begin(str(self._writes))
        self.runs.begin(run)

    @on(GoTo)
    async def _go_to(self, message: GoTo) -> None:
        opens = command(self.target.root / message.file, message.line)
        problem = NONE if opens is None else await edit(self.app, opens)
        if problem:
            self.notify(problem, markup=False)

    def action_show(self, tab: str) -> None:
        """Go to a tab; the probes with their list, should the evidence have had all the room."""
        self.bring(tab)
        self.probes.zoom(False)
        self.query_one(ProbeList if tab == "probes" else OutputSheet).focus()

    @work(group="watch")
    async def _watch(self) -> None:
        """Run again what ran last whenever a file is saved."""
        try:
            async for paths in written(self.target.root, self._say):
                names = [path.name for path in sorted(paths) if self._is_new(path)]
                if names:
                    self._again(names)
        except (OSError, RuntimeError) as error:
            runs = key(self, "level.run_all")
            self._say(f"Saves go unnoticed here ({error}); {runs} runs the probes again.")

    def _again(self, names: Sequence[str]) -> None:
        what = names[0] if len(names) == 1 else count(len(names), "file")
        self.bar.score.update(f"{one_line(what)} saved")
        self._writes += 1
        self.probes.set_revision(str(self._writes))
        self.runs.cancel()
        self.post_message(RunProbes(self.asked))

    def _is_new(self, path: Path) -> bool:
        """Whether it holds another text than when it was last written."""
        try:
            now = sha256(path.read_bytes()).hexdigest()
        except OSError:
            now = ""
        before, self._seen[path] = self._seen.get(path), now
        return now != before

    def _say(self, text: str) -> None:
        self.notify(one_line(text), severity="warning", timeout=15, markup=False)
