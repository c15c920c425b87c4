"""Every sign has a stand-in: as wide as itself, in ASCII, and telling what the sign tells."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_debugger.commands import doctor, rendering
from tui_debugger.terminal.signs import SIGNS, STAND_INS, Glyphs, register, stand_in
from tui_debugger.text import STATE, STATUS
from tui_debugger.widgets.heatmap import SHADES
from tui_debugger.widgets.plot import MARKS

SOURCE = Path(__file__).parents[2] / "tui_debugger"
BRAILLE = {chr(code) for code in range(0x2800, 0x2900)}


def test_a_stand_in_is_one_cell_of_ascii() -> None:
    for sign, ascii in STAND_INS.items():
        assert len(sign) == len(ascii) == 1, sign
        assert ascii.isascii(), sign
        assert ascii.isprintable(), sign


@pytest.mark.parametrize(
    "group",
    [
        [sign for sign, *_ in STATUS.values()],
        [sign for sign, *_ in STATE.values()],
        [sign for sign, _ in rendering.SIGNS.values()],
        [sign for sign, _ in doctor.SIGNS.values()],
        list(SHADES),
        list(MARKS),
        list("✗▎ "),
        list("━─"),
    ],
    ids=lambda group: "".join(group),
)
def test_signs_that_say_different_things_have_different_stand_ins(group: list[str]) -> None:
    shown = [Glyphs("ascii").text(sign) for sign in group]
    assert len(set(shown)) == len(group), shown


def test_every_sign_of_the_interface_is_in_the_table() -> None:
    used: dict[str, str] = {}
    for file in SOURCE.rglob("*.py"):
        if file.name != "signs.py":
            used |= dict.fromkeys(re.findall(r"[^\x00-\x7f]", file.read_text("utf-8")), file.name)
    assert "✓" in used
    assert {
        sign: file for sign, file in used.items() if sign not in STAND_INS and sign not in BRAILLE
    } == {}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_text_with_stand_ins_is_ascii_and_as_wide(text: str) -> None:
    shown = Glyphs("ascii").text(text)
    assert shown.isascii()
    if all(len(stand_in(one)) == cell_len(one) for one in text):
        assert len(shown) == sum(map(cell_len, text))


@given(st.text(st.sampled_from(sorted({*STAND_INS, *BRAILLE, *"aä é漢🙂"}))))
def test_what_is_drawn_keeps_its_width(text: str) -> None:
    assert len(Glyphs("ascii").text(text)) == sum(map(cell_len, text))


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp437", "koi8-r"]))
def test_what_can_be_shown_is_left_as_it_is(text: str, encoding: str) -> None:
    shown = Glyphs(encoding).text(text)
    assert shown in Glyphs(encoding)
    if text in Glyphs(encoding):
        assert shown == text


def test_a_curve_keeps_its_shape() -> None:
    assert Glyphs("ascii").text("⠉⠒⠤⣀⡇⠀") == "'--_| "


def test_a_stream_writes_stand_ins_in_place_of_question_marks() -> None:
    register()
    for encoding, shown in (("ascii", "v x - V"), ("iso8859-1", "v x - V"), ("utf-8", "✓ ✗ – √")):
        stream = io.TextIOWrapper(io.BytesIO(), encoding, errors=SIGNS)
        stream.write("✓ ✗ – √")
        stream.flush()
        stream.seek(0)
        assert stream.read() == shown
