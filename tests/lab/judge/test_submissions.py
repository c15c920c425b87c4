"""Right submissions are accepted, wrong ones refused: every level, whatever the text."""

from __future__ import annotations

import pytest

from engine.catalog import Catalog
from engine.level import apply_edits
from tests.lab.judge.court import Court, Docket, Submission, dockets, parted

DOCKETS = dockets()
RIGHT = [pytest.param(d, s, id=f"{d.level}: {s.name}") for d in DOCKETS for s in d.right]
WRONG = [pytest.param(d, s, id=f"{d.level}: {s.name}") for d in DOCKETS for s in d.wrong]


def test_each_level_has_six_right_submissions_and_ten_wrong_ones() -> None:
    assert [d.level for d in DOCKETS] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(len(d.right) >= 6 and len(d.wrong) >= 10 for d in DOCKETS)
    for docket in DOCKETS:
        sources = [docket.source(s) for s in (*docket.right, *docket.wrong)]
        assert all(a != b for i, a in enumerate(sources) for b in sources[:i])


@pytest.mark.parametrize(("docket", "submission"), RIGHT)
def test_a_right_submission_passes_every_check(
    court: Court, docket: Docket, submission: Submission
) -> None:
    assert court.failures(court.root(docket.source(submission))) == {}


@pytest.mark.parametrize("submission", DOCKETS[-1].right, ids=lambda s: s.name)
def test_a_mended_optimizer_is_seen_to_be_mended_among_seven_other_bugs(
    court: Court, submission: Submission
) -> None:
    docket = DOCKETS[-1]
    edits = [edit for level in range(1, 8) for edit in Catalog().find(level).edits]
    root = court.root(apply_edits(docket.source(submission), edits))
    first, _ = parted(("optimizer",))
    assert court.failures(root, questions=first) == {}


@pytest.mark.parametrize(("docket", "submission"), WRONG)
def test_a_wrong_submission_fails_a_check(
    court: Court, docket: Docket, submission: Submission
) -> None:
    assert court.refuses(court.root(docket.source(submission)), docket.level)
