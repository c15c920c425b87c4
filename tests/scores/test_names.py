"""Names of players: written in any script, never able to pass for another."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.scores.names import fault, key, tidy


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "Ada Lovelace",
        "<b>x</b>",
        "王小明",
        "Zoë",
        "नमस्ते",
        "می\u200cخواهم",
        "👩\u200d💻",
        "=1+1",
    ],
)
def test_a_name_in_any_script_is_one(name: str) -> None:
    assert fault(name) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("x" * 65, "longer than 64"),
        ("a\nb", "a control character (U+000A)"),
        ("a\x1b[31m", "a control character (U+001B)"),
        ("a\u202eb", "an invisible character (U+202E)"),
        ("a\u2066b", "an invisible character (U+2066)"),
        ("a\u2028b", "a line separator"),
        ("a\ud800", "half a character"),
        (" a", "NFC"),
        ("a  b", "NFC"),
        ("e\u0301", "NFC"),
    ],
)
def test_a_name_that_could_deceive_is_told_apart(name: str, why: str) -> None:
    assert why in fault(name)


@pytest.mark.parametrize("other", ["ADA", "Ａｄａ", "a\u200dda", " ada "])
def test_names_that_look_alike_are_one_players(other: str) -> None:
    assert key(other) == key("Ada") != key("Adam")


@given(st.text())
def test_tidying_twice_is_tidying_once(name: str) -> None:
    assert tidy(tidy(name)) == tidy(name)
    assert "\n" not in fault(name)


@given(st.text(max_size=30).map(tidy))
def test_no_name_that_passes_moves_the_cursor_or_the_direction(name: str) -> None:
    if fault(name) == "":
        kinds = {unicodedata.category(c) for c in name if c not in "\u200c\u200d"}
        assert kinds.isdisjoint({"Cc", "Cf", "Zl", "Zp"})
        assert name.isprintable() or "\u200c" in name or "\u200d" in name
