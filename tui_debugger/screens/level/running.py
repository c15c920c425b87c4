"""Runs on what the player has saved: the probes, and the player's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from textual import work
from textual.binding import Binding, BindingType

from engine import scratch
from engine.evidence import Status
from engine.game import Game, ProbeRun
from engine.level import Level
from engine.sandbox.messages import Ended
from engine.workspace import Workspace
from tui_debugger.screens.level.part import LevelPart
from tui_debugger.screens.probing import CANCEL, RUN_ALL
from tui_debugger.settings import Memory
from tui_debugger.tour import Deed

KEYS: list[BindingType] = [
    CANCEL,
    RUN_ALL,
    Binding(
        "ctrl+b", "run_scratch", "Run scratch",
        id="level.run_scratch", tooltip="Probes: Save and run your own probe, scratch.py",
    ),
    Binding(
        "ctrl+b", "open_scratch", "Scratch", show=False,
        id="level.open_scratch", tooltip="Probes: Write one of your own, in scratch.py",
    ),
]  # fmt: skip


class Running(LevelPart):
    """Saves before a run, and puts what came of it to use."""

    def __init__(self, game: Game, level: Level, workspace: Workspace, memory: Memory) -> None:
        super().__init__(game, level, workspace, memory)
        self.ran: dict[str, str] = {}
        """The source that the run is of."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "cancel_run":
                return self.running and not self.on_code
            case "open_scratch":
                return not self.scratch_seen
            case "run_scratch" if not self.scratch_seen:
                return False
            case "run_scratch":
                return None if self.running else True
            case _:
                return super().check_action(action, parameters)

    async def prepare(self) -> bool:
        """Save: what runs is what was typed before the run was asked for."""
        if not await self.saved():
            return False
        self.ran = self.documents.texts(saved=True)
        self.code.mark_faults([])
        return True

    def run_probes(self, names: Sequence[str] | None) -> None:
        self.probes.set_revision(self.documents.revision())
        self.probes.begin(self.documents.revision(saved=True))
        self.runs.begin(lambda listen: self.game.probe(self.level, names, on_event=listen))

    def finish(self, outcome: ProbeRun | Ended) -> None:
        match outcome:
            case Ended() as ended:
                self.code.mark_faults([ended.fault])
                self.output.end(ended.sentence or f"{scratch.FILE} ended.", ended.fault)
            case ProbeRun(evidence, ended):
                super().finish(outcome)
                self.history.add(evidence, self.ran)
                self.tell()
                self.hear(Deed.RAN)
                if any(item.status is Status.FIRES for item in evidence):
                    self.hear(Deed.FIRED)
                self.code.mark_faults([ended.fault, *(item.fault for item in evidence)])
            case _:
                assert_never(outcome)

    async def action_open_scratch(self) -> None:
        """Go to the player's own probe."""
        await self.leap(scratch.FILE)

    @work(group="begin")
    async def action_run_scratch(self) -> None:
        """Run the player's own probe; what it shows and prints arrives beside it."""
        self.bring("output")
        if await self.may_run(f"Running {scratch.FILE}"):
            self.runs.begin(lambda listen: self.game.run_scratch(self.level, on_event=listen))
