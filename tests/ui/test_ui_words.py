"""What the screens say, as functions of text and numbers."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color
from textual.content import Content

from engine.evidence import Curves, Heatmap, Measurement, Table
from tui_debugger.text import STATE, STATUS, figure, one_line, plain, prose
from tui_debugger.widgets.columns import columns, measurements, table
from tui_debugger.widgets.diff_view import coloured
from tui_debugger.widgets.heatmap import Palette, heatmap
from tui_debugger.widgets.indenting import indent, indent_after, spaces_before
from tui_debugger.widgets.plot import plot

COLOURS = Palette(Color(0, 0, 0), Color(0, 0, 255), Color(255, 0, 0))
MONOCHROME = Palette(Color(0, 0, 0), Color(0, 0, 255), Color(255, 0, 0), colours=False)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.none() | FLOATS


def widest(content: Content) -> int:
    return max(line.cell_length for line in content.split("\n"))


@given(st.text())
def test_plain_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", plain(text))


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


def test_plain_text_loses_colours_links_and_titles_but_no_words() -> None:
    text = "\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x1b\\ a\rb\x00"
    assert plain(text) == "red link a\nb�"


def test_prose_joins_lines_and_keeps_paragraphs_and_lists() -> None:
    text = "One\nparagraph.\n\n- first\n- second\n\n    code\n    more code\n"
    assert str(prose(text)) == "One paragraph.\n\n- first\n- second\n\n    code\n    more code"


def test_prose_sets_code_and_stress_apart() -> None:
    content = prose("``a * b`` is *larger* than `c`, and 2 * 3 * 4 stays")
    assert str(content) == "a * b is larger than c, and 2 * 3 * 4 stays"
    assert [span.style for span in content.spans] == ["$text-accent", "italic", "$text-accent"]


def test_every_state_has_a_sign_and_a_word_of_its_own() -> None:
    for table_ in (STATE, STATUS):
        signs = [sign for sign, _, _ in table_.values()]
        words = [word for _, word, _ in table_.values()]
        assert len(set(signs)) == len(set(words)) == len(table_)


def test_a_number_is_shown_in_as_many_digits_as_tell_it_from_the_other() -> None:
    assert figure(2.718281828) == "2.718"
    assert figure(1.0000002, 1.0) == "1.0000002"
    assert figure(1.0, 1.0) == "1"
    assert figure("nan", 1.0) == "nan"
    assert figure(None) == ""


@given(
    st.lists(VALUES, min_size=1, max_size=40),
    st.integers(0, 40),
    st.integers(20, 120),
    st.sampled_from([COLOURS, MONOCHROME]),
)
def test_a_heatmap_of_any_size_fits_its_width(
    row: list[float | None], rows: int, width: int, palette: Palette
) -> None:
    data = Heatmap("W", tuple(tuple(row[at:] + row[:at]) for at in range(rows)), "q", "k")
    body = str(heatmap(data, width, palette)).splitlines()[1:-2]
    assert all(len(line) <= width for line in body)


def test_a_heatmap_tells_values_without_colours_too() -> None:
    shown = str(heatmap(Heatmap("W", ((0.1,) * 30, (0.9,) * 30), "q", "k"), 70, MONOCHROME))
    assert shown.splitlines()[1:3] == ["0 " + " " * 60, "1 " + "█" * 60]
    small = str(heatmap(Heatmap("W", ((0.0, 1.0), (None, 0.5)), "q", "k"), 70, MONOCHROME))
    assert "n/f" in small
    assert "0.50" in small


@given(
    st.lists(FLOATS, min_size=1, max_size=60, unique=True).map(sorted),
    st.lists(VALUES, min_size=60, max_size=60),
    st.integers(1, 4),
)
def test_curves_of_any_values_can_be_drawn(
    x: list[float], values: list[float | None], lines: int
) -> None:
    series = {f"line {n}": tuple(values[n : len(x) + n]) for n in range(lines)}
    data = Curves("Loss", tuple(x), series, "step", "nats")
    rows = str(plot(data, 60, 14)).splitlines()
    assert rows[0] == "Loss"
    assert len(rows) <= 14


def test_a_curve_runs_from_its_first_value_to_its_last() -> None:
    data = Curves("Loss", (0.0, 1.0, 2.0), {"run": (4.0, 2.0, 1.0)}, "step", "nats")
    rows = str(plot(data, 40, 10)).splitlines()
    assert rows[1].startswith("  4 ┤⢇") or rows[1].startswith("  4 ┤")
    assert rows[1].rstrip() != "  4 ┤"
    assert "run 4 → 1" in rows[-1]
    assert rows[-2].strip().startswith("0")


def test_several_curves_are_told_apart_by_their_marks() -> None:
    data = Curves("L", (0.0, 1.0), {"a": (1.0, 1.0), "b": (2.0, None)}, "x", "y")
    shown = str(plot(data, 40, 10))
    assert "• a 1 → 1" in shown
    assert "× b 2 → 2, 1 not finite" in shown


def test_curves_without_a_finite_value_say_so() -> None:
    data = Curves("Loss", (0.0, 1.0), {"run": (None, None)}, "step", "nats")
    assert "Nothing finite to draw." in str(plot(data, 40, 10))


@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=5))
def test_a_table_fits_its_width(rows: list[list[str]]) -> None:
    shown = str(columns(("a", "b", "c"), rows, 40))
    assert all(len(line) <= 40 for line in shown.splitlines())


def test_the_widest_columns_of_a_table_give_way_to_those_that_need_little() -> None:
    row = ("layers.0.attn.rope", "RotaryPositionalEmbedding", "(5, 3)", "float32")
    [_, shown] = str(columns(("what", "module", "shape", "dtype"), [row], 45)).splitlines()
    assert shown.split() == ["layers.0.att…", "RotaryPositi…", "(5,", "3)", "float32"]


def test_measurements_stand_side_by_side_where_there_is_room() -> None:
    found = [Measurement("sum", 1.0000002, 1.0, 1e-9, "nats")]
    assert "sum       1.0000002 nats  1.0000000 nats" not in str(measurements(found, 80))
    assert str(measurements(found, 80)).splitlines()[1].split() == [
        "sum", "1.0000002", "nats", "1", "nats", "±", "1e-09",
    ]  # fmt: skip
    assert str(measurements(found, 20)).splitlines()[1].startswith("  observed 1.0000002 nats, exp")


def test_a_table_shows_its_title_and_headings() -> None:
    shown = str(table(Table("Shapes", ("module", "shape"), (("attn", "(2, 3)"),)), 40))
    assert shown.splitlines() == ["Shapes", "module  shape ", "attn    (2, 3)"]


def test_a_diff_is_set_line_by_line() -> None:
    content = coloured("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same\n")
    assert str(content).endswith("-old\n+new\n same")
    assert len(content.spans) == 5


def test_the_next_line_begins_where_python_wants_it() -> None:
    assert indent_after("    if x:") == "        "
    assert indent_after("    f(") == "        "
    assert indent_after("    return x") == ""
    assert indent_after("    return f(") == "        "
    assert indent_after("    x = 'a:'") == "    "
    assert indent_after("    x = 1  # so:") == "    "
    assert indent_after("    y = {1: 2}") == "    "


@given(st.text(alphabet=" ab", max_size=12))
def test_indenting_and_back_changes_nothing(line: str) -> None:
    if line.strip():
        assert indent(indent(line, 1), -1) == line


@given(st.integers(1, 40))
def test_backspace_goes_back_to_a_level(column: int) -> None:
    assert (column - spaces_before(column)) % 4 == 0
