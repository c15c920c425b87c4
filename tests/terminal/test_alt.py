"""Keys with alt, as a terminal sends them when they are held down."""

from __future__ import annotations

import itertools
import string

from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key

from tui_debugger.terminal import alt
from tui_debugger.typed import keys

ARROW, PLAIN = ("\x1b[A", "up"), ("x", "x")
HELD = [
    (f"\x1b{letter}", f"alt+{letter}") for letter in string.ascii_lowercase if letter not in "bf"
]
"""Escape and b, and f, are what some terminals send for ctrl with an arrow: Textual reads that."""
SHIFTED = [
    (f"\x1b{letter}", f"alt+shift+{letter.lower()}")
    for letter in string.ascii_uppercase
    if letter not in alt.BEGIN_OTHERS
]
MARKS = [("\x1b,", "alt+comma"), ("\x1b.", "alt+full_stop")]


@given(st.lists(st.sampled_from([ARROW, PLAIN, *HELD, *SHIFTED, *MARKS])), st.integers(1, 9))
def test_however_fast_they_come_each_is_a_key(sent: list[tuple[str, str]], times: int) -> None:
    alt.learn()
    held = list(itertools.chain.from_iterable([each] * times for each in sent))
    read = keys("".join(sequence for sequence, _ in held).encode())
    assert [event.key for event in read if isinstance(event, Key)] == [name for _, name in held]


def test_longer_sequences_are_read_as_before() -> None:
    alt.learn()
    read = keys(b"\x1bOP\x1b[15~\x1bOA\x1b[1;3C")
    assert [event.key for event in read if isinstance(event, Key)] == [
        "f1",
        "f5",
        "up",
        "alt+right",
    ]
