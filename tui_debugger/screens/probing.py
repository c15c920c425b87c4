"""What every screen with probes does, whatever they are run on: runs, their output, saving.

A request starts a worker, the worker posts facts, the facts are shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from textual import getters, on, work
from textual.binding import Binding
from textual.reactive import var
from textual.widgets import TabbedContent

from engine.errors import GameError
from engine.game import ProbeRun
from engine.sandbox.messages import Ended, Event, Printed, Shown
from tui_debugger import garbage
from tui_debugger.keys import key
from tui_debugger.lab import Lab, Ready
from tui_debugger.messages import RunEnded, RunEvent, RunProbes, Save
from tui_debugger.runs import Runs
from tui_debugger.saving import save
from tui_debugger.screens.fitting import FittingScreen
from tui_debugger.text import count, one_line
from tui_debugger.widgets.output_panel import OutputPanel
from tui_debugger.widgets.probe_panel import ProbePanel

T = TypeVar("T")

CANCEL = Binding(
    "escape", "cancel_run", "Cancel", id="level.cancel", tooltip="Probes: Cancel the run"
)
RUN_ALL = Binding("f5", "run_all", "Run all", id="level.run_all", tooltip="Probes: Run all")
PROBES = Binding("f3", "show('probes')", "Probes", id="level.probes", tooltip="View: Probes")
OUTPUT = Binding("f8", "show('output')", "Output", id="level.output", tooltip="View: Output")


class ProbingScreen(FittingScreen[T]):
    """A panel of probes and one of output, in tabs; one run at a time."""

    running: var[bool] = var(False, bindings=True)

    panel = getters.query_one("#panel", TabbedContent)
    probes = getters.query_one(ProbePanel)
    output = getters.query_one(OutputPanel)

    def __init__(self) -> None:
        super().__init__()
        self.lab: Lab | None = None
        self.runs = Runs(self)

    def on_mount(self) -> None:
        self.panel.query_one("ContentTabs").can_focus = False
        self.watch(self.app, "lab", self._lab_changed)

    def on_unmount(self) -> None:
        self.runs.cancel()

    # What a screen says of itself

    @property
    def saved_in(self) -> Path:
        """The folder that takes what is saved from the panels."""
        raise NotImplementedError

    def run_probes(self, names: Sequence[str] | None) -> None:
        """Begin to run these probes, or all of them; ``may_run`` has been asked."""
        raise NotImplementedError

    def bring(self, tab: str) -> None:
        """Show a tab of the panel."""
        self.panel.active = tab

    async def prepare(self) -> bool:
        """Do what comes before a run; False when something stood in its way, which was said."""
        return True

    async def may_run(self, what: str) -> bool:
        """Whether a run can begin now, which then does; ``what`` it is goes over its output."""
        if self.running:
            self.notify(f"A run is going on; {key(self, 'level.cancel')} in the panel cancels it.")
            return False
        self.running = True
        if not await self.prepare():
            self.running = False
            return False
        self.output.begin(what)
        return True

    async def halt(self) -> None:
        """Cancel the run, also one that is about to begin, and wait until that has been said."""
        begins = [worker for worker in self.workers if worker.group == "begin"]
        if begins:  # for none it would wait for all
            await self.workers.wait_for_complete(begins)
        self.action_cancel_run()
        said = asyncio.Event()
        self.call_later(said.set)  # behind what the run has posted
        await said.wait()

    def finish(self, outcome: ProbeRun | Ended) -> None:
        """A run has ended by itself."""
        ended = outcome.ended if isinstance(outcome, ProbeRun) else outcome
        if isinstance(outcome, ProbeRun):
            self.probes.end(outcome.evidence, ended.sentence)
        self.output.end(ended.sentence or "The run ended.", ended.fault)

    def complain(self, error: GameError) -> None:
        """Say what went wrong."""
        self.notify(one_line(str(error)), severity="error", markup=False)

    # What is common to all

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "cancel_run":
                return self.running
            case "run_all":
                return None if self.running else True
            case _:
                return super().check_action(action, parameters)

    @on(RunProbes)
    @work(group="begin")
    async def _run_probes(self, event: RunProbes) -> None:
        event.stop()
        if await self.may_run(self._running_what(event.names)):
            self.run_probes(event.names)

    @on(RunEvent)
    def _run_event(self, message: RunEvent) -> None:
        if message.run == self.runs.current and not self._into_output(message.event):
            self.probes.take(message.event)

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        if message.run != self.runs.current:
            return
        self.running = False
        self.set_timer(garbage.QUIET, garbage.collect)
        if message.outcome is not None:
            self.finish(message.outcome)
            return
        said = message.sentence
        if self.probes.running:
            said = self.probes.cut_short(said)
        self.output.end(said)

    @on(Save)
    def _save(self, message: Save) -> None:
        try:
            text, _ = save(self.saved_in, message.name, message.text, message.picture)
        except OSError as error:
            self.notify(f"Not saved: {error.strerror}.", severity="error", markup=False)
        else:
            said = f"Saved as {text}, and as a picture beside it (.svg)."
            self.notify(said, timeout=10, markup=False)

    def action_run_all(self) -> None:
        """Run every probe there is; who is typing beside the panel goes on typing."""
        self.bring("probes")
        self.post_message(RunProbes(None))

    def action_cancel_run(self) -> None:
        """Stop the run; what it has found stays."""
        self.runs.cancel()

    def _into_output(self, event: Event) -> bool:
        if isinstance(event, Printed | Shown):
            self.output.take(event)
            return True
        return False

    def _lab_changed(self, lab: Lab) -> None:
        self.lab = lab
        self.probes.set_lab(lab)

    def _running_what(self, names: Sequence[str] | None) -> str:
        catalogue = self.lab.catalogue if isinstance(self.lab, Ready) else ()
        chosen = [info for info in catalogue if names is None or info.name in names]
        slow = sum(info.slow for info in chosen)
        said = f"Running {count(len(chosen), 'probe')}" if chosen else "Running the probes"
        return f"{said}, {slow} of them slow" if slow else said
