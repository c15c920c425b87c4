"""Every level, from the list to the points, through the interface on the real model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.catalog import Catalog
from engine.game import Game
from engine.home import Home
from engine.level import Edit, Level
from engine.scoring import State
from tests.ui.driving import WIDE, editor, level_screen, seen
from tui_debugger.app import DebuggerApp
from tui_debugger.messages import RunProbes
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.screens.result import ResultScreen

LEVELS = Catalog().levels


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Game]:
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    game = Game(Home(tmp_path, tmp_path, tmp_path / "logs"))
    yield game
    game.ledger.close()


async def until(pilot: Pilot[None], true: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for a fact that another process brings about."""
    give_up = time.monotonic() + seconds
    while not true():
        assert isinstance(pilot.app, DebuggerApp)
        assert time.monotonic() < give_up, f"never came true; the screen says:\n{seen(pilot.app)}"
        await asyncio.sleep(0.02)
    await pilot.pause()


async def mend(pilot: Pilot[None], edit: Edit) -> None:
    """Put the clean lines of one edit into the editor."""
    await level_screen(pilot).code.open(edit.file)
    area = editor(pilot)
    start = area.text.index(edit.replace)
    end = start + len(edit.replace)
    area.replace(edit.find, location(area.text, start), location(area.text, end))


def location(text: str, index: int) -> tuple[int, int]:
    """Row and column of a character."""
    before = text[:index]
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.id)
async def test_a_level_is_opened_probed_hinted_fixed_and_solved(game: Game, level: Level) -> None:
    app = DebuggerApp(game)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LevelsScreen))
        await pilot.press(*["down"] * (level.number - 1), "enter")
        await until(pilot, lambda: isinstance(app.screen, LevelScreen))
        assert level.title in seen(app)

        wanted = sorted({name for part in level.parts for name in part.contract.fires})
        await until(pilot, lambda: "lab ready" in seen(app))
        screen = level_screen(pilot)
        await pilot.press("f3")
        screen.post_message(RunProbes(wanted))
        await until(pilot, lambda: f"{len(wanted)} fire" in seen(app) and not screen.running)

        await pilot.press("f4", "t")
        await until(pilot, lambda: game.progress(level).hints == 1)

        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, ResultScreen))
        assert "Not solved" in seen(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LevelScreen))

        for edit in level.edits:
            await mend(pilot, edit)
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, ResultScreen))
        assert level.file.answer.title in seen(app)
        assert game.progress(level).state is State.SOLVED
        assert game.progress(level).award == level.value - level.file.hints[0].cost
