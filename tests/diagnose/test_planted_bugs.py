"""Bugs in two of the styles are caught, and the report begins with the part that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diagnose.asking import STYLES, functions, told
from tests.diagnose.planted_functional import FUNCTIONAL_KEY, FUNCTIONAL_MORE
from tests.diagnose.planted_modules import MODULES_KEY, MODULES_MORE
from tests.diagnose.planting import Bug, plant

pytestmark = pytest.mark.filterwarnings("ignore")

PLANTED = {
    "modules": MODULES_KEY + MODULES_MORE,
    "functional": FUNCTIONAL_KEY + FUNCTIONAL_MORE,
}
FIRES_ON_AGREEMENT = ("attention.column_sums",)
"""What these measure should be anything but one value: they have none to expect."""
CASES = [(style, bug) for style, bugs in PLANTED.items() for bug in bugs]


@pytest.mark.parametrize(
    ("style", "bug"), CASES, ids=[f"{style}: {bug.name}" for style, bug in CASES]
)
def test_a_planted_bug_is_caught_and_its_part_comes_first(
    style: str, bug: Bug, tmp_path: Path
) -> None:
    source = plant(STYLES[style].read_text("utf-8"), bug)
    found = told(functions(source, tmp_path))
    assert found.findings, "no probe fires"
    assert found.findings[0].component in bug.parts, [f.component for f in found.findings]
    for finding in found.findings:
        if finding.fault is None and finding.probe not in FIRES_ON_AGREEMENT:
            due = [m for m in finding.measurements if m.expected is not None]
            assert any(m.tolerance is not None for m in due), finding


def test_both_styles_hold_the_keys_eight_bugs_and_more_than_thirty_besides() -> None:
    for bugs in PLANTED.values():
        assert [b.name for b in bugs[:8]] == [f"key {number}" for number in range(1, 9)]
        assert len(bugs) > 8 + 30
        assert len({b.name for b in bugs}) == len(bugs)
