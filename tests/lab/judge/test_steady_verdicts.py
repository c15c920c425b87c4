"""A verdict depends on the submission alone; ``make repeats`` gives two hundred for each level."""

from __future__ import annotations

import pytest
import torch

from tests.lab.judge.court import Court, dockets, questions
from tests.lab.judge.repeats import Circumstances, Repeat, agrees, failures, plan

AS_IT_IS = Circumstances(7, 1, torch.float32, torch.float32, 0)
OTHERWISE = (
    Circumstances(7, 2, torch.float64, torch.bfloat16, 1),
    Circumstances(7, 1, torch.bfloat16, torch.float64, 2),
)
SAMPLE = [repeat for docket in dockets() for repeat in plan(docket, 200)[docket.level :: 200]]


@pytest.mark.parametrize("repeat", SAMPLE, ids=lambda r: f"{r.docket.level}: {r.submission.name}")
def test_a_repeated_verdict_is_the_same(court: Court, repeat: Repeat) -> None:
    assert agrees(court, repeat)


def test_the_very_checks_that_fail_are_the_same(court: Court) -> None:
    docket = dockets()[3]
    for submission in (docket.right[-1], docket.wrong[0]):
        source = docket.source(submission)
        first = failures(court, source, AS_IT_IS)
        for under in OTHERWISE:
            assert failures(court, source, under).keys() == first.keys()


def test_repeats_are_half_right_and_half_wrong_and_change_everything() -> None:
    for docket in dockets():
        repeats = plan(docket, 200)
        assert sum(r.right for r in repeats) == 100
        assert {r.submission.name for r in repeats} == {
            s.name for s in (*docket.right, *docket.wrong)
        }
        for what in ("seed", "threads", "around", "inside", "order"):
            assert len({getattr(r.under, what) for r in repeats}) > 1


def test_what_code_does_to_torch_as_it_is_imported_reaches_no_question(court: Court) -> None:
    docket = dockets()[0]
    source = docket.source(docket.right[0])
    source["transformer/core.py"] += "\ntorch.set_grad_enabled(False)\n"
    source["transformer/core.py"] += "torch.set_default_dtype(torch.bfloat16)\n"
    root = court.root(source)
    # Each of these would be the one that has the module imported.
    for name in ("embedding.initialisation", "rms_norm.initialisation", "silu.gradients"):
        assert court.failures(root, questions=questions(name)) == {}
