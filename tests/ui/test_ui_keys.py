"""Every command has a key, the player may choose another, and every text names the right one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser  # what a terminal sends is told nowhere else
from textual.dom import DOMNode
from textual.events import Key

from engine.game import Game
from engine.home import Home
from tests.ui.driving import NARROW, WIDE, MakeApp, in_code, seen, until, until_seen
from tui_debugger.app import DebuggerApp
from tui_debugger.keys import KeyMap, commands, kinds, toml_lines
from tui_debugger.screens.keys import KeysScreen

ROOT = Path(__file__).parents[2]


def keys_of(home: Home, text: str) -> KeyMap:
    home.settings.parent.mkdir(parents=True, exist_ok=True)
    home.settings.with_name("keys.toml").write_text(text, "utf-8")
    return KeyMap(home.settings.with_name("keys.toml"))


def test_every_command_says_what_it_does() -> None:
    assert len(commands()) > 40
    assert not [id for id, command in commands().items() if not command.tells]


def test_no_text_names_a_command_that_there_is_not() -> None:
    named = set()
    for kind in kinds(DOMNode):
        named |= set(re.findall(r"\{([a-z]+\.[a-z_]+)\}", str(kind.__dict__.get("HELP", ""))))
    for file in (ROOT / "tui_debugger").rglob("*.py"):
        named |= set(re.findall(r'key\(self, [\'"]([a-z.]+[a-z_]+)', file.read_text("utf-8")))
    assert "level.run_all" in named
    assert named <= set(commands())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('level.submit = "f5"', "level.submit: f5 is the key of level.run_all (Probes: Run all)."),
        ('app.help = "f9"', "app.help: f9 is the key of level.submit (Level: Submit the code)."),
        ('level.sumbit = "f6"', "there is no command level.sumbit; level.submit?"),
        ('level.submit = "hyper+9"', "level.submit: 'hyper+9' is no key."),
        ('level.submit = "ctrl+k"', "level.submit: ctrl+k is a key of the editor."),
        ('level.submit = "x"', "'x' is a character that is typed into the code."),
        ("level.submit = 9", "level.submit is neither a key nor a list of keys."),
        ("level.submit = []", "level.submit: it needs a key."),
        ("level.submit", "cannot be read"),
    ],
)
def test_what_cannot_be_had_is_named_and_left_out(home: Home, text: str, problem: str) -> None:
    keys = keys_of(home, text)
    assert problem in keys.problems[0]
    assert keys.chosen == {}


def test_a_key_that_was_given_away_can_be_taken(home: Home) -> None:
    keys = keys_of(home, 'level.submit = "f11"\nlevel.run_all = ["f9", "alt+u"]')
    assert (keys.problems, keys.keys("level.run_all")) == ([], ("f9", "alt+u"))


@given(
    st.dictionaries(
        st.sampled_from(sorted(commands())),
        st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3).map(tuple),
    )
)
def test_what_is_written_is_toml_that_says_the_same(chosen: dict[str, tuple[str, ...]]) -> None:
    text = "".join(toml_lines(chosen))
    if not any("\n" in key or not key.isprintable() for keys in chosen.values() for key in keys):
        told = tomli.loads(text)
        for id, keys in chosen.items():
            area, _, name = id.partition(".")
            assert told[area][name] == (keys[0] if len(keys) == 1 else list(keys))


async def test_a_remapped_key_works_and_is_named_everywhere(make_app: MakeApp, home: Home) -> None:
    keys_of(home, 'level.probes = "f11"\nlevel.to_panel = "alt+u"\nlevel.run_all = "alt+k"')
    app = make_app()
    async with app.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await until_seen(pilot, "alt+u Panel", "alt+k Run all")
        await pilot.press("alt+u")
        await until_seen(pilot, "Probes f11", "esc Code")
        await pilot.press("f11")
        await until_seen(pilot, "4 probes, 1 of them slow. alt+k runs all.")
        await pilot.press("f1")
        await until_seen(pilot, "alt+k  Probes: Run all")
        assert "f5" not in seen(app)
        await pilot.press("escape", "escape")
        await in_code(pilot)
        await pilot.press("alt+k")
        await until_seen(pilot, "✓ 4 quiet")


async def test_a_conflict_in_the_file_is_told_at_the_start(
    make_game: Callable[[], Game], home: Home
) -> None:
    keys_of(home, 'level.submit = "f5"')
    app = DebuggerApp(make_game())
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await until_seen(pilot, "keys.toml: level.submit: f5 is the key of")


async def test_a_key_is_chosen_by_pressing_it_and_conflicts_are_named(
    on_level: DebuggerApp, home: Home
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f1", "k")
        await until(pilot, lambda: isinstance(on_level.screen, KeysScreen))
        screen = on_level.screen
        assert isinstance(screen, KeysScreen)
        screen.rows.highlighted = screen.rows.get_option_index("level.submit")
        await pilot.press("enter", "f5")
        await until_seen(pilot, "level.submit: f5 is the key of level.run_all")
        await pilot.press("enter", "escape", "enter", "f11")
        await until_seen(pilot, "level.submit has f11 now.")
        path = home.settings.with_name("keys.toml")
        assert tomli.loads(path.read_text("utf-8")) == {"level": {"submit": "f11"}}
        await pilot.press("escape", "escape", "escape")
        await until_seen(pilot, "f11 Submit")
        on_level.change_keys()
        await until(pilot, lambda: isinstance(on_level.screen, KeysScreen))
        screen = on_level.screen
        assert isinstance(screen, KeysScreen)
        screen.rows.highlighted = screen.rows.get_option_index("level.submit")
        await pilot.press("delete")
        await until_seen(pilot, "level.submit has f9 now.")
        assert tomli.loads(path.read_text("utf-8")) == {}


def from_terminal(sent: str) -> list[Key]:
    """What becomes of characters that a terminal without a protocol for keys has sent."""
    parser = XTermParser()
    return [event for text in (sent, "") for event in parser.feed(text) if isinstance(event, Key)]


def test_every_command_has_a_key_that_any_terminal_can_send() -> None:
    for command in commands().values():
        first = command.keys[0]
        if first.startswith("alt+") and len(first) == len("alt+x"):
            assert [event.key for event in from_terminal(f"\x1b{first[-1]}")] == [first]
        else:
            assert not re.fullmatch(r"alt\+\w+_\w+|alt\+comma", first), command


async def test_a_letter_with_alt_is_a_command_and_no_text_in_code_and_field(
    on_level: DebuggerApp,
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        area = await in_code(pilot)
        before = area.text
        for event in from_terminal("\x1bh"):
            assert event.key == "alt+h"
            on_level.post_message(event)
        await until_seen(pilot, "Runs of this level")
        await pilot.press("escape")
        for event in from_terminal("\x1bü"):  # bound to nothing, and sent with its letter
            assert event.character == "ü"
            on_level.post_message(event)
        await pilot.press("ctrl+f")
        for event in from_terminal("\x1bd"):
            on_level.post_message(event)
        await until_seen(pilot, "What you have changed")
        assert area.text == before
