"""Where a name is defined, and where a text stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import Catalog
from tui_debugger.reading import Hit, Sources, Spot, definition, search, word_at

SOURCES = {
    "transformer/core.py": """import torch
from torch import nn


def softmax(x, dimension):
    shifted = x - x.amax(dimension)
    return shifted.exp()


class Linear(nn.Module):
    def __init__(self, width):
        self.weight = torch.ones(width)

    async def later(self):
        return self.weight

    def forward(self, x):
        return x @ self.weight + self.later()
""",
    "transformer/attention.py": """from transformer.core import Linear, softmax as soft

SCALE = 2


def attention(Q):
    scores = [q * SCALE for q in Q]
    return soft(scores, -1)
""",
    "training/broken.py": "def (:\n",
    "training/loss.py": "from training.broken import it\n\nit()\nattention\n",
}


@pytest.mark.parametrize(
    ("file", "text", "on", "found"),
    [
        ("core", "return shifted", "shifted", (5, 4)),
        ("core", "x.amax(dimension)", "dimension", (4, 15)),
        ("core", "x @ self.weight", "weight", (11, 13)),
        ("core", "self.later()", "later", (13, 14)),
        ("core", "torch.ones", "torch", (0, 7)),
        ("attention", "q * SCALE", "SCALE", (2, 0)),
        ("attention", "[q * SCALE for q in Q]", "Q", (5, 14)),
    ],
)
def test_a_name_is_found_where_it_gets_its_meaning(
    file: str, text: str, on: str, found: tuple[int, int]
) -> None:
    name = f"transformer/{file}.py"
    source = SOURCES[name]
    at = source.index(text) + text.rindex(on)
    line = source.count("\n", 0, at)
    column = at - (source.rfind("\n", 0, at) + 1)
    assert definition(SOURCES, Spot(name, line, column)) == Spot(name, *found)


@pytest.mark.parametrize(("column", "found"), [(13, (4, 4)), (30, (9, 6))])
def test_an_imported_name_is_followed_to_its_file(column: int, found: tuple[int, int]) -> None:
    line = 7 if column == 13 else 0
    at = Spot("transformer/attention.py", line, column)
    assert definition(SOURCES, at) == Spot("transformer/core.py", *found)


def test_columns_are_counted_in_characters() -> None:
    sources = {"a.py": "ω = 'ωω'; b = 1\nb\n"}
    assert definition(sources, Spot("a.py", 1, 0)) == Spot("a.py", 0, 10)


def test_what_nobody_defines_here_is_found_in_no_place() -> None:
    assert definition(SOURCES, Spot("transformer/core.py", 5, 17)) is None
    assert definition(SOURCES, Spot("transformer/core.py", 2, 0)) is None
    assert definition(SOURCES, Spot("training/broken.py", 0, 1)) is None


def test_a_name_that_is_only_used_here_is_looked_for_in_the_other_files() -> None:
    there = Spot("transformer/attention.py", 5, 4)
    assert definition(SOURCES, Spot("training/loss.py", 3, 2)) == there
    assert definition(SOURCES, Spot("training/loss.py", 2, 0)) == Spot("training/loss.py", 0, 28)


def test_a_search_goes_through_all_files_and_a_capital_makes_case_count() -> None:
    assert [hit.spot.line for hit in search({"a.py": "Q = 1\nq = Q\n"}, "q")] == [0, 1, 1]
    assert list(search({"a.py": "Q = 1\nq = Q\n"}, "Q ")) == [Hit(Spot("a.py", 0, 0), 2, "Q = 1")]
    assert list(search(SOURCES, "")) == []


@given(st.text(), st.text(min_size=1, max_size=3))
def test_every_hit_of_a_search_holds_the_text(text: str, words: str) -> None:
    for hit in search({"a.py": text}, words):
        found = hit.line[hit.spot.column : hit.end]
        assert len(found) == len(words)
        assert text.splitlines()[hit.spot.line] == hit.line


@given(st.data())
def test_no_place_in_the_real_source_is_too_much(data: st.DataObject) -> None:
    sources: Sources = Catalog().codebase
    file = data.draw(st.sampled_from(sorted(sources)))
    lines = sources[file].splitlines() or [""]
    line = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[line])))
    found = definition(sources, Spot(file, line, column))
    if found is not None:
        assert word_at(sources[found.file], found.line, found.column + 1)
