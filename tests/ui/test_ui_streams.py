"""Evidence that grows while its probe runs, and evidence kept as files."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.evidence import Curves
from engine.game import Game
from engine.level import Level
from tests.ui.double import Lab
from tests.ui.driving import WIDE, in_code, level_screen, seen, until, until_seen
from tests.ui.evidence import CURVE, FIRES, ROWS
from tui_debugger.app import DebuggerApp
from tui_debugger.saving import save
from tui_debugger.widgets.evidence_view import EvidenceView
from tui_debugger.widgets.plot import plot


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_debugger.widgets.probe_panel.REDRAW_EVERY", 0.01)


async def test_a_long_probe_draws_its_curve_until_its_evidence_arrives(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.going.clear()
    lab.values = [3.0 * math.exp(-step / 20) for step in range(40)]
    lab.evidence = {CURVE.probe: CURVE}
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f3", "end", "enter")
        await until_seen(pilot, "▸ running  39 of 100", "As it goes on", "steps done", "39/100")
        assert "so far 3 → 0.4268" in seen(on_level)
        lab.going.set()
        await until_seen(pilot, "✗ fires", "The loss stays above 3 nats")
        assert "As it goes on" not in seen(on_level)


async def test_a_cancelled_probe_leaves_no_curve_behind(on_level: DebuggerApp, lab: Lab) -> None:
    lab.going.clear()
    lab.values = [1.0, 2.0, None]
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f3", "end", "enter")
        await until_seen(pilot, "As it goes on", "1 not finite")
        await pilot.press("escape")
        await until_seen(pilot, "Cancelled: 0 of 1 ran.", "· not run  ⏎ runs it")
        assert "As it goes on" not in seen(on_level)


async def test_a_probe_without_values_tells_how_far_it_is(on_level: DebuggerApp, lab: Lab) -> None:
    lab.going.clear()
    lab.values = [None, None, None]
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f3", "end", "enter")
        await until_seen(pilot, "▸ running  2 of 100")
        assert "As it goes on" not in seen(on_level)


async def test_evidence_is_saved_as_it_is_copied_and_as_a_picture(
    on_level: DebuggerApp, lab: Lab, game: Game, level: Level
) -> None:
    lab.evidence[ROWS] = FIRES
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        await pilot.press("f3", "enter")
        await until_seen(pilot, "✗ fires")
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(on_level.focused, EvidenceView))
        await pilot.press("c", "s")
        folder = game.home.data / "saved" / level.id
        await until_seen(pilot, "Saved as")
        text = (folder / f"{ROWS}.txt").read_text("utf-8")
        assert text == on_level.clipboard + "\n"
        assert "The weights of query 3 sum to 2.5." in text
        assert "-0.50" in text
        drawing = (folder / f"{ROWS}.svg").read_text("utf-8")
        assert drawing.startswith("<svg")
        assert "2.5." in drawing


async def test_what_cannot_be_saved_is_said(on_level: DebuggerApp, lab: Lab, game: Game) -> None:
    lab.evidence[ROWS] = FIRES
    game.home.data.mkdir(parents=True, exist_ok=True)
    (game.home.data / "saved").write_text("in the way", "utf-8")
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        await pilot.press("f3", "enter")
        await until_seen(pilot, "✗ fires")
        level_screen(pilot).probes.evidence.action_save()
        await until_seen(pilot, "Not saved:")


def test_a_growing_curve_leaves_room_for_what_is_to_come() -> None:
    curve = Curves("So far", (0.0, 1.0), {"value": (1.0, 2.0)}, "step", "value")
    lines = str(plot(curve, 60, 12, until=100)).splitlines()
    assert lines[-2].split() == ["0", "step", "100"]
    drawn = [line.partition("┤")[2].rstrip() for line in lines[1:-2]]
    assert max(map(len, drawn)) <= 3


def test_saving_never_runs_over_what_was_saved(tmp_path: Path) -> None:
    first = save(tmp_path, "a.b", "one", "<svg/>")
    second = save(tmp_path, "a.b", "two", "<svg/>")
    assert [file.name for file in (*first, *second)] == [
        "a.b.txt",
        "a.b.svg",
        "a.b-2.txt",
        "a.b-2.svg",
    ]
    assert first[0].read_text("utf-8") == "one"
