"""Reading the code: finding, leaps to definitions and back, the widths of the sides."""

from __future__ import annotations

import pytest

from tests.ui.double import Lab
from tests.ui.driving import (
    NARROW,
    WIDE,
    MakeApp,
    editor,
    in_code,
    level_screen,
    mend,
    seen,
    until,
    until_seen,
)
from tests.ui.evidence import fault
from tui_debugger.app import DebuggerApp
from tui_debugger.screens.files import FilesScreen, Standing
from tui_debugger.widgets.divider import Divider


async def test_a_text_is_found_in_the_file_place_by_place(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await pilot.press("ctrl+f", *"scores")
        await until_seen(pilot, "1 of 4")
        await pilot.press("enter")
        await until_seen(pilot, "2 of 4")
        await until(pilot, lambda: area.selection.start == (10, 8))
        assert area.selected_text == "scores"
        await pilot.press("up", "up")
        await until_seen(pilot, "4 of 4")
        await pilot.press("escape")
        assert await in_code(pilot) is area
        assert area.cursor_location == (11, 31)
        await until(pilot, lambda: "4 of 4" not in seen(on_level))


async def test_a_text_that_is_not_there_and_a_line_by_its_number(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        await pilot.press("ctrl+f", *"[/x]")
        await until_seen(pilot, "not here")
        await pilot.press("escape", "ctrl+f", *":12", "enter")
        await until(pilot, lambda: area.cursor_location == (11, 0) and area.has_focus)


async def test_the_same_key_again_looks_in_all_files_and_there_is_a_way_back(
    on_level: DebuggerApp,
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.move_cursor((3, 0))
        await pilot.press("ctrl+f", *"mean", "ctrl+f")
        await until_seen(pilot, "Find in all files", "training/loss.py:6", "2 places")
        await pilot.press("down", "enter")
        await until(pilot, lambda: level_screen(pilot).code.file == "training/loss.py")
        await until(pilot, lambda: editor(pilot).selected_text == "mean")
        await pilot.press("alt+left")
        await until_seen(pilot, "transformer/attention.py")
        await until(pilot, lambda: editor(pilot).has_focus)
        assert not level_screen(pilot).came_from


async def test_a_leap_to_a_definition_and_back(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW, notifications=True) as pilot:
        area = await in_code(pilot)
        area.move_cursor((11, 28))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: area.cursor_location == (8, 4))
        await pilot.press("alt+left")
        await until(pilot, lambda: area.cursor_location == (11, 28))
        area.move_cursor((1, 0))
        await pilot.press("ctrl+t")
        await until_seen(pilot, "There is no name here.")


async def test_the_split_is_moved_by_keys_and_by_the_mouse_and_stays(
    make_app: MakeApp,
) -> None:
    app = make_app()
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        code = level_screen(pilot).code
        before = code.region.width
        await pilot.press("alt+r")
        await until(pilot, lambda: code.region.width > before)
        await pilot.press("alt+l", "alt+l")
        await until(pilot, lambda: code.region.width < before)
        await pilot.mouse_down(Divider)
        await pilot.hover("#code", offset=(60, 10))
        await pilot.mouse_up("#code", offset=(60, 10))
        await until(pilot, lambda: abs(code.region.width - 60) <= 1)
        for _ in range(30):
            await pilot.press("alt+l")
        await until(pilot, lambda: abs(code.region.width - WIDE[0] * 0.2) <= 1)
        await pilot.press("ctrl+q")
    again = make_app()
    async with again.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        assert abs(level_screen(pilot).code.region.width - WIDE[0] * 0.2) <= 1


async def test_the_files_stand_by_folder_and_say_what_changed_and_what_raised(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence = {"loss.sign": fault(6)}
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "! 1 failed")
        await pilot.press("ctrl+o")
        await until_seen(pilot, "transformer/", "training/", "scratch.py")
        rows = [line[11:69].strip("│ ") for line in seen(on_level).splitlines()]
        assert [" ".join(row.split()) for row in rows if ".py" in row or row.endswith("/")] == [
            "transformer/",
            "attention.py ● edited +1 −1",
            "core.py",
            "__init__.py",
            "training/",
            "loss.py ✗ line 6 raised",
            "__init__.py",
            "scratch.py",
        ]
        await pilot.press("up", "up", "up", "enter")  # round to the last, past the heading
        await until(pilot, lambda: level_screen(pilot).code.file == "training/loss.py")


async def test_a_file_that_has_none_of_the_letters_is_not_opened(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+o", *"qqq")
        await until_seen(pilot, "No file has these letters.")
        await pilot.press("enter")
        await until(pilot, lambda: "A few letters" not in seen(on_level))
        assert level_screen(pilot).code.file == "transformer/attention.py"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("transformer.py", "transformer/transformer.py"),
        ("transformer", "transformer/transformer.py"),
        ("Core", "transformer/core.py"),
        ("tra", "training/trainer.py"),
        ("ten", "transformer/attention.py"),
        ("as", "a/mask.py"),
        ("transformer/c", "transformer/core.py"),
        ("dp", "data.py"),
    ],
)
async def test_the_file_whose_name_fits_best_is_the_one_that_is_opened(
    app: DebuggerApp, typed: str, first: str
) -> None:
    files = ["transformer/attention.py", "transformer/core.py", "training/trainer.py"]
    files += ["transformer/transformer.py", "data.py", "a/mask.py"]
    opened: list[str | None] = []
    async with app.run_test(size=NARROW) as pilot:
        screen = FilesScreen(dict.fromkeys(files, Standing()), "data.py")
        await app.push_screen(screen, opened.append)
        await pilot.press(*({"/": "slash", ".": "full_stop"}.get(key, key) for key in typed))
        await until(pilot, lambda: screen.rows.options[0].id == first)
        await pilot.press("enter")
        await until(pilot, lambda: bool(opened))
    assert opened == [first]


async def test_there_is_a_way_back_from_a_file_that_a_key_has_opened(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.move_cursor((3, 0))
        await pilot.press("ctrl+n")
        await until_seen(pilot, "transformer/core.py   1:1")
        await pilot.press("ctrl+b")
        await until_seen(pilot, "scratch.py   1:1")
        await pilot.press("ctrl+o")
        await until_seen(pilot, "training/")
        await pilot.press(*"loss", "enter")
        await until_seen(pilot, "training/loss.py   1:1")
        await pilot.press("alt+left")
        await until_seen(pilot, "scratch.py   1:1")
        await pilot.press("alt+left")
        await until_seen(pilot, "transformer/core.py   1:1")
        await pilot.press("alt+left")
        await until_seen(pilot, "transformer/attention.py   4:1")


async def test_how_a_line_that_is_cut_is_wrapped_stands_below_it(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        area.insert("#" * 100, (0, 0))
        area.move_cursor((1, 0))
        await until_seen(pilot, "attention.py   2:1")
        assert "wraps" not in seen(on_level)
        area.move_cursor((0, 0))
        await until_seen(pilot, "› alt+z wraps")
        await pilot.press("ctrl+n")
        await until_seen(pilot, "transformer/core.py   1:1")
        await pilot.press("alt+left")
        await until_seen(pilot, "attention.py   1:1", "› alt+z wraps")
        await pilot.press("alt+z")
        await until(pilot, lambda: "wraps" not in seen(on_level))
