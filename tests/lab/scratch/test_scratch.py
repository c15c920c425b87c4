"""The player's own probe: what is at hand, what is shown, and where an error stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.evidence import Curves, Heatmap
from engine.lab import scratch
from engine.lab.codebase import fault_of, print_error
from engine.sandbox.messages import Event, Shown
from engine.scratch import FILE, TEMPLATE


def run(root: Path, text: str) -> list[Shown]:
    """What ``text`` shows on the clean codebase."""
    for file, content in Catalog().codebase.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(content, "utf-8")
    (root / FILE).write_text(text, "utf-8")
    events: list[Event] = []
    scratch.run(root, 0, events.append)
    return [event for event in events if isinstance(event, Shown)]


def test_the_template_runs_and_shows_its_values(tmp_path: Path) -> None:
    logits, loss = run(tmp_path, TEMPLATE)
    assert (logits.name, loss.name) == ("logits", "cross_entropy_loss(logits, targets)")
    assert "(5, 12, 37)" in logits.text
    assert TEMPLATE.splitlines()[loss.line - 1] == loss.name


@pytest.mark.parametrize(
    "name",
    ["model", "tokens", "targets", "torch", "F", "softmax", "RMSNorm", "AdamW", "train_step"],
)
def test_what_the_template_promises_is_at_hand(tmp_path: Path, name: str) -> None:
    (shown,) = run(tmp_path, f"show({name}, 'it')\n")
    assert shown.name == "it"


def test_functions_of_the_players_see_what_is_at_hand(tmp_path: Path) -> None:
    (shown,) = run(tmp_path, "def f():\n    return softmax(torch.zeros(2), -1).sum()\nf()\n")
    assert shown.text.startswith("1.0")


def test_statements_and_nothing_are_not_shown(tmp_path: Path) -> None:
    assert run(tmp_path, '"""Words."""\nx = 1\nprint(x)\n') == []


def test_numbers_that_are_not_finite_are_counted(tmp_path: Path) -> None:
    (shown,) = run(tmp_path, "torch.tensor([1.0, float('nan'), float('inf')])\n")
    assert "2 not finite" in shown.text


def test_a_matrix_is_drawn_and_a_row_of_numbers_too(tmp_path: Path) -> None:
    matrix, row = run(tmp_path, "torch.eye(4)\ntorch.linspace(0, 1, 20)\n")
    assert isinstance(matrix.figure, Heatmap)
    assert isinstance(row.figure, Curves)


def test_a_value_that_cannot_be_printed_is_still_told(tmp_path: Path) -> None:
    text = "class A:\n    def __repr__(self):\n        raise ValueError\nA()\n"
    (shown,) = run(tmp_path, text)
    assert "repr raises ValueError" in shown.text


def test_runs_draw_the_same_numbers(tmp_path: Path) -> None:
    text = "torch.randn(3)\nmodel(tokens).sum()\n"
    assert run(tmp_path, text) == run(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "line"), [("x = 1\n1 / 0\n", 2), ("x = (\n", 1), ("\n\nsoftmax()\n", 3)]
)
def test_an_error_is_told_at_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each of another kind
        run(tmp_path, text)
    fault = fault_of(raised.value, tmp_path.resolve())
    assert (fault.file, fault.line) == (FILE, line)


def test_a_module_that_cannot_be_loaded_is_named_and_the_rest_is_at_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "loss.py").write_text("def broken(:\n")
    (shown,) = run(tmp_path, "softmax(torch.zeros(2), -1)\n")
    assert "0.5" in shown.text
    assert "training/loss.py is not at hand" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "frames"), [("x = (\n", 1), ("1 / 0\n", 1), ("def f():\n    1 / 0\nf()\n", 2)]
)
def test_a_traceback_is_of_the_players_code_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, frames: int
) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each of another kind
        run(tmp_path, text)
    print_error(raised.value, tmp_path.resolve())
    told = capsys.readouterr().err
    assert told.count('  File "') == told.count(FILE) == frames
