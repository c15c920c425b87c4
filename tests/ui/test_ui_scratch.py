"""The player's own probe in the level: written beside the code, run by one key, shown well."""

from __future__ import annotations

from pathlib import Path

from engine import scratch
from engine.evidence import Curves, Fault, Heatmap
from engine.game import Game
from engine.level import Level
from engine.sandbox.messages import Ended, Outcome, Printed, Shown
from engine.workspace import Workspace
from tests.ui.double import Lab
from tests.ui.driving import (
    NARROW,
    STRANGE,
    WIDE,
    editor,
    in_code,
    level_screen,
    seen,
    until,
    until_seen,
)
from tui_debugger.app import DebuggerApp
from tui_debugger.documents import Documents
from tui_debugger.widgets.output_sheet import FIGURES, FOLD, LINES, OutputSheet

MAP = Heatmap("Weights", ((0.25, 0.75), (1.0, -0.5)), "row", "column")
START = {"transformer/a.py": "a = 1\n"}


def sheet_of(app: DebuggerApp) -> OutputSheet:
    return app.screen.query_one(OutputSheet)


def test_the_scratch_is_written_from_the_template_when_it_is_first_opened(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work", START)
    workspace.ensure()
    documents = Documents(workspace)
    assert not documents.edited(scratch.FILE)
    assert not (workspace.root / scratch.FILE).exists()
    assert documents.open(scratch.FILE).text == scratch.TEMPLATE
    assert workspace.read(scratch.FILE) == scratch.TEMPLATE


def test_the_scratch_never_counts_as_an_edit(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work", START)
    workspace.ensure()
    documents = Documents(workspace)
    before = documents.revision()
    documents.open(scratch.FILE)
    documents.edit(scratch.FILE, "1 + 1\n")
    documents.save(scratch.FILE)
    assert workspace.read(scratch.FILE) == "1 + 1\n"
    assert documents.revision() == before
    assert not documents.edited(scratch.FILE)
    assert documents.changed_lines(scratch.FILE) == frozenset()


async def test_the_key_opens_the_scratch_then_runs_what_was_typed(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.shows = [
        Shown("logits", "float32 (5, 12, 37)\nmin -1  mean 0  max 1", 16, MAP),
        Printed("stdout", "by hand\n"),
    ]
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+b")
        await until_seen(pilot, "Your own probe", "^b Run scratch")
        await pilot.press("x", "ctrl+b")
        await until_seen(pilot, "scratch.py ended.", "by hand")
        await until_seen(pilot, "16  logits", "float32 (5, 12, 37)", "Weights", "0.25")
        assert lab.sources[-1][scratch.FILE] == f"x{scratch.TEMPLATE}"
        await pilot.press("ctrl+b")
        await until_seen(pilot, "Your own probe")
        assert len(lab.sources) == 1


async def test_beside_the_code_the_output_leaves_the_keyboard_to_who_types(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.shows = [Printed("stdout", "hello\n")]
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: level_screen(pilot).in_scratch)
        await pilot.press("ctrl+b")
        await until_seen(pilot, "scratch.py ended.", "hello")
        assert editor(pilot).has_focus


async def test_neither_writing_nor_running_it_makes_results_stale(
    on_level: DebuggerApp, lab: Lab
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("ctrl+b")
        await until(pilot, lambda: level_screen(pilot).in_scratch)
        await pilot.press("x")
        await until_seen(pilot, "saved")
        assert "scratch.py ●" not in seen(on_level)
        assert not editor(pilot).changed
        await pilot.press("ctrl+b")
        await until_seen(pilot, "scratch.py ended.")
        await pilot.press("f3")
        await until_seen(pilot, "✓ 4 quiet")
        assert "before your last edit" not in seen(on_level)


async def test_an_error_marks_its_line_and_says_its_sentence(
    on_level: DebuggerApp, lab: Lab
) -> None:
    place = Fault("NameError: name 'logit' [/x] is not defined", scratch.FILE, 21)
    lab.scratched = Ended(Outcome.CRASHED, f"It ended with an error: {place}.", place)
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: level_screen(pilot).in_scratch)
        await pilot.press("ctrl+b")
        await until_seen(pilot, "scratch.py:21: NameError: name", "'logit' [/x] is not")
        assert editor(pilot).fault == 20


async def test_strange_values_are_shown_as_they_are(on_level: DebuggerApp, lab: Lab) -> None:
    curves = Curves(STRANGE, (0.0, 1.0), {STRANGE: (0.0, 1.0)}, STRANGE, STRANGE)
    lab.shows = [Shown(STRANGE, f"{STRANGE}\n{STRANGE}", 3, curves), Printed("stderr", STRANGE)]
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: level_screen(pilot).in_scratch)
        await pilot.press("ctrl+b")
        await until_seen(pilot, "scratch.py ended.", "3  [/x] a[b=c] red �")
        told = sheet_of(on_level).as_text()
        assert told.count("[/x] a[b=c] red �") == 8
        assert "\x1b" not in told


async def test_escape_cancels_it_and_what_comes_after_is_dropped(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.going.clear()
    lab.letting_go.clear()
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+b")
        await until_seen(pilot, "Your own probe")
        await pilot.press("ctrl+b")
        await until_seen(pilot, "Running scratch.py…", "esc Cancel")
        await pilot.press("escape")
        await until_seen(pilot, "Cancelled.")
        await until(pilot, lambda: lab.cancelled == 1)
        await pilot.press("f3")
        await until_seen(pilot, "4 probes")
        assert "Cancelled." not in seen(on_level)
        lab.letting_go.set()


async def test_the_output_stays_bounded_and_keeps_the_latest(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f8")
        sheet = sheet_of(on_level)
        for number in range(LINES // 100 + 10):
            sheet.write("".join(f"{number} {line}\n" for line in range(100)))
        assert sheet.line_count <= LINES
        sheet.write("x" * (FOLD + 10))
        assert sheet.as_text().endswith(f"{'x' * FOLD}\n{'x' * 10}")
        sheet.show(Shown("a", "1", 1))
        sheet.write("end\n")
        assert sheet.line_count <= LINES
        assert sheet.as_text().splitlines()[-3:] == ["   1  a", "      1", "end"]


async def test_only_so_many_figures_are_drawn(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f8")
        sheet = sheet_of(on_level)
        for _ in range(FIGURES + 3):
            sheet.show(Shown("a", "1", 1, MAP))
        assert sheet.as_text().count("Weights") == FIGURES


async def test_the_output_can_be_copied_and_saved(
    on_level: DebuggerApp, lab: Lab, game: Game, level: Level
) -> None:
    lab.shows = [Shown("weights", "float32 (2, 2)", 4, MAP), Printed("stdout", "done\n")]
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: level_screen(pilot).in_scratch)
        await pilot.press("ctrl+b")
        await until_seen(pilot, "scratch.py ended.", "done")
        await pilot.press("f8", "c")
        assert on_level.clipboard.startswith("   4  weights\n      float32 (2, 2)\n      Weights")
        await pilot.press("s", "s")
        await until_seen(pilot, "Saved as")
        folder = game.home.data / "saved" / level.id
        names = {"output.txt", "output.svg", "output-2.txt", "output-2.svg"}
        await until(pilot, lambda: {file.name for file in folder.iterdir()} == names)
        assert (folder / "output.txt").read_text("utf-8") == on_level.clipboard + "\n"
        assert "float32" in (folder / "output.svg").read_text("utf-8")
