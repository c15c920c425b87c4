"""The score screen: one's own points, and one's place among others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable

from engine.game import Game
from engine.ledger import Entry, Opened, Submitted
from engine.level import unified_diff
from engine.scores.cards import Board, Card, card, standings
from engine.scores.formats import EXPORTS
from tui_debugger.app import DebuggerApp
from tui_debugger.screens.score import ScoreScreen, _ordinal
from tui_debugger.standing import load

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
STRANGE = "[/x] a[b=c] 王"


def _other(game: Game, name: str, solved: int) -> Card:
    """Somebody who solved so many levels."""
    entries = []
    for hour, level in enumerate(game.levels[:solved]):
        at = BEGAN + timedelta(hours=hour)
        fix = unified_diff(level.start, level.clean)
        entries += [Entry(at, level.id, Opened()), Entry(at, level.id, Submitted(True, fix=fix))]
    return card(name, game.levels, entries)


def _import(game: Game, *cards: Card) -> None:
    board = Board(standings(cards), game.levels, BEGAN + timedelta(days=1))
    game.home.data.mkdir(parents=True, exist_ok=True)
    game.home.leaderboard.write_text(EXPORTS["json"](board), "utf-8")


def _solve(game: Game) -> None:
    level = game.levels[0]
    game.open(level)
    fix = unified_diff(level.start, level.clean)
    game.ledger.append(level.id, Submitted(True, fix=fix))


async def _shown(app: DebuggerApp, pilot: Pilot[None], player: str = "") -> ScoreScreen:
    screen = ScoreScreen(app.game, player)
    await app.push_screen(screen)
    await app.workers.wait_for_complete()
    await pilot.pause()
    return screen


def _rows(screen: ScoreScreen) -> list[list[str]]:
    table = screen.query_one("#score-board", DataTable)
    return [[str(cell) for cell in table.get_row_at(at)] for at in range(table.row_count)]


async def test_the_players_own_points_and_their_course_are_shown(app: DebuggerApp) -> None:
    _solve(app.game)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await _shown(app, pilot)
        levels, course = str(screen.levels.content), str(screen.course.content)
        assert "Sharp from the start" in levels
        assert "100/100" in levels
        assert "100 of 350 points" in levels
        assert "+100    100  Sharp from the start" in course


async def test_without_a_leaderboard_the_screen_says_how_to_get_one(app: DebuggerApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await _shown(app, pilot)
        assert "tui-debugger import FILE" in str(screen.place.content)
        assert not screen.board.display
        assert "own" not in {b.binding.action for b in screen.active_bindings.values()}


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_the_leaderboard_shows_the_players_own_place(
    app: DebuggerApp, size: tuple[int, int]
) -> None:
    _solve(app.game)
    _import(app.game, _other(app.game, STRANGE, 3), _other(app.game, "Ben", 0))
    async with app.run_test(size=size) as pilot:
        screen = await _shown(app, pilot, "Ada")
        assert [row[:4] for row in _rows(screen)] == [
            ["", "1", STRANGE, "350"],
            ["▶", "2", "Ada", "100"],
            ["", "3", "Ben", "0"],
        ]
        assert str(screen.place.content) == "You are 2nd of 3."
        assert screen.board.cursor_row == 1
        await pilot.press("up")
        assert screen.board.cursor_row == 0
        await pilot.press("y")
        assert screen.board.cursor_row == 1


async def test_escape_goes_back(app: DebuggerApp) -> None:
    async with app.run_test() as pilot:
        before = app.screen
        await _shown(app, pilot)
        await pilot.press("escape")
        assert app.screen is before


async def test_a_leaderboard_that_cannot_be_read_is_named(app: DebuggerApp) -> None:
    app.game.home.data.mkdir(parents=True, exist_ok=True)
    app.game.home.leaderboard.write_text('{"format": "[/x]"}')
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await _shown(app, pilot)
        assert "leaderboard.json: format: is [/x], not" in str(screen.place.content)


def test_a_player_who_is_on_the_leaderboard_already_stands_on_it_once(game: Game) -> None:
    _solve(game)
    _import(game, _other(game, "ada", 2), _other(game, "Ben", 1))
    entries = game.ledger.entries()
    found = load(game.levels, game.home, "Ada", entries)
    assert [(row.rank, row.card.player, row.card.score) for row in found.rows] == [
        (1, "ada", 150),
        (2, "Ben", 100),
    ]
    assert found.place == 0
    assert load(game.levels, game.home, "", entries).rows[2].card.player == "You"


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")],
)
def test_places_are_counted_as_in_english(number: int, said: str) -> None:
    assert _ordinal(number) == said
