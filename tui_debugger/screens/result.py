"""How a submission came out: check by check, and when solved the points and the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
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
from tui_debugger.screens.fitting import FittingScreen
from tui_debugger.text import MUTED, count, one_line, plain, points, prose
from tui_debugger.widgets.diff_view import DiffView
from tui_debugger.widgets.key_bar import KeyBar
from tui_debugger.widgets.top_bar import TopBar

Outcome = Fault | str | None
"""A place to go to in the code, ``next`` or ``levels``; None is back to the code."""

REMEMBER = "What to remember:"
"""How an explanation begins its lesson; the field guide has that in other words."""
RIGHT, WRONG = ("✓", "$text-success"), ("✗", "$text-error")


class ResultScreen(FittingScreen[Outcome]):
    """Read at leisure: nothing moves on by itself."""

    HELP = """\
Failed checks come first: which part of the codebase was asked, for which input, what came back \
and what was expected. A place in your code can be clicked. Select text with the mouse and copy \
it with ctrl+c, or all of it with `{result.copy}`.
"""
    CSS_PATH = "result.tcss"
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
                reason = Content(plain(self.submission.verdict.reason))
                yield _Told([(reason, self.submission.verdict.fault)], classes="block")
            yield from self._points()
            if self.submission.verdict.solved:
                yield from self._claim()
                yield from self._answer()
                yield from self._lessons()
                yield from self._next()
            yield from self._failed()
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
        shared = {fault: times for fault, times in faults.items() if times > 1}
        if shared:
            yield _Told((_shared(shared[fault]), fault) for fault in sorted(shared, key=str))
        for component, of in groups.items():
            failed = [check for check in of if not check.passed]
            if failed:
                said = f"✗ {component}  {len(failed)} of {count(len(of), 'check')} failed"
                yield Static(Content.styled(said, "bold $text-error"), markup=False)
            told = [check for check in failed if check.fault not in shared]
            if told:
                yield _Told((_asked(check), check.fault) for check in told)

    def _passed(self) -> Iterator[Widget]:
        rows: list[Content] = []
        for component, of in self._groups().items():
            passed = [check for check in of if check.passed]
            if passed:
                rows.append(Content.styled(component, "bold"))
                rows += [Content(f"✓ {check.name}  {one_line(check.message)}") for check in passed]
        if rows:
            passes = sum(check.passed for check in self.submission.verdict.checks)
            body = Static(Content("\n").join(rows), markup=False)
            yield Collapsible(body, title=f"✓ {count(passes, 'check')} passed")


def _shared(times: int) -> Content:
    return Content.styled(f"{count(times, 'check')} failed for one reason:", "bold")


def _asked(check: Check) -> Content:
    return Content.assemble((check.name, "bold"), "\n", prose(check.message))


class _Told(Static):
    """Paragraphs that may end in a place in the code; a click on it leads there."""

    def __init__(
        self, paragraphs: Iterable[tuple[Content, Fault | None]], *, classes: str = "failed"
    ) -> None:
        self.faults: list[Fault] = []
        said = Content("\n\n").join(self._paragraph(*each) for each in paragraphs)
        super().__init__(said, classes=classes, markup=False)

    def _paragraph(self, said: Content, fault: Fault | None) -> Content:
        if fault is None or not fault.file or not fault.line:
            return said
        self.faults.append(fault)
        action = f"go_to({len(self.faults) - 1})"
        link = Style.from_meta({"@click": action}) + Style(underline=True)
        place = one_line(f"{fault.file}:{fault.line}")
        return Content.assemble(said, "\n", (place, link), f"  {one_line(fault.sentence)}")

    def action_go_to(self, number: int) -> None:
        self.screen.dismiss(self.faults[number])
