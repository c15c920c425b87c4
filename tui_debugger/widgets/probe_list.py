"""The probes by area, each with its question and how it came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets.option_list import Option

from engine.evidence import ProbeInfo, Status
from tui_debugger.messages import RunProbes
from tui_debugger.text import MUTED, STATUS
from tui_debugger.widgets.rows import Rows

MARKED = "▪"
STALE = "~"
_AREA = "area:"
"""Begins the id of an area's heading; no probe's name has a colon."""


@dataclass(frozen=True)
class Standing:
    """How one probe stands."""

    status: Status | None = None
    stale: bool = False
    doing: str = ""
    """While it runs: how far it is."""


class ProbeList(Rows):
    """Enter runs the highlighted probe; space marks several, r runs those."""

    HELP = """\
`tab` goes to the evidence of the highlighted probe, which can then be scrolled. A slow probe \
trains a model: it takes seconds, and `f5` runs it too.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "run_one", "Run",
            id="probes.run_one", tooltip="Probes: Run the highlighted probe",
        ),
        Binding(
            "space", "mark", "Mark",
            id="probes.mark", tooltip="Probes: Mark or unmark the highlighted probe",
        ),
        Binding(
            "r", "run_marked", "Run marked",
            id="probes.run_marked", tooltip="Probes: Run the marked probes",
        ),
        Binding(
            "n", "next_firing", "Next ✗",
            id="probes.next_firing", tooltip="Probes: Go to the next probe that fires or failed",
        ),
    ]  # fmt: skip

    @dataclass
    class Shown(Message):
        """Another probe is highlighted."""

        name: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.infos: dict[str, ProbeInfo] = {}
        self.standings: dict[str, Standing] = {}
        self.marked: set[str] = set()

    @property
    def current(self) -> str | None:
        """The highlighted probe's name."""
        option = self.highlighted_option
        return option.id if option else None

    def fill(self, infos: Iterable[ProbeInfo], standings: Mapping[str, Standing]) -> None:
        """Show these probes, area by area."""
        current = self.current
        areas: dict[str, list[ProbeInfo]] = {}
        for info in infos:
            areas.setdefault(info.area, []).append(info)
        self.infos = {info.name: info for infos in areas.values() for info in infos}
        self.standings = dict(standings)
        self.marked &= set(self.infos)
        options: list[Option] = []
        for area, members in areas.items():
            options.append(Option(self._heading(area), id=_AREA + area, disabled=True))
            options += [Option(self._row(info), id=info.name) for info in members]
        self.set_options(options)
        if current in self.infos:
            self.go_to(current)
        else:
            self.action_first()

    def stand(self, standings: Mapping[str, Standing]) -> None:
        """Some probes now stand like this."""
        for name, standing in standings.items():
            if name in self.infos and self.standings.get(name, Standing()) != standing:
                self.standings[name] = standing
                info = self.infos[name]
                self.replace_option_prompt(name, self._row(info))
                self.replace_option_prompt(_AREA + info.area, self._heading(info.area))
        self.refresh_bindings()

    def go_to(self, name: str) -> None:
        """Highlight that probe."""
        self.highlighted = self.get_option_index(name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "run_one" | "mark":
                return self.current is not None
            case "run_marked":
                return bool(self.marked)
            case "next_firing":
                return bool(self._firing())
            case _:
                return True

    def on_option_list_option_highlighted(self, event: Rows.OptionHighlighted) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Shown(event.option_id))

    def on_rows_again(self, event: Rows.Again) -> None:
        event.stop()
        self.action_run_one()

    def action_run_one(self) -> None:
        """Run the highlighted probe."""
        if self.current is not None:
            self.post_message(RunProbes([self.current]))

    def action_run_marked(self) -> None:
        """Run the marked probes, in their order."""
        if self.marked:
            self.post_message(RunProbes([name for name in self.infos if name in self.marked]))

    def action_mark(self) -> None:
        """Mark the highlighted probe, or take its mark away; then go on to the next."""
        name = self.current
        if name is not None:
            self.marked ^= {name}
            self.replace_option_prompt(name, self._row(self.infos[name]))
            self.action_cursor_down()
            self.refresh_bindings()

    def action_next_firing(self) -> None:
        """Go to the next probe that fires or failed."""
        firing = self._firing()
        if firing:
            names = list(self.infos)
            here = names.index(self.current) if self.current in names else -1
            after = [name for name in firing if names.index(name) > here]
            self.go_to((after or firing)[0])

    def _firing(self) -> list[str]:
        told = (Status.FIRES, Status.FAILED)
        return [n for n in self.infos if self.standings.get(n, Standing()).status in told]

    def _heading(self, area: str) -> Content:
        members = [info.name for info in self.infos.values() if info.area == area]
        firing = len(set(members) & set(self._firing()))
        said = (f"  ✗ {firing} of {len(members)}", "$text-error") if firing else ""
        return Content.assemble((area, "bold $text-primary"), said)

    def _row(self, info: ProbeInfo) -> Content:
        standing = self.standings.get(info.name, Standing())
        sign, word, style = STATUS[standing.status]
        if standing.doing:
            sign, word, style = "▸", standing.doing, "$text-accent"
        elif standing.stale:
            word, style = f"{word} {STALE}", MUTED
        mark = MARKED if info.name in self.marked else " "
        slow = ("slow  ", "$text-warning") if info.slow else ""
        return Content.assemble(
            (mark, "bold $text-accent"), (f"{sign} {word:<8} ", style), slow, info.question
        )
