"""Every other state that a person can meet, as a picture at both sizes, dark and light.

One app goes through all four views of a state, so that many states take little time. As with the
other snapshots, a look at the files accepts a change (`make snapshots`).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytest_textual_snapshot import SVGImageExtension  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from engine.errors import WorkspaceError
from engine.evidence import Call, Evidence, Fault, Status, Table, Traced
from engine.game import Game
from engine.home import Home
from engine.sandbox.messages import Ended, Outcome, Printed, Shown
from tests.ui.double import Lab
from tests.ui.driving import NARROW, WIDE, in_code, level_screen, mend, until, until_seen
from tests.ui.evidence import CURVE, FIRES, MAP, ROWS, fault
from tests.ui.test_ui_score import _import, _other
from tui_debugger import history
from tui_debugger.app import DebuggerApp
from tui_debugger.screens.guide import GuideScreen
from tui_debugger.screens.score import ScoreScreen

Drive = Callable[[Pilot[None]], Awaitable[None]]
Show = Callable[[DebuggerApp, Drive], Awaitable[None]]
FILE = "transformer/attention.py"
HANGS = Ended(Outcome.TIMEOUT, "It took longer than 10 s and was stopped.")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCRATCH = Fault("NameError: name 'logit' is not defined", "scratch.py", 21)
TABLE = Evidence(
    "attention.causality", "attention", Status.QUIET, "The logits are (5, 12, 37) in float32.",
    figure=Table(
        "One forward pass",
        ("what", "module", "shape", "dtype"),
        (
            ("token ids", "", "(5, 12)", "int64"),
            ("layers.0.attn.rope", "RotaryPositionalEmbedding", "(5, 3, 12, 8)", "float32"),
            ("logits", "TransformerLM", "(5, 12, 37)", "float32"),
        ),
    ),
    calls=(
        Call(
            FILE, "attention",
            tuple(Traced(name, (5, 3, 12, 8), "float32") for name in "QKV"),
            (Traced("", (5, 3, 12, 8), "float32"),),
        ),
    ),
)  # fmt: skip
SKIPPED = Evidence("loss.sign", "loss", Status.SKIPPED, "There is no loss to ask.")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Under a name that is the same everywhere, for it is shown."""
    monkeypatch.chdir(tmp_path)
    home = Home(Path("data"), Path("config"), Path("logs"))
    home.config.mkdir()
    home.settings.write_text('{"format": 1, "toured": true}', "utf-8")
    return home


@pytest.fixture(autouse=True)
def greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def show(snapshot: SnapshotAssertion) -> Show:
    """Fails unless a state looks as it did in all four views."""
    kept = snapshot.use_extension(SVGImageExtension)

    async def same(app: DebuggerApp, drive: Drive) -> None:
        taken: dict[str, str] = {}
        async with app.run_test(size=NARROW) as pilot:
            await drive(pilot)
            for width, height in (NARROW, WIDE):
                await pilot.resize_terminal(width, height)
                for theme in ("dark", "light"):
                    app.theme = f"textual-{theme}"
                    taken[f"{width}x{height}-{theme}"] = await settled(pilot)
        assert [view for view, svg in taken.items() if svg != kept(name=view)] == []

    return same


async def settled(pilot: Pilot[None], patience: int = 50) -> str:
    """What is seen once nothing moves any more: a layout may take several rounds of messages."""
    seen = ""
    for _ in range(patience):
        await pilot.pause()
        await pilot.pause()
        before, seen = seen, pilot.app.export_screenshot()
        if seen == before:
            break
    return seen


def keys(*pressed: str, said: str, code: bool = True) -> Drive:
    """Press these, then wait for that."""

    async def drive(pilot: Pilot[None]) -> None:
        if code:
            await in_code(pilot)
        await pilot.press(*pressed)
        await until_seen(pilot, said)

    return drive


async def ran(pilot: Pilot[None], said: str) -> None:
    await in_code(pilot)
    await pilot.press("f5", "f3")
    await until_seen(pilot, said)
    await until(pilot, lambda: not level_screen(pilot).running)


LEVEL: dict[str, Drive] = {
    "brief": keys("f2", said="Every head looks"),
    "probes-not-run": keys("f3", said="4 probes, 1 of them slow"),
    "probes-filtered": keys("f3", "slash", *"loss", said="Is the loss positive?"),
    "probes-filtered-to-none": keys("f3", "slash", *"zzz", said="No probe has these words."),
    "hints-untaken": keys("f4", said="costs 10"),
    "output-empty": keys("f8", said="Output"),
    "files": keys("ctrl+o", said="scratch.py"),
    "find": keys("ctrl+f", *"scores", said="1 of 4"),
    "find-nothing": keys("ctrl+f", *"zzz", said="not here"),
    "found": keys("ctrl+f", *"mean", "ctrl+f", said="2 places"),
    "changes-none": keys("alt+d", said="Nothing differs"),
    "history-none": keys("alt+h", said="No run yet."),
    "ask-reset": keys("ctrl+r", said="Put every file back"),
    "guide": keys("f12", said="Field guide"),
    "help-in-the-panel": keys("f3", "f1", said="Keys that work now"),
    "scratch": keys("ctrl+b", said="Your own probe"),
    "palette": keys("ctrl+p", said="Search"),
    "tour": keys("f2", "alt+t", said="Tour 1/8"),
    "tour-in-the-code": keys("f3", "alt+t", "f5", "f10", said="Tour "),
}


@pytest.mark.parametrize("state", LEVEL)
async def test_the_level(show: Show, on_level: DebuggerApp, state: str) -> None:
    await show(on_level, LEVEL[state])


async def test_the_lab_loads(show: Show, on_level: DebuggerApp, lab: Lab) -> None:
    lab.loaded.clear()
    await show(on_level, keys("f3", said="The lab is loading torch"))


async def test_the_lab_has_failed(show: Show, on_level: DebuggerApp, lab: Lab) -> None:
    lab.broken = "The lab stopped with code 1: no torch."
    await show(on_level, keys("f3", said="tries again"))


OUTCOMES: dict[str, tuple[dict[str, Evidence], str, str]] = {
    "table": ({TABLE.probe: TABLE}, TABLE.probe, "✓ 4 quiet"),
    "heatmap": ({ROWS: replace(FIRES, figure=MAP)}, ROWS, "✗ 1 fires"),
    "curve": ({CURVE.probe: CURVE}, CURVE.probe, "✗ 1 fires"),
    "failed": ({"loss.sign": fault(6)}, "loss.sign", "! 1 failed"),
    "skipped": ({"loss.sign": SKIPPED}, "loss.sign", "– 1 skipped"),
}


@pytest.mark.parametrize("zoomed", [False, True], ids=["", "zoomed"])
@pytest.mark.parametrize("state", OUTCOMES)
async def test_the_evidence(
    show: Show, on_level: DebuggerApp, lab: Lab, state: str, zoomed: bool
) -> None:
    lab.evidence, name, said = OUTCOMES[state]

    async def drive(pilot: Pilot[None]) -> None:
        await ran(pilot, said)
        level_screen(pilot).probes.show(name)
        await pilot.press(*("z" if zoomed else ""))

    await show(on_level, drive)


async def test_stale_evidence_and_the_shapes_of_an_edited_source(
    show: Show, on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence = {TABLE.probe: TABLE}

    async def drive(pilot: Pilot[None]) -> None:
        await ran(pilot, "✓ 4 quiet")
        await pilot.press("escape")
        await mend(pilot)
        await until_seen(pilot, "~ attention", "saved")

    await show(on_level, drive)


async def test_stale_evidence_in_the_panel(show: Show, on_level: DebuggerApp) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await ran(pilot, "✓ 4 quiet")
        await pilot.press("escape")
        await mend(pilot)
        await until_seen(pilot, "saved")
        await pilot.press("f3")
        await until_seen(pilot, "before your last edit")

    await show(on_level, drive)


@pytest.mark.parametrize("taken", ["all-but-the-answer", "answer", "solved"])
async def test_hints(show: Show, on_level: DebuggerApp, game: Game, taken: str) -> None:
    level = game.levels[0]
    for _ in range({"all-but-the-answer": 3, "answer": 4, "solved": 0}[taken]):
        game.take_hint(level)

    async def drive(pilot: Pilot[None]) -> None:
        if taken == "solved":
            await mend(pilot)
            await pilot.press("f9")
            await until_seen(pilot, "● Solved")
            await pilot.press("escape")
        await in_code(pilot)
        await pilot.press("f4")
        await until_seen(pilot, "hints taken" if taken != "solved" else "free")

    await show(on_level, drive)


async def test_the_answer_is_asked_about(show: Show, on_level: DebuggerApp, game: Game) -> None:
    for _ in range(3):
        game.take_hint(game.levels[0])
    await show(on_level, keys("f4", "t", said="Show the answer?"))


@pytest.mark.parametrize("state", ["values", "flood", "error"])
async def test_the_output(show: Show, on_level: DebuggerApp, lab: Lab, state: str) -> None:
    said = "scratch.py ended."
    match state:
        case "values":
            lab.shows = [Shown("weights", "float32 (20, 20)\nmin 0  mean 0.2  max 1", 16, MAP)]
            lab.shows.append(Printed("stdout", "by hand\n"))
        case "flood":
            lab.shows = [Printed("stdout", "".join(f"line {n}\n" for n in range(3000)))]
        case _:
            lab.scratched = Ended(Outcome.CRASHED, f"It ended with an error: {SCRATCH}.", SCRATCH)
            said = "NameError"
    drive = keys("ctrl+b", said="Your own probe")

    async def run(pilot: Pilot[None]) -> None:
        await drive(pilot)
        await pilot.press("ctrl+b")
        await until_seen(pilot, said)

    await show(on_level, run)


async def test_a_claim(show: Show, on_level: DebuggerApp, lab: Lab) -> None:
    lab.evidence = {ROWS: FIRES}

    async def drive(pilot: Pilot[None]) -> None:
        await ran(pilot, "✗ 1 fires")
        level_screen(pilot).probes.show(ROWS)
        await pilot.press("e")
        (await in_code(pilot)).move_cursor((8, 0))
        await pilot.press("alt+c")
        await until_seen(pilot, "These lines are wrong")

    await show(on_level, drive)


async def test_the_exam_as_it_goes_on(show: Show, on_level: DebuggerApp, lab: Lab) -> None:
    lab.going.clear()
    await show(on_level, keys("number_sign", "f9", said="asking question 1 of 6"))


async def test_a_submission_that_hangs(show: Show, on_level: DebuggerApp, lab: Lab) -> None:
    lab.answered = HANGS
    await show(on_level, keys("number_sign", "f9", said="the exam did not finish"))


async def test_one_of_several_bugs_mended(show: Show, game: Game) -> None:
    level = game.levels[2]
    game.open(level).write("training/loss.py", level.clean["training/loss.py"])
    await show(DebuggerApp(game, level), keys("f9", said="1 of 2 bugs mended"))


async def test_changes(show: Show, on_level: DebuggerApp) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await mend(pilot)
        await pilot.press("alt+d")
        await until_seen(pilot, "r Reset this file")

    await show(on_level, drive)


async def test_earlier_runs(show: Show, on_level: DebuggerApp, game: Game) -> None:
    level = game.levels[0]
    quiet = replace(FIRES, status=Status.QUIET, measurements=FIRES.measurements[1:])
    runs = (
        history.Run(NOON, (FIRES, fault(6)), {}),
        history.Run(NOON + timedelta(minutes=3), (quiet, fault(6)), {FILE: level.clean[FILE]}),
    )

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        level_screen(pilot).history.runs = runs
        await pilot.press("alt+h")
        await until_seen(pilot, "Run 2 beside run 1")

    await show(on_level, drive)


async def test_a_conflict(show: Show, on_level: DebuggerApp, game: Game) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        area = await in_code(pilot)
        game.workspace(game.levels[0]).write(FILE, "theirs\n")
        area.insert("mine")
        await until_seen(pilot, "Keep what is here")

    await show(on_level, drive)


async def test_quitting_over_what_cannot_be_saved(
    show: Show, on_level: DebuggerApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise WorkspaceError(f"{FILE} cannot be written: No space left on device.")

    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        # To the end of the test: the game tries again to save, and would tell that it has.
        monkeypatch.setattr("engine.workspace.Workspace.write", full)
        await pilot.press("a", "ctrl+q")
        await until_seen(pilot, "Quit without saving", "not saved")

    await show(on_level, drive)


async def test_a_file_that_is_no_text(show: Show, on_level: DebuggerApp, game: Game) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        core = game.workspace(game.levels[0]).root / "transformer/core.py"
        core.write_bytes(b"\xff\xfe")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: level_screen(pilot).code.file.endswith("core.py"))

    await show(on_level, drive)


async def test_levels_of_a_damaged_pack(
    show: Show, content: Path, make_game: Callable[[], Game]
) -> None:
    (content / "answer_key/02-b.toml").write_text("[", "utf-8")
    await show(DebuggerApp(make_game()), keys(said="lab ready", code=False))


async def test_the_keys(show: Show, app: DebuggerApp) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await until_seen(pilot, "lab ready")
        app.change_keys()
        await until_seen(pilot, "Help: Open the field guide")

    await show(app, drive)


@pytest.mark.parametrize("others", [False, True], ids=["alone", "among-others"])
async def test_the_score(show: Show, app: DebuggerApp, others: bool) -> None:
    if others:
        _import(app.game, _other(app.game, "Ada", 2), _other(app.game, "Emmy", 1))

    async def drive(pilot: Pilot[None]) -> None:
        await until_seen(pilot, "lab ready")
        await app.push_screen(ScoreScreen(app.game, ""))
        await app.workers.wait_for_complete()
        await until_seen(pilot, "Ada" if others else "tui-debugger import")

    await show(app, drive)


@pytest.mark.parametrize("page", ["probe:attention.row_sums", "level:sharp"])
async def test_a_page_of_the_guide(show: Show, on_level: DebuggerApp, page: str) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await in_code(pilot)
        await on_level.push_screen(GuideScreen(on_level.game, page))
        await on_level.workers.wait_for_complete()
        await pilot.pause()

    await show(on_level, drive)
