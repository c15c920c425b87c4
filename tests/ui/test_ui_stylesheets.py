"""A stylesheet that was loaded once holds for every screen after it: each keeps to its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.css.model import SelectorType
from textual.css.stylesheet import Stylesheet

import tui_debugger.screens
from tests.ui.driving import NARROW, WIDE, in_code, level_screen, until, until_seen
from tui_debugger.app import DebuggerApp

SCREENS = Path(tui_debugger.screens.__file__).parent
SHEETS = sorted(SCREENS.rglob("*.tcss"))


def test_there_are_stylesheets_to_look_at() -> None:
    assert SCREENS / "found.tcss" in SHEETS
    assert SCREENS / "level" / "level.tcss" in SHEETS


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_every_rule_of_a_screen_begins_with_that_screen(app: DebuggerApp, sheet: Path) -> None:
    stylesheet = Stylesheet(variables=app.get_css_variables())
    stylesheet.read(sheet)
    selectors = [found for rule in stylesheet.rules for found in rule.selector_set]
    assert selectors
    screen = f"{sheet.stem.capitalize()}Screen"
    for found in selectors:
        first = found.selectors[0]
        assert (first.type, first.name) == (SelectorType.TYPE, screen), found.selectors


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_probes_stay_where_they_are_after_a_search_in_all_files(
    on_level: DebuggerApp, size: tuple[int, int]
) -> None:
    async with on_level.run_test(size=size) as pilot:
        await in_code(pilot)
        probes = level_screen(pilot).probes

        async def laid_out() -> list[object]:
            await pilot.press("f3")
            await until_seen(pilot, "Do a query's attention weights sum to 1?")
            shown = probes.query("*").filter("#found, #found *")
            return [(widget.id, widget.region) for widget in shown]

        before = await laid_out()
        await pilot.press("ctrl+f", *"mean", "ctrl+f")
        await until_seen(pilot, "Find in all files")
        await pilot.press("escape")
        await until(pilot, lambda: on_level.screen is level_screen(pilot))
        await in_code(pilot)
        assert await laid_out() == before
