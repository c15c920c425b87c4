"""The game in every terminal: themes that follow it, signs it can show, keys typed to it early."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from msgspec.structs import replace
from rich.segment import Segment
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from engine.game import Game
from engine.level import Level
from engine.workspace import Workspace
from tests.ui.double import Lab
from tests.ui.driving import NARROW, WIDE, MakeApp, in_code, mend, seen, until, until_seen
from tests.ui.evidence import CURVE, FIRES, MAP, ROWS, fault
from tui_debugger.app import DebuggerApp
from tui_debugger.palette import FOLLOW
from tui_debugger.terminal.facts import Colours, Terminal
from tui_debugger.terminal.signs import Glyphs

BRIGHT = Terminal(dark=False)
FEW = Terminal(colours=Colours.FEW)
NONE = Terminal(colours=Colours.NONE)


@pytest.mark.parametrize(
    ("terminal", "theme"),
    [
        (Terminal(), "textual-dark"),
        (BRIGHT, "textual-light"),
        (Terminal(colours=Colours.MANY), "textual-dark"),
        (FEW, "terminal-dark"),
        (Terminal(dark=False, colours=Colours.NONE), "terminal-light"),
    ],
)
async def test_the_theme_follows_the_terminal(
    make_app: MakeApp, terminal: Terminal, theme: str
) -> None:
    app = make_app(terminal)
    async with app.run_test() as pilot:
        await in_code(pilot)
        assert (app.theme, app.memory.settings.theme) == (theme, "")


async def choose(pilot: Pilot[None], name: str) -> None:
    """Choose among the themes, in the palette."""
    await pilot.press("ctrl+p")
    await pilot.press(*"change the theme", "enter")
    await until_seen(pilot, "Words of a theme's name")
    await pilot.press(*name)
    await until_seen(pilot, name)
    await pilot.press("down", "enter")


async def test_a_theme_chosen_by_hand_wins_until_the_terminal_is_followed_again(
    make_app: MakeApp,
) -> None:
    app = make_app(Terminal())
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await choose(pilot, "nord")
        await until(pilot, lambda: app.memory.settings.theme == "nord")
    app = make_app(BRIGHT)
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        assert app.theme == "nord"
        await choose(pilot, FOLLOW)
        await until(pilot, lambda: app.theme == "textual-light")
        assert app.memory.settings.theme == ""
    app = make_app(Terminal())
    async with app.run_test() as pilot:
        await in_code(pilot)
        assert app.theme == "textual-dark"


async def test_the_theme_of_today_can_be_kept_for_other_terminals(make_app: MakeApp) -> None:
    app = make_app(Terminal())
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await choose(pilot, "textual-dark")
        await until(pilot, lambda: app.memory.settings.theme == "textual-dark")
    app = make_app(BRIGHT)
    async with app.run_test() as pilot:
        await in_code(pilot)
        assert app.theme == "textual-dark"


async def test_what_was_typed_early_arrives_in_order(make_game: Callable[[], Game]) -> None:
    app = DebuggerApp(make_game(), None, Terminal(typed=b"\x1b[B\x1b[B\r"))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "3  The Friday merge")


async def test_what_was_typed_while_a_level_opens_is_typed_into_it(
    make_game: Callable[[], Game], level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = make_game()
    game.open(level)
    opens, disk = game.open, threading.Event()

    def slowly(level: Level) -> Workspace:
        disk.wait(10)
        return opens(level)

    monkeypatch.setattr(game, "open", slowly)
    app = DebuggerApp(game, level, Terminal(typed=b"abc"))
    async with app.run_test(size=WIDE) as pilot:
        app.post_message(Key("d", "d"))
        await pilot.pause()
        disk.set()
        await until_seen(pilot, 'abcd"""Attention."""')


async def test_what_waited_is_typed_before_what_came_since(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        app.hold_keys()
        for letter in "abc":
            app.post_message(Key(letter, letter))
        await until(pilot, lambda: len(app.early) == 3)
        app.call_later(app._take_early_keys)
        for letter in "def":  # right behind that
            app.post_message(Key(letter, letter))
        await until_seen(pilot, 'abcdef"""Attention."""')


async def test_an_answer_that_comes_late_changes_no_code(make_app: MakeApp) -> None:
    app = make_app(Terminal(owing=True))
    async with app.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        before = area.text
        await pilot.press("a", *_NAMES.values(), "b")
        await until(pilot, lambda: len(area.text) > len(before) + 1)
        assert area.text == f"ab{before}"
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: area.text == f"ab]{before}")


_ANSWER = "^]11;rgb:1e1e/1e1e/1e1e\\^[?62;22c"
_KEYS = {
    "^": "circumflex_accent", "]": "right_square_bracket", ";": "semicolon", ":": "colon",
    "/": "slash", "\\": "backslash", "[": "left_square_bracket", "?": "question_mark",
}  # fmt: skip
_NAMES = dict(enumerate(_KEYS.get(character, character) for character in _ANSWER))


def cells(screen: Screen[object]) -> Iterator[Segment]:
    """What is drawn, piece by piece."""
    for strip in screen._compositor.render_strips():
        yield from strip


async def screens(pilot: Pilot[None], lab: Lab, game: Game, level: Level) -> AsyncIterator[str]:
    """Go through every screen of the game."""
    lab.evidence = {
        ROWS: replace(FIRES, figure=MAP),
        "loss.sign": fault(6),
        "training.curve": CURVE,
    }
    await mend(pilot)
    await until_seen(pilot, "1 line changed")
    yield "code"
    await pilot.press("f5")
    await until_seen(pilot, "2 fire")
    yield "evidence"
    for key in ("f2", "f4", "f8", "f3"):
        await pilot.press(key)
        await pilot.pause()
        yield key
    for name in lab.evidence:
        pilot.app.screen.query_one("ProbePanel").show(name)  # type: ignore[attr-defined]
        await pilot.press("z")
        await pilot.pause()
        yield name
        await pilot.press("z")
    for opened, title in (
        ("f1", "Keys that work now"), ("f12", "Field guide"), ("ctrl+p", "Search for commands"),
        ("ctrl+o", "attention.py"),
    ):  # fmt: skip
        await pilot.press(opened)
        await until_seen(pilot, title)
        yield title
        await pilot.press("escape")
        await pilot.pause()
    await pilot.press("f9")
    await until_seen(pilot, "Your fix")
    yield "result"
    await pilot.press("ctrl+l")
    await until_seen(pilot, "solved")
    yield "levels"
    await pilot.press("s")
    await until_seen(pilot, "Score")
    yield "score"


@pytest.mark.parametrize(
    ("glyphs", "size"), [("ascii", NARROW), ("ascii", WIDE), ("cp437", NARROW)], ids=str
)
async def test_every_cell_of_every_screen_can_be_shown(
    make_app: MakeApp, lab: Lab, game: Game, level: Level, glyphs: str, size: tuple[int, int]
) -> None:
    app = make_app(Terminal(glyphs=glyphs))
    shown = Glyphs(glyphs)
    async with app.run_test(size=size, notifications=True) as pilot:
        async for screen in screens(pilot, lab, game, level):
            for segment in cells(app.screen):
                assert segment.text in shown, f"{screen}: {segment.text!r}"
                assert segment.text.isprintable(), f"{screen}: {segment.text!r}"
            widths = {strip.cell_length for strip in app.screen._compositor.render_strips()}
            assert widths == {size[0]}, screen


async def test_without_colours_nothing_has_one(
    make_app: MakeApp, lab: Lab, game: Game, level: Level
) -> None:
    app = make_app(NONE)
    async with app.run_test(size=WIDE) as pilot:
        async for screen in screens(pilot, lab, game, level):
            for segment in cells(app.screen):
                style = segment.style
                if style is not None:
                    for colour in (style.color, style.bgcolor):
                        assert colour is None or colour.is_default, f"{screen}: {segment!r}"


async def test_without_colours_a_theme_chosen_by_hand_is_grey(make_app: MakeApp) -> None:
    app = make_app(NONE)
    async with app.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        app.theme = "dracula"
        await until(pilot, lambda: app.memory.settings.theme == "dracula")
        for segment in cells(app.screen):
            if segment.style is not None and segment.style.bgcolor is not None:
                triplet = segment.style.bgcolor.get_truecolor()
                assert len(set(triplet)) == 1, segment


def set_apart(app: DebuggerApp, text: str) -> set[str]:
    """How the cells of ``text`` are set, colours aside."""
    ways = {"bold", "reverse", "underline"}
    for segment in cells(app.screen):
        if text in segment.text and segment.style is not None:
            return {way for way in ways if getattr(segment.style, way)}
    raise AssertionError(f"{text!r} is not on the screen:\n{seen(app)}")


@pytest.mark.parametrize("terminal", [FEW, NONE], ids=["16", "none"])
async def test_what_is_highlighted_selected_or_in_front_is_told_without_colours(
    make_app: MakeApp, terminal: Terminal
) -> None:
    app = make_app(terminal)
    async with app.run_test(size=WIDE) as pilot:
        area = await in_code(pilot)
        await until_seen(pilot, "Brief f2", "attention.py")
        assert "reverse" in set_apart(app, "attention.py")
        assert "reverse" not in set_apart(app, "loss.py")
        await pilot.press("shift+down")
        await pilot.pause()
        assert "reverse" in set_apart(app, "Attention.")
        await pilot.press("f3")
        await until_seen(pilot, "Do a query's")
        assert "reverse" in set_apart(app, "Do a query's")
        assert "reverse" in set_apart(app, "Probes f3")
        assert not {"reverse", "bold"} & set_apart(app, "Does a token")
        await pilot.press("escape")
        await until(pilot, lambda: area.has_focus)
        assert set_apart(app, "Do a query's") == {"underline"}
        assert "reverse" not in set_apart(app, "Probes f3")


@pytest.mark.parametrize(
    ("keys", "focus", "key", "copied"),
    [
        (("f2",), "BriefPanel", "c", "Every head looks at one token only, and nobody"),
        (("f3",), "ProbeList", "C", "Does a token see only its past?  (attention.causality)"),
        (("f4",), "HintPanel", "c", "0 of 4 hints taken."),
        (("number_sign", "f9"), "#result", "c", "attention.values"),
        (("ctrl+l", "s"), "#mine", "c", "Sharp from the start"),
    ],
)
async def test_panes_can_be_copied_also_where_there_is_no_clipboard(
    make_app: MakeApp, keys: tuple[str, ...], focus: str, key: str, copied: str
) -> None:
    app = make_app(Terminal())
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "lab ready")
        for pressed in keys:
            await pilot.press(pressed)
            await pilot.pause()
        await until(pilot, lambda: bool(app.screen.query(focus)))
        await until(pilot, lambda: app.focused in set(app.screen.query(focus)))
        await pilot.press(key)
        await until(pilot, lambda: copied in app.clipboard)
        assert app.copied.read_text("utf-8") == app.clipboard
        assert any(str(app.copied) in n.message for n in app._notifications)


async def test_no_cursor_blinks(make_app: MakeApp) -> None:
    app = make_app(Terminal())
    async with app.run_test() as pilot:
        area = await in_code(pilot)
        assert not area.cursor_blink
        await pilot.press("f3", "slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert isinstance(app.focused, Input)
        assert not app.focused.cursor_blink
