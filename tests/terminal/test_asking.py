"""The terminal is asked for its ground, and no key is lost over it."""

from __future__ import annotations

import os
import pty
import sys
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from tui_debugger.terminal.asking import QUESTION, Question
from tui_debugger.typed import LateAnswer, keys

ROOT = Path(__file__).parents[2]
DARK, LIGHT = b"\x1b]11;rgb:1e1e/1e1e/2020\x1b\\", b"\x1b]11;rgb:ff/fa/f0\x07"
LAST = b"\x1b[?62;22c"


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Of a terminal: its own, and the program's."""
    own, program = pty.openpty()
    tty.setraw(program)
    yield own, program
    os.close(own)
    os.close(program)


Ask = Callable[[bytes], Question]


@pytest.fixture
def ask(ends: tuple[int, int]) -> Ask:
    """Asks a terminal that says just that."""
    own, program = ends

    def asking(said: bytes) -> Question:
        question = Question(program, program)
        assert os.read(own, 100) == QUESTION
        os.write(own, said)
        question.wait(5 if LAST in said else 0.05)
        return question

    return asking


@pytest.mark.parametrize(
    ("said", "dark", "owing"),
    [
        (DARK + LAST, True, False),
        (LIGHT + LAST, False, False),
        (LAST, None, False),  # as a terminal that does not know the first question
        (LIGHT, False, True),
        (b"", None, True),
        (b"\x1b]11;?\x07" + LAST, None, False),
    ],
)
def test_the_answer_tells_dark_from_light(
    ask: Ask, said: bytes, dark: bool | None, owing: bool
) -> None:
    question = ask(said)
    assert (question.dark, question.owing) == (dark, owing)


def test_what_was_typed_around_the_answer_is_kept(ask: Ask) -> None:
    question = ask(b"ab" + DARK + b"\x1b[A\n" + LAST + b"c")
    assert (question.dark, question.typed) == (True, b"ab\x1b[A\rc")
    assert [key.key for key in keys(question.typed) if isinstance(key, events.Key)] == [
        "a", "b", "up", "enter", "c",
    ]  # fmt: skip


def test_nobody_is_asked_where_there_is_no_terminal() -> None:
    question = Question()
    question.wait()
    assert (question.dark, question.typed, question.owing) == (None, b"", False)


ASKING = """
import sys
from tui_debugger.terminal.asking import asked
with asked() as question:
    question.wait({patience})
print("dark", question.dark, question.typed, question.owing)
print("line", input())
"""


@pytest.fixture
def spawn() -> Iterator[Callable[[float], pexpect.spawn[bytes]]]:
    made: list[pexpect.spawn[bytes]] = []

    def make(patience: float) -> pexpect.spawn[bytes]:
        environ = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT)}
        command = ["-c", ASKING.format(patience=patience)]
        made.append(pexpect.spawn(sys.executable, command, env=environ, timeout=60))
        return made[-1]

    yield make
    for one in made:
        one.close(force=True)


def test_a_real_terminal_is_asked_and_left_as_it_was(
    spawn: Callable[[float], pexpect.spawn[bytes]],
) -> None:
    game = spawn(30)
    game.expect_exact(QUESTION)
    game.send(b"ab" + LIGHT + LAST)
    game.expect_exact(b"dark False b'ab' False")
    game.sendline(b"typed")  # which is a line again, and echoed
    game.expect_exact(b"typed")
    game.expect_exact(b"line typed")


def test_a_terminal_that_says_nothing_is_not_waited_for(
    spawn: Callable[[float], pexpect.spawn[bytes]],
) -> None:
    game = spawn(0.05)
    game.expect_exact(b"dark None b'' True")


def played(late: LateAnswer, said: bytes) -> str:
    through = [key for key in keys(said) if isinstance(key, events.Key)]
    heard = [key for one in through for key in late.hear(one)]
    return "".join(key.character or "" for key in [*heard, *late.let_go()])


@pytest.mark.parametrize("said", [DARK + LAST, LIGHT + LAST, LAST])
def test_an_answer_that_comes_late_is_not_typed(said: bytes) -> None:
    late = LateAnswer()
    assert played(late, b"x" + said + b"y") == "xy"
    assert not late.waiting


@given(st.text(st.sampled_from("]1;rgb:/0f\\[?c^x"), max_size=30))
def test_what_is_typed_comes_through_while_an_answer_is_late(typed: str) -> None:
    whole = LateAnswer._WHOLE.search(typed)
    if not whole and "\\" not in typed:
        assert played(LateAnswer(), typed.encode()) == typed
