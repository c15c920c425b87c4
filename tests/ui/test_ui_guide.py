"""The field guide: from anywhere and back, and no word too many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.game import Game
from engine.level import Level
from tests.ui.double import Lab
from tests.ui.driving import (
    NARROW,
    STRANGE,
    WIDE,
    in_code,
    level_screen,
    seen,
    until,
    until_seen,
)
from tui_debugger.app import DebuggerApp
from tui_debugger.pages import Page
from tui_debugger.screens.guide import GuideScreen
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.widgets.code_editor import CodeEditor
from tui_debugger.widgets.page_list import PageList
from tui_debugger.widgets.probe_list import ProbeList

GUIDE = """
format = 1

[[tips]]
title = "Shapes before anything else"
text = "Give every size a number of its own."
probes = ["attention.row_sums", "attention.gone"]

[[learnt]]
level = "sharp"
text = "Vary what stands in the formula."
"""
AUDIT = {
    "format": 1,
    "claims": [
        {
            "level": "sharp",
            "number": "1.1",
            "note": 1,
            "says": "The attention weights are nearly one-hot",
            "kind": "holds only when",
            "condition": "d_k is 16 or 64",
        },
        {
            "level": "sharp",
            "number": "1.2",
            "note": 2,
            "says": "Gradients become very small",
            "kind": "the reverse is seen",
        },
    ],
}
MATRIX = {
    "format": 1,
    "levels": {
        "sharp": {"fires": ["attention.row_sums"], "sometimes": ["training.curve"]},
        "green": {"fires": ["loss.sign"], "sometimes": []},
    },
    "probes": 4,
}
SPOILERS = ("Multiplied by the root", "numerical", "attention.py", "probes fire", "Folklore")
SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "140x45"])


@pytest.fixture(autouse=True)
def told(content: Path) -> Path:
    """The tiny pack's own guide."""
    (content / "answer_key/guide.toml").write_text(GUIDE, "utf-8")
    (content / "answer_key/matrix.json").write_text(json.dumps(MATRIX), "utf-8")
    (content / "answer_key/audit.json").write_text(json.dumps(AUDIT), "utf-8")
    return content / "answer_key"


async def opened(pilot: Pilot[None]) -> GuideScreen:
    """The guide, once it is in front."""
    await until(pilot, lambda: not pilot.app.screen.is_modal and len(pilot.app.screen_stack) > 1)
    await pilot.press("f12")
    await until(pilot, lambda: isinstance(pilot.app.screen, GuideScreen))
    return guide(pilot)


def guide(pilot: Pilot[None]) -> GuideScreen:
    assert isinstance(pilot.app.screen, GuideScreen)
    return pilot.app.screen


def read(pilot: Pilot[None], width: int = 100) -> str:
    """The whole of the page in front, however much of it fits."""
    page = guide(pilot).page.page
    assert page is not None
    return str(page.draw(width))


async def go_to(pilot: Pilot[None], id: str) -> None:
    rows = guide(pilot).rows
    rows.highlighted = rows.get_option_index(id)
    await until(pilot, lambda: (page := guide(pilot).page.page) is not None and page.id == id)


def reveal(game: Game, level: Level) -> None:
    while game.next_hint(level):
        game.take_hint(level)


@SIZES
async def test_it_opens_from_the_list_and_leads_back(
    app: DebuggerApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "f12 Field guide")
        await pilot.press("down")
        await opened(pilot)
        await until_seen(pilot, "Shapes before anything else", "Give every size a number")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LevelsScreen))
        assert isinstance(app.screen, LevelsScreen)
        assert app.screen.rows.current is not None
        assert app.screen.rows.current[0].id == "green"
        assert app.focused is app.screen.rows


async def test_it_opens_from_the_code_and_leads_back_to_the_cursor(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        editor = await in_code(pilot)
        editor.move_cursor((2, 3))
        await opened(pilot)
        await pilot.press("f12")
        await until(pilot, lambda: isinstance(on_level.screen, LevelScreen))
        assert isinstance(on_level.focused, CodeEditor)
        assert editor.cursor_location == (2, 3)


async def test_from_the_probes_it_opens_at_the_highlighted_one(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "lab ready")
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(on_level.focused, ProbeList))
        level_screen(pilot).probes.show("loss.sign")
        await opened(pilot)
        await until_seen(pilot, "A log probability is at most 0.")
        assert seen(on_level).count("Is the loss positive?") == 2
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(on_level.focused, ProbeList))


async def test_it_is_in_the_palette(app: DebuggerApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "lab ready")
        await pilot.press("ctrl+p")
        await until_seen(pilot, "Search for commands")
        await pilot.press(*"field guide")
        await until_seen(pilot, "Help: Open the field guide")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, GuideScreen))


@SIZES
async def test_an_unsolved_level_shows_its_incident_and_a_dash(
    app: DebuggerApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        for id in ("summary", "level:sharp"):
            await go_to(pilot, id)
            assert "Sharp from the start" in read(pilot)
            assert "critical" in read(pilot)
            assert "—" in read(pilot)
            for spoiler in SPOILERS:
                assert spoiler not in read(pilot)
        everything = [page for page in guide(pilot).rows.pages.values() if "level" in page.id]
        assert len(everything) == 3
        assert not [p for p in everything for s in SPOILERS if s.lower() in p.words.lower()]


async def test_a_search_gives_no_secret_away(app: DebuggerApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await until_seen(pilot, "lab ready")
        await pilot.press("slash", *"multiplied by the root")
        await until_seen(pilot, "No page has all of these words.")


@SIZES
async def test_a_bug_that_is_told_has_its_row_and_its_folklore(
    app: DebuggerApp, game: Game, level: Level, size: tuple[int, int]
) -> None:
    reveal(game, level)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "lab ready")
        await opened(pilot)
        await go_to(pilot, "level:sharp")
        await until_seen(pilot, "Multiplied by the root", "transformer/attention.py · numerical")
        page = read(pilot)
        assert "Vary what stands in the formula." in page
        assert "What is said of it, put to the test" in page
        assert "nearly one-hot · holds only when d_k is 16 or 64" in page
        assert "✗ Gradients become very small · the reverse is seen" in page
        assert "1 of 4 probes fire\nattention.row_sums  Do a query's attention weights" in page
        assert "1 more on some seeds\ntraining.curve" in page
        await go_to(pilot, "summary")
        await until_seen(pilot, "Multiplied by the root", "attention.py", "The dashboard is green")
        assert "The sign of the loss" not in read(pilot)
        await go_to(pilot, "probe:attention.row_sums")
        assert "✗ fires: 1 Sharp from the start" in read(pilot)
        assert "Carries out\nShapes before anything else" in read(pilot)
        await go_to(pilot, "probe:loss.sign")
        assert "fires" not in read(pilot)


async def test_without_a_matrix_the_row_is_left_out(
    app: DebuggerApp, game: Game, level: Level, told: Path
) -> None:
    reveal(game, level)
    (told / "matrix.json").unlink()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await go_to(pilot, "level:sharp")
        assert "Multiplied by the root" in read(pilot)
        assert "probes fire" not in read(pilot)


async def test_until_torch_is_loaded_it_says_so(app: DebuggerApp, lab: Lab) -> None:
    lab.loaded.clear()
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        assert not [id for id in guide(pilot).rows.pages if id.startswith("probe:")]
        await go_to(pilot, "probes")
        await until_seen(pilot, "arrives as soon as torch has been loaded")
        lab.loaded.set()
        await until(pilot, lambda: "probe:loss.sign" in guide(pilot).rows.pages)
        await go_to(pilot, "probe:loss.sign")
        await until_seen(pilot, "Is the loss positive?", "A log probability is at most 0.")


async def test_a_lab_that_failed_is_told_with_its_reason(app: DebuggerApp, lab: Lab) -> None:
    lab.broken = f"No room. {STRANGE}"
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "lab failed")
        await opened(pilot)
        await go_to(pilot, "probes")
        await until_seen(pilot, "could not be started", "No room. [/x] a[b=c] red")


async def test_typing_narrows_the_pages_down(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "lab ready")
        await opened(pilot)
        await pilot.press("slash", *"token past")
        await until_seen(pilot, "Does a token see only its past?", "Nudges.")
        assert list(guide(pilot).rows.pages) == ["probe:attention.causality"]
        await pilot.press("escape")
        await until(pilot, lambda: len(guide(pilot).rows.pages) > 1)
        assert isinstance(app.focused, PageList)
        current = guide(pilot).rows.current
        assert current is not None
        assert current.id == "probe:attention.causality"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LevelsScreen))


async def test_a_search_goes_to_the_page_of_that_name_first(
    app: DebuggerApp, game: Game, level: Level
) -> None:
    reveal(game, level)
    async with app.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "lab ready")
        await opened(pilot)
        await pilot.press("slash", *"row_sums")
        await until_seen(pilot, "Feeds the identity as V")
        assert "level:sharp" in guide(pilot).rows.pages


async def test_up_and_down_work_while_typing_and_parts_are_a_key_away(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "lab ready")
        rows = (await opened(pilot)).rows

        def at(id: str) -> bool:
            return rows.current is not None and rows.current.id == id

        await pilot.press("slash", "down")
        await until(pilot, lambda: at("summary"))
        await pilot.press("up", "enter", "right", "right")
        await until(pilot, lambda: at("probe:attention.row_sums"))
        await pilot.press("left")
        await until(pilot, lambda: at("summary"))


async def test_a_page_can_be_copied(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        await pilot.press("c")
        await until(pilot, lambda: "Give every size a number of its own." in app.clipboard)
        assert app.clipboard.startswith("Shapes before anything else\n")


async def test_c_is_a_letter_while_typing(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        await pilot.press("slash", "c", "slash")
        await until(pilot, lambda: guide(pilot).search.value == "c/")
        assert not app.clipboard


@SIZES
async def test_nothing_in_it_is_taken_for_markup(
    app: DebuggerApp, told: Path, size: tuple[int, int]
) -> None:
    text = GUIDE.replace("Shapes before anything else", "[/x] a[b=c]")
    (told / "guide.toml").write_text(text.replace("Give every", "[/y] c[d=e]"), "utf-8")
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        await until_seen(pilot, "1  [/x] a[b=c]", "[/y] c[d=e]")


@pytest.mark.parametrize("name", ["guide.toml", "matrix.json", "audit.json"])
async def test_the_rest_of_the_guide_opens_when_a_file_is_damaged(
    app: DebuggerApp, game: Game, level: Level, told: Path, name: str
) -> None:
    reveal(game, level)
    (told / name).write_text("[/x] a[b=c]", "utf-8")
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await opened(pilot)
        await until_seen(pilot, f"answer_key/{name}")
        (notice,) = app._notifications
        assert notice.message.startswith(f"answer_key/{name} cannot be read (")
        assert notice.message.endswith(" is missing.")
        await go_to(pilot, f"level:{level.id}")
        page = read(pilot)
        assert ("probes fire" in page) == (name != "matrix.json")
        assert ("nearly one-hot" in page) == (name != "audit.json")
        assert ("Vary what stands in the formula." in page) == (name != "guide.toml")
        assert bool(screen.guide.tips) == (name != "guide.toml")


async def test_no_page_is_wider_than_its_pane(app: DebuggerApp, game: Game, level: Level) -> None:
    reveal(game, level)
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        await go_to(pilot, "summary")
        narrow, wide = read(pilot, 40), read(pilot, 100)
        assert max(map(len, narrow.splitlines()[3:])) <= 40
        assert "#  bug" in wide
        assert "#  bug" not in narrow


async def test_a_page_keeps_its_place_until_another_is_shown(app: DebuggerApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        screen = await opened(pilot)
        first = screen.page.page
        assert isinstance(first, Page)
        await pilot.press("tab")
        await until(pilot, lambda: screen.page.has_focus)
        await pilot.press("down")
        assert screen.page.page is first
