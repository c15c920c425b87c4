"""The probes by area, each with its question and how it came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets.option_list import Option

from engine.evidence import ProbeInfo, Status
from tui_debugger.copying import copy
from tui_debugger.messages import RunProbes
from tui_debugger.plain import has_words
from tui_debugger.text import MUTED, STATUS
from tui_debugger.widgets.rows import Rows

MARKED = "▪"
STALE = "~"
NONE_FIRES = "No probe fires or failed so far."
NOTHING = "No probe has these words."
TOLD = (Status.FIRES, Status.FAILED)
"""What a probe has to say that a player is led to."""
_GROUP = "group:"
"""Begins the id of a heading; no probe's name has a colon."""


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
trains a model: it takes seconds, and `{level.run_all}` runs it too.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "run_one", "Run",
            id="probes.run_one", tooltip="Probes: Run the highlighted probe",
        ),
        Binding(
            "space", "mark", "Mark", show=False,
            id="probes.mark", tooltip="Probes: Mark or unmark the highlighted probe",
        ),
        Binding(
            "r", "run_marked", "Run marked",
            id="probes.run_marked", tooltip="Probes: Run the marked probes",
        ),
        Binding(
            "C", "copy", "Copy list", show=False,
            id="probes.copy", tooltip="Probes: Copy the list as text",
        ),
        Binding(
            "n", "next_firing(1)", "Next ✗",
            id="probes.next_firing", tooltip="Probes: Go to the next probe that fires or failed",
        ),
        Binding(
            "n", "none_firing", "Next ✗", show=False,
            id="probes.next_firing", tooltip="Probes: Go to the next probe that fires or failed",
        ),
        Binding(
            "N", "next_firing(-1)", "Previous ✗", show=False,
            id="probes.previous_firing", tooltip="Probes: Go to the one before that does",
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
        self._groups: dict[str, str] = {}
        """The heading that each probe stands under."""
        self._listed: list[str] = []
        self.marked: set[str] = set()
        self.words = ""
        """What a probe has to have to be listed; empty for all."""

    @property
    def current(self) -> str | None:
        """The highlighted probe's name."""
        option = self.highlighted_option
        return option.id if option else None

    @property
    def fires(self) -> bool:
        """Whether the highlighted probe fires."""
        return self._standing(self.current or "").status is Status.FIRES

    def fill(self, infos: Iterable[ProbeInfo], standings: Mapping[str, Standing]) -> None:
        """Show these probes, area by area."""
        areas: dict[str, list[ProbeInfo]] = {}
        for info in infos:
            areas.setdefault(info.area, []).append(info)
        self.infos = {info.name: info for members in areas.values() for info in members}
        self._groups = {name: info.area for name, info in self.infos.items()}
        self.standings = dict(standings)
        self.marked &= set(self.infos)
        self._list()

    def group(self, groups: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Show the same probes in this order and under these headings, each of which is another."""
        self._groups = {name: head for head, names in groups for name in names}
        self.infos = {name: self.infos[name] for name in self._groups}
        self._list()

    def narrow(self, words: str) -> None:
        """List the probes that have all ``words`` in name, question or outcome."""
        self.words = words
        self._list()

    def stand(self, standings: Mapping[str, Standing]) -> None:
        """Some probes now stand like this."""
        listed, before = set(self._listed), (self.fires, self._firing())
        for name, standing in standings.items():
            if name in self.infos and self._standing(name) != standing:
                self.standings[name] = standing
                if name in listed:
                    info = self.infos[name]
                    self.replace_option_prompt(name, self._row(info))
                    head = self._groups[name]
                    self.replace_option_prompt(_GROUP + head, self._heading(head))
        if (self.fires, self._firing()) != before:
            self.refresh_bindings()

    def lists(self, name: str) -> bool:
        """Whether that probe is listed."""
        return name in self._listed

    def go_to(self, name: str) -> None:
        """Highlight that probe, which is listed."""
        self.highlighted = self.get_option_index(name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "run_one" | "mark":
                return self.current is not None
            case "run_marked":
                return bool(self.marked)
            case "next_firing":
                return bool(self._firing())
            case "none_firing":
                return not self._firing()
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

    def action_copy(self) -> None:
        """Copy what is listed, each with its name and how it came out."""
        rows = (f"{self._row(self.infos[name])}  ({name})\n" for name in self._listed)
        copy(self, "".join(rows), "The list of probes")

    def action_next_firing(self, step: int) -> None:
        """Go to the next probe that fires or failed, or to the one before; round the ends."""
        firing, names = self._firing()[::step], self._listed[::step]
        if firing:
            here = names.index(self.current) if self.current in names else -1
            after = [name for name in firing if names.index(name) > here]
            self.go_to((after or firing)[0])

    def action_none_firing(self) -> None:
        """Say that there is none to go to."""
        self.notify(NONE_FIRES, timeout=3)

    def _list(self) -> None:
        """List what is to be listed, and keep the highlight where it was."""
        current = self.current
        self._listed = [name for name in self.infos if self._wanted(name)]
        options: list[Option] = []
        for head, members in groupby(self._listed, self._groups.__getitem__):
            options.append(Option(self._heading(head), id=_GROUP + head, disabled=True))
            options += [Option(self._row(self.infos[name]), id=name) for name in members]
        if not options and self.infos:
            options.append(Option(Content.styled(NOTHING, MUTED), disabled=True))
        self.set_options(options)
        if current in self._listed:
            self.go_to(current)
        else:
            self.action_first()

    def _wanted(self, name: str) -> bool:
        info, standing = self.infos[name], self._standing(name)
        slow = "slow" if info.slow else ""
        outcome = STATUS[standing.status][1]
        return has_words(f"{name} {info.question} {outcome} {slow}", self.words)

    def _standing(self, name: str) -> Standing:
        return self.standings.get(name, Standing())

    def _firing(self) -> list[str]:
        return [name for name in self._listed if self._standing(name).status in TOLD]

    def _heading(self, head: str) -> Content:
        members = [name for name in self._listed if self._groups[name] == head]
        stand = Counter(self._standing(name).status for name in members)
        told = [f"{STATUS[status][0]} {stand[status]}" for status in TOLD if stand[status]]
        said = (f"  {'  '.join(told)} of {len(members)}", "$text-error") if told else ""
        return Content.assemble((head, "bold $text-primary"), said)

    def _row(self, info: ProbeInfo) -> Content:
        standing = self._standing(info.name)
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
