"""Every level played through the interface, with the real sandbox and the real levels."""

from __future__ import annotations

from textual.pilot import Pilot

from engine.game import Game
from engine.home import Home
from engine.level import Level
from engine.scoring import State
from tests.ui.driving import editor, level_screen, seen, until
from tui_debugger.app import DebuggerApp
from tui_debugger.lab import Ready
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.levels import LevelsScreen
from tui_debugger.screens.result import ResultScreen

TALL = (80, 40)
PATIENCE = 200.0
"""Seconds: torch takes some to load, an exam takes one."""


async def test_every_level_can_be_opened_probed_hinted_mended_and_solved(home: Home) -> None:
    game = Game(home)
    app = DebuggerApp(game)
    async with app.run_test(size=TALL) as pilot:
        await until(pilot, lambda: isinstance(app.lab, Ready), PATIENCE)
        for level in game.levels:
            await _open(pilot, app, level)
            await _probe(pilot, app, level)
            await _take_hint(pilot, game, level)
            await _mend(pilot, level)
            await pilot.press("f9")
            await until(pilot, lambda: isinstance(app.screen, ResultScreen), PATIENCE)
            assert "● Solved: every check passed." in seen(app)
            assert level.file.answer.title in seen(app)
            await pilot.press("ctrl+l")
            await until(pilot, lambda: isinstance(app.screen, LevelsScreen))
        standings = [game.progress(level) for level in game.levels]
        assert {standing.state for standing in standings} == {State.SOLVED}
        assert f"{len(standings)}/{len(standings)} solved" in seen(app)
        assert [standing.award for standing in standings] == [
            level.value - level.file.hints[0].cost for level in game.levels
        ]


async def _open(pilot: Pilot[None], app: DebuggerApp, level: Level) -> None:
    await pilot.press("home", *["down"] * (level.number - 1), "enter")
    await until(pilot, lambda: isinstance(app.screen, LevelScreen))
    assert level_screen(pilot).level == level
    assert level.title in seen(app)


async def _probe(pilot: Pilot[None], app: DebuggerApp, level: Level) -> None:
    """Run one probe that the level promises to fire."""
    await pilot.press("f3")
    level_screen(pilot).probes.show(level.parts[0].contract.fires[0])
    await pilot.pause()
    await pilot.press("enter")
    await until(pilot, lambda: "✗ 1 fires" in seen(app), PATIENCE)


async def _take_hint(pilot: Pilot[None], game: Game, level: Level) -> None:
    await pilot.press("f4", "t", "t")
    await until(pilot, lambda: game.progress(level).hints == 1)


async def _mend(pilot: Pilot[None], level: Level) -> None:
    for file in dict.fromkeys(edit.file for edit in level.edits):
        await level_screen(pilot).code.open(file)
        await pilot.pause()
        area = editor(pilot)
        area.replace(level.clean[file], (0, 0), area.document.end)
    await until(pilot, lambda: not level_screen(pilot).documents.dirty())
