"""Right submissions are accepted, wrong ones refused: every level, whatever the text."""

from __future__ import annotations

import pytest

from engine.catalog import Catalog
from engine.level import apply_edits
from tests.lab.judge.court import (
    RIGHT_KINDS,
    WRONG_KINDS,
    Court,
    Docket,
    Submission,
    dockets,
    parted,
)

DOCKETS = dockets()
RIGHT = [pytest.param(d, s, id=f"{d.level}: {s.name}") for d in DOCKETS for s in d.right]
WRONG = [pytest.param(d, s, id=f"{d.level}: {s.name}") for d in DOCKETS for s in d.wrong]


def test_each_level_has_six_right_submissions_and_ten_wrong_ones() -> None:
    assert [d.level for d in DOCKETS] == [level.number for level in Catalog().levels]
    assert all(len(d.right) >= 6 and len(d.wrong) >= 10 for d in DOCKETS)
    for docket in DOCKETS:
        sources = [docket.source(s) for s in (*docket.right, *docket.wrong)]
        assert all(a != b for i, a in enumerate(sources) for b in sources[:i])
        start = Catalog().find(docket.level).start
        assert all(source != start for source in sources)


def test_submissions_are_of_many_kinds() -> None:
    assert {s.kind for d in DOCKETS for s in d.right} == RIGHT_KINDS.keys()
    assert {s.kind for d in DOCKETS for s in d.wrong} == WRONG_KINDS.keys()
    for docket in DOCKETS:
        right = {s.kind for s in docket.right}
        assert right >= {"key", "formula", "torch", "rewritten"}
        wrong = {s.kind for s in docket.wrong}
        assert wrong >= {"half", "narrow", "gradient", "hidden", "place"}


def test_submissions_to_all_bugs_at_once_name_one_for_each() -> None:
    mended = [s.mends for s in (*DOCKETS[-1].right, *DOCKETS[-1].wrong)]
    assert all(len(names) == len(DOCKETS) - 1 for names in mended)


@pytest.mark.parametrize(("docket", "submission"), RIGHT)
def test_a_right_submission_passes_every_check(
    court: Court, docket: Docket, submission: Submission
) -> None:
    assert court.failures(court.root(docket.source(submission))) == {}


@pytest.mark.parametrize("submission", DOCKETS[7].right, ids=lambda s: s.name)
def test_a_mended_optimizer_is_seen_to_be_mended_among_seven_other_bugs(
    court: Court, submission: Submission
) -> None:
    docket = DOCKETS[7]
    edits = [edit for level in range(1, 8) for edit in Catalog().find(level).edits]
    root = court.root(apply_edits(docket.source(submission), edits))
    first, _ = parted(("optimizer",))
    assert court.failures(root, questions=first) == {}


@pytest.mark.parametrize(("docket", "submission"), WRONG)
def test_a_wrong_submission_fails_a_check(
    court: Court, docket: Docket, submission: Submission
) -> None:
    assert court.refuses(court.root(docket.source(submission)), docket.level)
