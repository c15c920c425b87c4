"""Text fit for a terminal, whatever it was."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_debugger.commands.layout import columns, prose, wrapped
from tui_debugger.plain import count, figure, one_line, plain, points, tolerance

PARTS = st.sampled_from(["\x1b[", "\x1b]0;", "\x9b", "\x07", "\r", "\n", "31m", "a b", "√", "[/x]"])
STRANGE = st.one_of(st.text(), st.lists(PARTS).map("".join))


@given(STRANGE)
def test_no_control_character_is_left_but_tabs_and_newlines(text: str) -> None:
    shown = plain(text)
    assert all(unicodedata.category(c) != "Cc" or c in "\t\n" for c in shown)
    assert plain(shown) == shown
    assert "\n" not in one_line(text)


@given(st.text(string.printable.replace("\r", "").replace("\x0b", "").replace("\x0c", "")))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("bell\x07", "bell�"),
        ("[/x] a[b=c]", "[/x] a[b=c]"),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("value", "beside", "shown"),
    [
        (1.0, None, "1"),
        (0.123456, None, "0.1235"),
        (1.0000012, 1.0, "1.000001"),
        (1.0, 1.0, "1"),
        ("nan", 1.0, "nan"),
        (2.0, "inf", "2"),
        (None, None, ""),
    ],
)
def test_a_number_has_the_digits_that_tell_it_apart(
    value: float | str | None, beside: float | str | None, shown: str
) -> None:
    assert figure(value, beside) == shown


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False))
def test_two_numbers_that_differ_never_look_the_same(one: float, other: float) -> None:
    assert (figure(one, other) == figure(other, one)) == (one == other)


def test_words_agree_with_their_number() -> None:
    assert (count(1, "check"), count(2, "check")) == ("1 check", "2 checks")
    assert count(2, "entry", "entries") == "2 entries"
    assert points(1) == "1 point"
    assert (tolerance(1e-6), tolerance(None)) == ("± 1e-06", "")


WORDS = st.lists(st.text(string.ascii_letters, min_size=1, max_size=9), max_size=30).map(" ".join)


@given(st.lists(st.tuples(WORDS, st.text("xyz", max_size=9), WORDS), min_size=1, max_size=5))
def test_columns_lose_no_word_and_stay_aligned(rows: list[tuple[str, str, str]]) -> None:
    laid_out = list(columns(rows, 60))
    assert len(laid_out) == len(rows)
    for row, lines in zip(rows, laid_out, strict=True):
        assert sorted(" ".join(row).split()) == sorted(" ".join(lines).split())


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")


@pytest.mark.usefixtures("narrow")
def test_paragraphs_wrap_and_code_stays_as_it_is() -> None:
    text = (
        "Some words that go on for longer than a line.\n\n    code = that_must_not_be_wrapped(x)\n"
    )
    assert prose(text, "  ") == (
        "  Some words that go on for\n"
        "  longer than a line.\n"
        "\n"
        "      code = that_must_not_be_wrapped(x)"
    )
    assert wrapped("one two three four five six seven", "- ", "  ") == (
        "- one two three four five six\n  seven"
    )
