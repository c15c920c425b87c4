"""What is typed reaches the disk, however slow or full that is, and the screen stays alive."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual import events
from textual.messages import ExitApp

from engine.game import Game
from engine.level import Level
from engine.workspace import Workspace
from tests.ui.double import Lab
from tests.ui.driving import WIDE, editor, in_code, level_screen, until, until_seen
from tui_debugger.app import DebuggerApp
from tui_debugger.screens.ask import AskScreen
from tui_debugger.screens.level import LevelScreen
from tui_debugger.screens.result import ResultScreen

ATTENTION = "transformer/attention.py"


def on_disk(game: Game, level: Level) -> str:
    return game.workspace(level).read(ATTENTION)


class Disk:
    """Stands in for the disk's own flush."""

    def __init__(self) -> None:
        self.going = threading.Event()
        """A flush waits for this."""
        self.going.set()
        self.flushing = threading.Event()
        self.full = False
        self.flushes = 0

    def __call__(self, descriptor: int) -> None:
        self.flushing.set()
        self.going.wait()
        self.flushes += 1
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    monkeypatch.setattr("os.fsync", disk)
    yield disk
    disk.going.set()


async def test_typing_goes_on_while_a_slow_disk_takes_its_time(
    on_level: DebuggerApp, game: Game, level: Level, disk: Disk
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        disk.going.clear()
        await pilot.press("a")
        await until(pilot, disk.flushing.is_set)
        await pilot.press("b", "c")
        await until_seen(pilot, 'abc"""Attention', "saving…")
        assert not on_disk(game, level).startswith("a")
        disk.going.set()
        await until(pilot, lambda: on_disk(game, level).startswith("abc"))
        await until_seen(pilot, "saved")


async def test_what_was_typed_while_the_disk_was_busy_is_no_other_programs_doing(
    on_level: DebuggerApp, game: Game, level: Level, disk: Disk
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        disk.going.clear()
        await pilot.press("a")
        await until(pilot, disk.flushing.is_set)
        area.insert("b")
        threading.Timer(0.05, disk.going.set).start()
        await pilot.press("ctrl+s")  # waits for the disk, and then writes the rest
        await until(pilot, lambda: on_disk(game, level).startswith("ab"))
        assert not isinstance(on_level.screen, AskScreen)


async def test_who_types_without_a_pause_is_saved_too(
    on_level: DebuggerApp, game: Game, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: list[float] = []
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        code = area.screen.query_one("CodePane")
        set_timer = code.set_timer

        def record(seconds: float, then: Callable[[], object]) -> object:
            timers.append(seconds)
            return set_timer(1000, then)

        monkeypatch.setattr(code, "set_timer", record)
        await pilot.press(*"abcdefgh")
        assert len(timers) == 1  # the first key's; the others do not put it off


async def test_a_full_disk_is_told_once_and_the_text_saved_when_there_is_room(
    on_level: DebuggerApp, game: Game, level: Level, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = on_disk(game, level)
    monkeypatch.setattr("tui_debugger.widgets.code_pane.LOOK_EVERY", 0.1)
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        disk.full = True
        await pilot.press("a")
        await until(pilot, lambda: len(on_level._notifications) == 1)
        (said,) = on_level._notifications
        assert str(game.workspace(level).root) in said.message
        for words in ("No space left on device", "make room there", "is kept here"):
            assert words in said.message
        tried = disk.flushes
        await until(pilot, lambda: disk.flushes > tried + 2)
        assert len(on_level._notifications) == 1
        await pilot.press("b")
        assert on_disk(game, level) == before
        assert [p.name for p in (game.workspace(level).root / ATTENTION).parent.glob(".*")] == []
        disk.full = False
        await until(pilot, lambda: on_disk(game, level).startswith("ab"))
        await until_seen(pilot, "saved")


async def test_a_full_disk_keeps_nobody_from_leaving(
    on_level: DebuggerApp, game: Game, level: Level, disk: Disk
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        disk.full = True
        await pilot.press("a", "ctrl+q")
        await until(pilot, lambda: isinstance(on_level.screen, AskScreen))
        await until_seen(pilot, "Quit?", "No space left on device")
        await pilot.click("#answer-no")
        await in_code(pilot)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(on_level.screen, AskScreen))
        await pilot.click("#answer-yes")
    assert on_level.return_code == 0


async def test_a_damaged_file_is_set_aside_and_named_when_its_level_is_opened(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    path = Path(game.workspace(level).root / ATTENTION)
    path.write_bytes(b"\xff\xfe[/x]")
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "attention.py.damaged-", "set aside")
        assert "def attention" in editor(pilot).text
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.read_bytes() == b"\xff\xfe[/x]"


async def test_what_was_typed_before_the_key_is_judged_however_slow_the_disk_is(
    on_level: DebuggerApp, lab: Lab, disk: Disk
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        disk.going.clear()
        await pilot.press("a", "f9")
        await until(pilot, disk.flushing.is_set)
        await pilot.press("b")
        await until_seen(pilot, 'ab"""Attention')  # the screen lives on
        assert lab.sources == []
        disk.going.set()
        await until(pilot, lambda: isinstance(on_level.screen, ResultScreen))
        assert lab.sources[0][ATTENTION].startswith("a")


async def test_a_run_is_noted_under_the_text_that_it_was_of(
    on_level: DebuggerApp, lab: Lab, disk: Disk
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        disk.going.clear()
        await pilot.press("a", "f5")
        await until(pilot, disk.flushing.is_set)
        await pilot.press("b")
        await until_seen(pilot, 'ab"""Attention')
        disk.going.set()
        await until_seen(pilot, "4 quiet")
        ran = lab.sources[0][ATTENTION]
        assert ran.startswith("a")
        assert level_screen(pilot).history.runs[-1].edits == {ATTENTION: ran}


async def test_leaving_waits_for_the_disk_and_takes_along_what_is_typed_meanwhile(
    on_level: DebuggerApp, game: Game, level: Level, disk: Disk
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        disk.going.clear()
        await pilot.press("a", "ctrl+q")
        await until(pilot, disk.flushing.is_set)
        await pilot.press("b")
        await until_seen(pilot, 'ab"""Attention')
        disk.going.set()
        await until(pilot, lambda: not on_level.is_running)
    assert on_disk(game, level).startswith("ab")


async def test_an_end_that_nobody_typed_comes_after_every_key_that_was(
    on_level: DebuggerApp, game: Game, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is closed tells of it in another way than keys come in, and a shorter one."""
    monkeypatch.setattr("tui_debugger.widgets.code_pane.SAVE_AFTER", 60)  # only leaving saves
    async with on_level.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        area.move_cursor((0, 0))
        driver = on_level._driver
        assert driver is not None
        for letter in "kept":
            driver.send_message(events.Key(letter, letter))
        on_level.post_message(ExitApp())
        await until(pilot, lambda: not on_level.is_running)
    assert on_disk(game, level).startswith("kept")


async def test_the_list_is_alive_while_a_level_is_opened_from_a_slow_disk(
    app: DebuggerApp, game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()
    opens = game.open

    def slowly(level: Level) -> Workspace:
        going.wait()
        return opens(level)

    monkeypatch.setattr(game, "open", slowly)
    try:
        async with app.run_test(size=WIDE) as pilot:
            await until_seen(pilot, "Every head looks at one token")
            await pilot.press("enter", "down")
            await until_seen(pilot, "The loss goes down and down.")
            assert not isinstance(app.screen, LevelScreen)
            going.set()
            await until(pilot, lambda: isinstance(app.screen, LevelScreen))
            assert level_screen(pilot).level.id == "sharp"
    finally:
        going.set()
