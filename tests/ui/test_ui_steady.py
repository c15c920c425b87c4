"""Nothing is lost, reordered or stale, however much happens at once."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.game import Game
from engine.home import Home
from engine.sandbox.messages import Ended, Event, Printed, Progress, Shown
from tests.ui.conftest import FIRST
from tests.ui.double import Lab
from tests.ui.driving import WIDE, in_code, level_screen, seen, until, until_seen
from tui_debugger.app import DebuggerApp
from tui_debugger.screens.level import LevelScreen
from tui_debugger.widgets.code_editor import CodeEditor
from tui_debugger.widgets.level_list import LevelList

SENTENCE = "the_quick_brown_fox_jumps_over_the_lazy_dog_0123456789"
MANY = 130


class Talkative(Lab):
    """Streams for as long as it is not ``going``."""

    async def _probe(self, names: tuple[str, ...], on_event: Callable[[Event], None]) -> Ended:
        for step in itertools.count():
            if self.going.is_set():
                break
            on_event(Progress(names[0], step, 10**6, 1 / (step + 1)))
            on_event(Printed("stdout", f"step {step}\n"))
            await asyncio.sleep(0)
        return await super()._probe(names, on_event)


class TestWhileARunStreams:
    @pytest.fixture
    def lab(self) -> Lab:
        return Talkative()

    async def test_no_key_is_lost_and_none_overtakes_another(
        self, on_level: DebuggerApp, lab: Lab
    ) -> None:
        async with on_level.run_test(size=WIDE) as pilot:
            area = await in_code(pilot)
            area.move_cursor((0, 0))
            lab.going.clear()
            await pilot.press("f5")
            await until(pilot, lambda: "Running" not in seen(on_level) and area.has_focus)
            before = area.text
            for key in SENTENCE:
                on_level.simulate_key(key)  # without waiting for the one before
            await until(pilot, lambda: len(area.text) == len(before) + len(SENTENCE))
            assert area.text == SENTENCE + before
            await until_seen(pilot, SENTENCE)
            lab.going.set()
            await until(pilot, lambda: not level_screen(pilot).running)


async def test_output_that_floods_is_shown_whole_and_in_order(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lines = [f"{number} {'=' * 70}\n" for number in range(1500)]
    shown = Shown("x", "a value", 3)
    lab.shows = [Printed("stdout", text) for text in ("".join(lines[:900]), *lines[900:])]
    lab.shows.insert(1, shown)
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("ctrl+b", "ctrl+b")
        await until_seen(pilot, lines[-1][:20])
        output = level_screen(pilot).output.sheet.as_text()
    told = [line for line in output.splitlines() if line.endswith("=")]
    assert told == [line.rstrip("\n") for line in lines]
    assert output.index(lines[899]) < output.index("a value") < output.index(lines[900])


async def test_lines_that_are_kept_are_those_that_would_be_drawn(on_level: DebuggerApp) -> None:
    """After each of many changes, what is on the screen is as if it had been drawn anew."""

    def drawn(area: CodeEditor) -> list[list[tuple[str, object]]]:
        area._light()
        rows = (area.render_line(y) for y in range(area.size.height))
        return [[(segment.text, segment.style) for segment in row] for row in rows]

    async with on_level.run_test(size=(80, 24)) as pilot:
        area = await in_code(pilot)
        area.replace_text("\n".join(f"def f{n}(x):\n    return '{n}'" for n in range(150)))
        area.move_cursor((0, 0))
        steps = ["x", "enter", '"', '"', '"', "pagedown", "pagedown", "end", "a", "up", "up"]
        steps += ["shift+up", "(", ")", "left", "pageup", "backspace", "ctrl+z", "pageup"]
        for key in steps:
            await pilot.press(key)
            await pilot.pause()
            kept = drawn(area)
            area._build_highlight_map()
            area.notify_style_update()
            assert kept == drawn(area), key


async def test_what_is_scrolled_to_is_highlighted(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=(80, 24)) as pilot:
        area = await in_code(pilot)
        area.replace_text("\n".join(f"def f{n}(x):\n    return {n}" for n in range(400)))
        area.move_cursor((0, 0))
        area.move_cursor(area.document.end)
        await pilot.press("up", "up")
        row = area.document.line_count - 2
        assert "keyword.function" in {name for _, _, name in area._highlights[row]}
        assert 0 not in area._highlights  # what nobody sees is not asked for


@pytest.fixture
def many(content: Path, home: Home, lab: Lab) -> Game:
    for number in range(4, MANY + 1):
        text = FIRST.replace('"sharp"', f'"sharp-{number}"').replace("Sharp from", f"{number} from")
        name = f"{number // 10 + 10}-{number}.toml"
        (content / "answer_key" / name).write_text(text, "utf-8")
    return Game(home, Catalog(content), lab)


async def test_of_many_levels_the_last_is_there_as_well(many: Game) -> None:
    app = DebuggerApp(many)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "Every head looks at one token")
        rows = app.screen.query_one(LevelList)
        await until(pilot, lambda: rows.option_count == MANY)
        await until_seen(pilot, f"0/{MANY} solved")
        await pilot.press("end", "enter")
        await until(pilot, lambda: isinstance(app.screen, LevelScreen))
        assert level_screen(pilot).level.number == MANY
        await pilot.press("ctrl+l")
        await until(pilot, lambda: rows.option_count == MANY and rows.highlighted == MANY - 1)


async def test_what_is_damaged_far_below_is_named_once_it_has_been_read(
    many: Game, content: Path
) -> None:
    last = sorted((content / "answer_key").glob("??-*.toml"))[-1]
    last.write_text("format = ", "utf-8")
    app = DebuggerApp(many)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until(pilot, lambda: bool(app._notifications))
        (said,) = app._notifications
        assert re.search(last.name, said.message)
        await until(pilot, lambda: app.screen.query_one(LevelList).option_count == MANY - 1)
