"""Correct transformers, written in ways that differ as much as they can, set off no probe."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diagnose.asking import STYLES, functions, told, wrong

pytestmark = pytest.mark.filterwarnings("ignore")  # what students' code warns of is their affair


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("style", STYLES)
def test_no_probe_fires_on_a_correct_transformer(style: str, seed: int, tmp_path: Path) -> None:
    found = told(functions(STYLES[style].read_text("utf-8"), tmp_path), seed=seed)
    assert wrong(found) == {}
    assert len(found.quiet) > 85, "a style that is hardly asked proves nothing"


def test_weights_that_are_followed_let_a_function_be_asked_for_their_gradients(
    tmp_path: Path,
) -> None:
    asked = {}
    for style in ("functional", "modules"):
        found = told(functions(STYLES[style].read_text("utf-8"), tmp_path))
        asked[style] = "gradients.finite_differences" in found.quiet
        reasons = {skipped.reason for skipped in found.skipped}
        assert any("no gradient comes back" in reason for reason in reasons) is not asked[style]
    assert asked == {"functional": True, "modules": False}


def test_half_split_rotation_is_an_alarm_until_it_is_declared(tmp_path: Path) -> None:
    source = STYLES["half_split"].read_text("utf-8").replace('ROPE = "half"', "")
    undeclared = told(functions(source, tmp_path))
    assert "rope.pairing" in wrong(undeclared)
    assert undeclared.findings[0].component == "rope"
    (pairing,) = (f for f in undeclared.findings if f.probe == "rope.pairing")
    assert "--rope half" in pairing.means
    assert wrong(told(functions(source, tmp_path, "half"))) == {}
