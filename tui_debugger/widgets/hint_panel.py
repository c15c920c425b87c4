"""The ladder of hints: what was taken, what the next rung costs, what the level is worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static

from engine.game import Game
from engine.hints import Kind, Rung
from engine.level import Level
from engine.scoring import State
from tui_debugger.copying import copy, text_of
from tui_debugger.keys import key
from tui_debugger.messages import ShowProbe
from tui_debugger.text import count, points, prose

TAKE = "Take this hint"
AHEAD = "folklore, put to the test"
FOLKLORE = "folklore: not what you will see here"


class HintPanel(VerticalScroll):
    """Shows the rungs; asks its screen to take the next one."""

    DEFAULT_CSS = """
    HintPanel {
        padding: 0 1;
        & > Static { margin: 0 0 1 0; }
        & > .hint--worth { background: $panel; margin: 0 -1 1 -1; padding: 0 1; }
        & > Button { margin: 0 0 1 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t,enter", "take", "Take the hint",
            id="hints.take", tooltip="Hints: Go to the next hint; again, take it",
        ),
        Binding(
            "c", "copy", "Copy", show=False, id="hints.copy", tooltip="Hints: Copy them as text"
        ),
    ]  # fmt: skip

    @dataclass
    class Take(Message):
        """Take the next rung."""

        rung: Rung

    def __init__(self, game: Game, level: Level, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.game = game
        self.level = level

    def compose(self) -> ComposeResult:
        rungs = self.game.hints(self.level)
        taken = [rung for rung, readable in rungs if readable]
        yield Static(self._worth(len(taken), len(rungs)), classes="hint--worth", markup=False)
        for number, rung in enumerate(taken, 1):
            yield _Told(number, rung)
        following = self.game.next_hint(self.level)
        if following is None:
            yield Static("Every hint is taken, the answer too.", markup=False)
        else:
            yield from self._next(len(taken) + 1, following)

    async def update(self) -> None:
        """Show the ladder as it is now, from its last rung."""
        focused = self.has_focus_within
        await self.recompose()
        if focused:
            self.focus()
        self.scroll_end(animate=False)

    @on(Button.Pressed)
    def take_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self._take()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.game.next_hint(self.level) is not None if action == "take" else True

    def action_take(self) -> None:
        """Ask for the next rung; at first only go to it where it costs something, for the letter
        may have been meant for the code."""
        button = self.query_one(Button)
        if self._costs() and not button.has_focus:
            button.label = Content(f"{TAKE}: {key(self, 'hints.take')} again, or ⏎")
            button.refresh(layout=True)  # it is wider now
            button.focus()
        else:
            self._take()

    def _costs(self) -> bool:
        """Whether points would be gone without another question."""
        rung = self.game.next_hint(self.level)
        now, after = self.game.progress(self.level), self.game.after_hint(self.level)
        return rung is not None and rung.kind is not Kind.ANSWER and now.worth != after.worth

    def _take(self) -> None:
        rung = self.game.next_hint(self.level)
        if rung is not None:
            self.post_message(self.Take(rung))

    def action_copy(self) -> None:
        """Copy the hints that are told."""
        copy(self, text_of(self), "What the hints tell")

    def _worth(self, taken: int, rungs: int) -> Content:
        standing = self.game.progress(self.level)
        said = f"{taken} of {count(rungs, 'hint')} taken. "
        match standing.state:
            case State.SOLVED:
                said += f"Solved for {points(standing.award)}: hints are free now."
            case State.REVEALED:
                said += "The answer was taken: a solution pays nothing more."
            case _:
                said += f"A solution is worth {points(standing.worth)} now, of {self.level.value}."
        return Content(said)

    def _next(self, number: int, rung: Rung) -> Iterator[Widget]:
        now, after = self.game.progress(self.level), self.game.after_hint(self.level)
        said = f"{number}. {rung.title}"
        if now.worth == after.worth:
            price = "free"
        elif rung.kind is Kind.ANSWER:
            price = f"the level will pay {after.worth}"
        else:
            price = f"costs {rung.cost}: worth {now.worth} now, {after.worth} after"
        kind = "" if rung.holds else f"{AHEAD}; "
        yield Static(Content.assemble((said, "bold"), f"\n{kind}{price}"), markup=False)
        yield Button(Content("Show the answer" if rung.kind is Kind.ANSWER else TAKE))


class _Told(Static):
    """One rung that was taken."""

    def __init__(self, number: int, rung: Rung) -> None:
        self.probe = rung.probe
        parts: list[Content] = [Content.styled(f"{number}. {rung.title}", "bold")]
        if not rung.holds:
            parts.append(Content.styled(f"({FOLKLORE})", "italic $text-warning"))
        parts.append(prose(rung.text))
        if rung.probe is not None:
            link = f"[@click=show_probe]{rung.probe}[/]"
            parts.append(Content.from_markup(f"put to the test by {link}"))
        super().__init__(Content("\n").join(parts), markup=False)

    def action_show_probe(self) -> None:
        if self.probe is not None:
            self.post_message(ShowProbe(self.probe))
