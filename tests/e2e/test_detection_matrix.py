"""The detection matrix says what is measured: each probe on each level, and on the clean code."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from engine import guide
from engine.catalog import Catalog
from engine.matrix import SIGNS, Measured, document, measure
from engine.sandbox.client import Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "detection-matrix.md"
LEVELS = Catalog().levels

Table = dict[str, list[str]]


def table(page: str) -> Table:
    """Probe -> its signs, clean code first."""
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[2:] for row in rows}


@pytest.fixture(scope="module")
def shown() -> Table:
    return table(PAGE.read_text("utf-8"))


async def test_what_the_page_says_is_measured(shown: Table) -> None:
    sandbox = Sandbox()
    try:
        measured = await measure(LEVELS, sandbox, 1)
    finally:
        await sandbox.close()
    _, sometimes, never = SIGNS
    assert set(shown) == {info.name for info in measured.catalogue}
    assert measured.counts["clean"] == {}
    for probe, signs in shown.items():
        assert signs[0] == never
        for level in LEVELS:
            assert signs[level.number] in (measured.sign(level.id, probe), sometimes), (
                probe,
                level.id,
            )


def test_the_page_and_the_field_guide_agree(shown: Table) -> None:
    rows = guide.load(resources.files("levels")).rows
    always, sometimes, _ = SIGNS
    for level in LEVELS:
        row, probes = rows[level.id]
        assert probes == len(shown)
        column = {probe: signs[level.number] for probe, signs in shown.items()}
        assert list(row.fires) == [probe for probe, sign in column.items() if sign == always]
        assert list(row.sometimes) == [p for p, sign in column.items() if sign == sometimes]


def test_every_bug_is_caught_by_two_probes_at_the_least(shown: Table) -> None:
    for level in LEVELS:
        assert sum(signs[level.number] == SIGNS[0] for signs in shown.values()) >= 2, level.id


def test_a_page_is_written_as_it_is_read() -> None:
    measured = Measured((), LEVELS, 2, {"clean": {}, **{level.id: {} for level in LEVELS}})
    assert table(document(measured)) == {}
