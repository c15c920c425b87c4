"""The runs of a level, beside each other."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from engine.evidence import Evidence, Measurement, Status
from tests.ui.double import Lab
from tests.ui.driving import NARROW, STRANGE, WIDE, in_code, mend, seen, until_seen
from tests.ui.evidence import FIRES, MAP, ROWS
from tui_debugger.app import DebuggerApp
from tui_debugger.comparison import alone, compared, edits
from tui_debugger.history import MOST, History, Run, moved

START = {"a.py": "x = 1\n", "b.py": "y = 1\n"}


def quiet(probe: str) -> Evidence:
    return Evidence(probe, "a", Status.QUIET, "Fine.")


def test_a_history_is_there_after_a_restart_without_figures(tmp_path: Path) -> None:
    history = History(tmp_path / "h" / "a.json", START)
    history.add((replace(FIRES, figure=MAP), quiet("a.b")), {**START, "a.py": "x = 2\n"})
    again = History(history.path, START)
    assert again.runs == history.runs
    assert again.runs[0].edits == {"a.py": "x = 2\n"}
    assert [item.figure for item in again.runs[0].evidence] == [None, None]


def test_a_damaged_history_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    assert History(tmp_path / "a.json", START).runs == ()


def test_a_run_that_reached_nothing_is_no_run_and_old_ones_go(tmp_path: Path) -> None:
    history = History(tmp_path / "a.json", START)
    history.add((Evidence("a.b", "a", Status.SKIPPED, "Not reached."),), START)
    assert history.runs == ()
    for _ in range(MOST + 3):
        history.add((quiet("a.b"),), START)
    assert len(history.runs) == MOST


def test_the_texts_of_a_file_are_told_once_each_from_the_start_on(tmp_path: Path) -> None:
    history = History(tmp_path / "a.json", START)
    for text in ("x = 1\n", "x = 2\n", "x = 2\n", "x = 1\n"):
        history.add((quiet("a.b"),), {**START, "a.py": text})
    assert history.texts("a.py") == ["x = 1\n", "x = 2\n", "x = 1\n"]
    assert history.texts("b.py") == ["y = 1\n"]
    assert "-x = 1\n+x = 2\n" in history.diff(history.runs[0], history.runs[1])
    assert history.diff(history.runs[1], history.runs[2]) == ""


def test_what_moved_is_another_outcome_or_other_numbers_of_what_fires() -> None:
    at = datetime(2026, 1, 1)
    numbers = replace(FIRES, probe="c.d", measurements=(Measurement("sum", 2.0, 1.0),))
    then = Run(at, (quiet("a.b"), numbers, FIRES, quiet("only.then")), {})
    other = replace(numbers, measurements=(Measurement("sum", 3.0, 1.0),))
    now = Run(at, (other, quiet(ROWS), quiet("a.b"), quiet("only.now")), {})
    assert [pair.now.probe for pair in moved(then, now)] == [ROWS, "c.d"]


def test_a_quantity_is_compared_with_itself_wherever_it_was_worst() -> None:
    found = Measurement("output of (2, 12) at (0, 3)", -1.5, 0.25, 1e-6)
    then = Run(datetime(2026, 1, 1), (replace(FIRES, measurements=(found,)),), {})
    now_found = Measurement("output of (2, 12) at (1, 7)", 2.0, 2.0, 1e-6)
    now = Run(datetime(2026, 1, 1), (replace(quiet(ROWS), measurements=(now_found,)),), {})
    shown = str(compared(History(Path("none"), START), then, now, 80)).splitlines()
    row = "output of (2, 12)  -1.5 for 0.25  2    2"
    assert shown[-1].rstrip() == row


def test_what_an_edit_did_not_move_is_told_as_well(tmp_path: Path) -> None:
    history = History(tmp_path / "a.json", START)
    history.add((FIRES, quiet("a.b")), START)
    history.add((FIRES, quiet("a.b"), quiet("c.d")), {**START, "a.py": "x = 2\ny = 3\n"})
    then, now = history.runs
    assert str(alone(then)).splitlines() == [
        "What it found",
        f"✗ fires  {ROWS}",
        f"  {FIRES.finding}",
        "✓ 1 quiet",
    ]
    shown = str(compared(history, then, now, 80))
    assert shown.endswith(
        "0 probes of the 2 in both runs changed.\n\n"
        f"As before\n✗ fires  {ROWS}\n  {FIRES.finding}\n✓ 1 quiet\n\n"
        "Only in this run\n✓ 1 quiet"
    )
    assert str(edits(history, then, now)) == "  +2 −1"
    assert str(edits(history, now, now)) == ""


def test_a_file_that_a_level_has_no_more_stands_in_nobodys_way(tmp_path: Path) -> None:
    history = History(tmp_path / "a.json", {**START, "gone.py": "z = 1\n"})
    history.add((quiet("a.b"),), {**START, "gone.py": "z = 2\n"})
    history.add((quiet("a.b"),), {**START, "gone.py": "z = 3\n"})
    again = History(history.path, START)
    assert "+z = 3" in again.diff(*again.runs)


async def test_a_run_stands_beside_the_one_before_and_says_what_the_edit_did(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: replace(FIRES, finding=STRANGE)}
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("alt+h")
        await until_seen(pilot, "No run yet.")
        await pilot.press("escape", "f5")
        await until_seen(pilot, "✗ 1 fires")
        lab.evidence = {}
        await mend(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("alt+h")
        await until_seen(
            pilot,
            "✗ 1 fires, ✓ 3 quiet",
            "Run 2 beside run 1",
            "-    scores = Q @",
            "+    scores = Q @",
            "1 probe of the 4 in both runs changed.",
            f"{ROWS}  ✗ fires → ✓ quiet",
            "✓ 4 quiet  +1 −1",
            "As before",
        )
        await pilot.press("down")
        await until_seen(pilot, "The first run that is kept.", f"✗ fires  {ROWS}")
        await pilot.press("space", "up")
        await until_seen(pilot, "Run 2 beside run 1")


async def test_the_history_fits_a_small_screen(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f5", "escape")
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("alt+h")
        await until_seen(pilot, "Run 2 beside run 1", "Nothing.", "esc Back")
        comparison = on_level.screen.query_one("#comparison")
        await pilot.press("pagedown")
        assert comparison.scroll_y == comparison.max_scroll_y
        await pilot.press("pageup")
        assert comparison.scroll_y == 0
        await until_seen(pilot, "Run 2 beside run 1")
        assert "import torch" not in seen(on_level)
        await pilot.press("c")
        copied = on_level.clipboard
        assert copied.startswith("Run 2 beside run 1\n\nEdited in between\nNothing.\n")
        assert copied.endswith("As before\n✓ 4 quiet")
