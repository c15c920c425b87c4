"""The ladder: the notes in the author's order, then the line, then the answer."""

from __future__ import annotations

from engine.catalog import Catalog
from engine.hints import Kind, ladder


def test_the_ladder_climbs_from_the_notes_to_the_answer(tiny: Catalog) -> None:
    rungs = ladder(tiny.find("steep-hill"))
    assert [(rung.kind, rung.title, rung.cost) for rung in rungs] == [
        (Kind.NOTE, "Look at the size", 10),
        (Kind.NOTE, "Look at the loss", 20),
        (Kind.LINE, "The line", 40),
        (Kind.ANSWER, "The answer", 0),
    ]
    assert [rung.holds for rung in rungs] == [True, False, True, True]
    assert [rung.probe for rung in rungs] == ["attention.scale", None, None, None]
    assert rungs[2].text == "transformer/core.py, line 2"
    assert rungs[3].text == "Multiplied, not divided\n\nScores grow with d_k."


def test_a_level_of_parts_tells_every_line(tiny: Catalog) -> None:
    line = ladder(tiny.find("both"))[-2]
    assert line.title == "The lines"
    assert line.text == "transformer/core.py, line 2\ntraining/loss.py, line 3"
