"""How a submission came out: check by check, and when solved the points and the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.lazy import Reveal
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Collapsible, Static

from engine.evidence import Fault
from engine.field import Note
from engine.game import Submission
from engine.guide import Found
from engine.level import Level
from engine.verdict import Check
from tui_debugger.account import account, claim_account
from tui_debugger.copying import copy, text_of
from tui_debugger.keys import key
from tui_debugger.screens import BREAKPOINTS
from tui_debugger.text import MUTED, count, one_line, plain, points, prose
from tui_debugger.widgets.diff_view import DiffView
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.top_bar import TopBar

Outcome = Fault | str | None
"""A place to go to in the code, ``next`` or ``levels``; None is back to the code."""

REMEMBER = "What to remember:"
"""How an explanation begins its lesson; the field guide has that in other words."""
RIGHT, WRONG = ("✓", "$text-success"), ("✗", "$text-error")


class ResultScreen(Screen[Outcome]):
    """Read at leisure: nothing moves on by itself."""

    HELP = """\
Failed checks come first: which part of the codebase was asked, for which input, what came back \
and what was expected. A place in your code can be clicked. Select text with the mouse and copy \
it with ctrl+c, or all of it with `{result.copy}`.
"""
    CSS_PATH = "result.tcss"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss", "Back to the code",
            id="result.back", tooltip="Result: Back to the code",
        ),
        Binding(
            "c", "copy", "Copy", show=False, id="result.copy", tooltip="Result: Copy it as text"
        ),
        Binding("n", "next", "Next level", id="result.next", tooltip="Result: Open the next level"),
        Binding(
            "ctrl+l", "levels", "Levels", id="result.levels", tooltip="Result: Back to the levels"
        ),
    ]  # fmt: skip

    def __init__(
        self,
        level: Level,
        submission: Submission,
        following: Level | None,
        found: Found | None = None,
        notes: Sequence[Note] = (),
    ) -> None:
        """``found`` is what the field guide knows of a solved level's bug."""
        super().__init__()
        self.found = found
        self.notes = notes
        self.level = level
        self.submission = submission
        self.following = following

    def compose(self) -> ComposeResult:
        yield TopBar(f"{self.level.number}  {self.level.title}", self._won())
        with VerticalScroll(id="result"):
            yield Static(self._headline(), id="headline", markup=False)
            if self.submission.verdict.reason:
                yield _Reason(self.submission.verdict.reason, self.submission.verdict.fault)
            yield from self._points()
            if self.submission.verdict.solved:
                yield from self._claim()
                yield from self._answer()
                yield from self._lessons()
                yield from self._next()
            yield from self._failed()
            with Reveal(Vertical(id="passed")):  # what is far below comes after what is seen first
                yield from self._passed()
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#result").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "next":
            return self.submission.verdict.solved and self.following is not None
        return True

    def action_next(self) -> None:
        """Open the next level."""
        self.dismiss("next")

    def action_levels(self) -> None:
        """Back to the list."""
        self.dismiss("levels")

    def action_copy(self) -> None:
        """Copy all of it, what is folded up too."""
        copy(self, text_of(self.query_one("#result")), "The result")

    def _won(self) -> str:
        gained = self.submission.gained
        return f"+{points(gained)}" if gained else ""

    def _headline(self) -> Content:
        verdict = self.submission.verdict
        if verdict.solved:
            return Content.styled("● Solved: every check passed.", "bold $text-success")
        if verdict.reason:
            return Content.styled("✗ Not solved: the exam did not finish.", "bold $text-error")
        failed = sum(not check.passed for check in verdict.checks)
        said = f"✗ Not solved yet: {failed} of {count(len(verdict.checks), 'check')} failed."
        return Content.styled(said, "bold $text-error")

    def _points(self) -> Iterator[Widget]:
        several = len(self.level.parts) > 1
        if several:
            yield Static(self._parts(), classes="block", markup=False)
        if self.submission.verdict.solved or self.submission.newly_mended:
            bill = account(self.level, self.submission)
            left, right = (max(len(line[at]) for line in bill) for at in (0, 1))
            rows = [f"{what:<{left}}  {much:>{right}}" for what, much in bill]
            rows[-1:] = [] if len(rows) == 1 else [f"{'─' * (left + right + 2)}", rows[-1]]
            body = Content("\n".join(rows)) if rows else Content(": ".join(bill[0]))
            yield Static("Points", classes="title", markup=False)
            yield Static(body, id="points", classes="block", markup=False)

    def _claim(self) -> Iterator[Widget]:
        rows = [
            Content.assemble(RIGHT if right else WRONG, f" {one_line(said)}")
            for right, said in claim_account(self.level, self.submission.after)
        ]
        if rows:
            whole = "right" if self.submission.after.claim_right else "not all of it right"
            yield Static(f"Your claim: {whole}", classes="title", markup=False)
            yield Static(Content("\n").join(rows), classes="block", markup=False)

    def _parts(self) -> Content:
        """Which bugs are mended; a bug that is not keeps its name to itself."""
        mended, new = self.submission.after.mended, self.submission.newly_mended
        share = points(self.level.value // len(self.level.parts))
        rows = [Content.styled(f"{len(mended)} of {len(self.level.parts)} bugs mended", "bold")]
        for part in self.level.parts:
            if part.id in mended:
                when = f"mended now, worth {share}" if part.id in new else "mended before"
                rows.append(Content.assemble(("● ", "$text-success"), f"{part.title}  ({when})"))
        left = len(self.level.parts) - len(mended)
        if left:
            rows.append(Content.styled(f"○ {left} still to be found, {share} each", MUTED))
        return Content("\n").join(rows)

    def _answer(self) -> Iterator[Widget]:
        answer = self.level.file.answer
        yield Static(one_line(answer.title), classes="title", markup=False)
        yield Static(prose(answer.explanation), classes="block", markup=False)
        yours, reference = self.submission.fix, self.level.answer_diff()
        if yours == reference:
            yield DiffView(("Your fix, to the letter the reference's", yours))
        else:
            yield DiffView(("Your fix", yours), ("The reference fix", reference))

    def _lessons(self) -> Iterator[Widget]:
        remembered = REMEMBER in self.level.file.answer.explanation
        if self.found is not None and self.found.learnt and not remembered:
            yield Static("What it taught", classes="title", markup=False)
            yield Static(prose(self.found.learnt), classes="block", markup=False)
        row = self.found.row if self.found else None
        if self.found is not None and row is not None:
            said = f"Seen by {len(row.fires)} of {self.found.probes} probes"
            names = one_line(", ".join(row.fires))
            if row.sometimes:
                names += f"; on some seeds also {one_line(', '.join(row.sometimes))}"
            yield Static(said, classes="title", markup=False)
            yield Static(names, id="row", classes="block", markup=False)
        if self.notes:
            yield Static("Where it bit others", classes="title", markup=False)
        for note in self.notes:
            told = Content.assemble(prose(note.text), "\n", (one_line(note.source), MUTED))
            yield Static(told, classes="block", markup=False)

    def _next(self) -> Iterator[Widget]:
        if self.following is not None:
            said = f"{key(self, 'result.next')}  {self.following.number}  {self.following.title}"
            yield Static("Next", classes="title", markup=False)
            yield Static(one_line(said), classes="block", markup=False)

    def _groups(self) -> dict[str, list[Check]]:
        """The checks by the component that they ask."""
        groups: dict[str, list[Check]] = {}
        for check in self.submission.verdict.checks:
            groups.setdefault(check.component, []).append(check)
        return groups

    def _failed(self) -> Iterator[Widget]:
        checks, groups = self.submission.verdict.checks, self._groups()
        if groups:
            yield Static("The exam", classes="title", markup=False)
        faults = Counter(check.fault for check in checks if check.fault)
        shared = {fault for fault, times in faults.items() if times > 1}
        for fault in sorted(shared, key=str):
            yield _Shared(fault, [check for check in checks if check.fault == fault])
        for component, of in groups.items():
            failed = [check for check in of if not check.passed]
            if failed:
                said = f"✗ {component}  {len(failed)} of {count(len(of), 'check')} failed"
                yield Static(Content.styled(said, "bold $text-error"), markup=False)
                for check in failed:
                    if check.fault not in shared:
                        yield _Failed(check)

    def _passed(self) -> Iterator[Widget]:
        for component, of in self._groups().items():
            passed = [check for check in of if check.passed]
            if passed:
                rows = [f"✓ {check.name}  {one_line(check.message)}" for check in passed]
                title = f"✓ {component}  {len(passed)} passed".replace("[", "\\[")
                yield Collapsible(Static("\n".join(rows), markup=False), title=title)


class _Place(Static):
    """Text that ends in a place in the code; a click leads there."""

    def __init__(self, said: Content, fault: Fault | None, *, classes: str) -> None:
        self.fault = fault if fault and fault.file and fault.line else None
        if fault is not None and self.fault is not None:
            link = Style.from_meta({"@click": "go_to"}) + Style(underline=True)
            place = one_line(f"{fault.file}:{fault.line}")
            said = Content.assemble(said, "\n", (place, link), f"  {one_line(fault.sentence)}")
        super().__init__(said, classes=classes, markup=False)

    def action_go_to(self) -> None:
        self.screen.dismiss(self.fault)


class _Reason(_Place):
    """Why there is no full set of checks."""

    def __init__(self, reason: str, fault: Fault | None) -> None:
        super().__init__(Content(plain(reason)), fault, classes="block")


class _Shared(_Place):
    """One fault that several checks failed for, told once."""

    def __init__(self, fault: Fault, checks: Sequence[Check]) -> None:
        said = Content.styled(f"{count(len(checks), 'check')} failed for one reason:", "bold")
        super().__init__(said, fault, classes="failed")


class _Failed(_Place):
    """One check that failed."""

    def __init__(self, check: Check) -> None:
        said = Content.assemble((check.name, "bold"), "\n", prose(check.message))
        super().__init__(said, check.fault, classes="failed")
