"""Whatever is written on the screen can be read: WCAG 2.2 AA, in the themes of high contrast AAA,
computed from what is drawn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.color import ColorType
from textual.color import Color

from engine.game import Game
from engine.level import Level
from tests.ui.double import Lab
from tests.ui.driving import WIDE, in_code, mend, until_seen
from tests.ui.evidence import CURVE, FIRES, MAP, ROWS, fault
from tui_debugger.app import DebuggerApp
from tui_debugger.contrast import AA, AAA, BLACK, WHITE, legible, ratio
from tui_debugger.themes import CONTRAST, least_contrast

colours = st.builds(Color, *[st.integers(0, 255)] * 3)
THEMES = ["textual-dark", "textual-light", *(theme.name for theme in CONTRAST)]
DRAWN = set("▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐▀▔▕░▒▓━─│╭╮╰╯┃╺╸")
"""Lines and bars: pictures, not text."""


def low(app: DebuggerApp, within: str = "") -> Iterator[str]:
    """What stands on the screen with too little contrast."""
    seen = app.screen.query_one(within) if within else app.screen
    least = least_contrast(app.theme)
    left, top, width, height = seen.region
    for strip in app.screen._compositor.render_strips()[top : top + height]:
        for segment in strip.crop(left, left + width):
            text = segment.text.strip()
            style = segment.style
            if not text or set(text) <= DRAWN or style is None or style.dim:
                continue
            ink, ground = style.color, style.bgcolor
            if ink is None or ground is None:
                continue
            if ColorType.DEFAULT in (ink.type, ground.type):
                continue
            contrast = ratio(Color.from_rich_color(ink), Color.from_rich_color(ground))
            if contrast < least - 0.05:  # a colour is rounded to whole steps of 1/255
                yield f"{text!r} {contrast:.2f} {ink.name} on {ground.name}"


@given(colours, st.lists(colours, min_size=1, max_size=4))
def test_a_legible_colour_is_read_on_every_ground_where_one_can_be(
    colour: Color, grounds: list[Color]
) -> None:
    found = legible(colour, grounds)
    possible = max(
        min(ratio(end, g) for g in grounds) for end in (Color(0, 0, 0), Color(255, 255, 255))
    )
    if possible >= AA and all(ratio(found, g) >= AA for g in grounds):
        return
    assert found in (Color(0, 0, 0), Color(255, 255, 255))


@given(colours)
def test_a_colour_that_can_be_read_stays_as_it_is(colour: Color) -> None:
    if ratio(colour, BLACK) >= AA:
        assert legible(colour, [BLACK]) == colour


def test_black_on_white_has_the_ratio_of_the_standard() -> None:
    assert ratio(BLACK, WHITE) == pytest.approx(21)
    assert ratio(Color(0x77, 0x77, 0x77), WHITE) == pytest.approx(4.48, abs=0.01)


def test_the_themes_of_high_contrast_are_held_to_more() -> None:
    assert {least_contrast(theme.name) for theme in CONTRAST} == {AAA}
    assert least_contrast("textual-dark") == AA


@pytest.mark.parametrize("theme", THEMES)
async def test_every_text_of_a_level_has_enough_contrast(
    on_level: DebuggerApp, lab: Lab, game: Game, level: Level, theme: str
) -> None:
    lab.evidence = {
        ROWS: replace(FIRES, figure=MAP),
        "loss.sign": fault(6),
        "training.curve": CURVE,
    }
    game.take_hint(level)
    async with on_level.run_test(size=WIDE) as pilot:
        on_level.theme = theme
        await mend(pilot)
        await until_seen(pilot, "1 line changed")
        assert not list(low(on_level))
        await pilot.press("f5")
        await until_seen(pilot, "✗ 2 fire")
        assert not list(low(on_level))
        for key in ("f3", "f2", "f4", "f8"):
            await pilot.press(key)
            await pilot.pause()
            assert not list(low(on_level)), key
        await pilot.press("f1")
        await until_seen(pilot, "Keys that work now")
        assert not list(low(on_level, "#help"))
        await pilot.press("escape", "f12")
        await until_seen(pilot, "Field guide")
        assert not list(low(on_level))
        await pilot.press("f12", "f9")
        await until_seen(pilot, "to the letter the reference's")
        assert not list(low(on_level))
        await pilot.press("ctrl+l")
        await until_seen(pilot, "● solved")
        assert not list(low(on_level))
        await pilot.press("s")
        await until_seen(pilot, "How it came about")
        assert not list(low(on_level))
        await pilot.press("ctrl+p")
        await until_seen(pilot, "Score: Back")
        assert not list(low(on_level, "CommandList"))


@pytest.mark.parametrize("theme", THEMES)
async def test_line_numbers_and_keywords_can_be_read(on_level: DebuggerApp, theme: str) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        on_level.theme = theme
        area = await in_code(pilot)
        await pilot.pause()
        strips = [area.render_line(y) for y in range(8)]
        styles = {s.text.strip(): s.style for strip in strips for s in strip if s.text.strip()}
        for text in ("2", "import", "def"):
            style = styles[text]
            assert style is not None
            assert style.color is not None
            assert style.bgcolor is not None
            ink, ground = map(Color.from_rich_color, (style.color, style.bgcolor))
            assert ratio(ink, ground) >= least_contrast(theme), text
