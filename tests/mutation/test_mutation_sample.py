"""A sample of what ``make mutation`` does in full, and what becomes of mutants that misbehave."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path

import libcst as cst
import pytest
import torch

from engine.catalog import Catalog
from engine.judging import EXAM_LIMITS
from engine.sandbox.messages import Limits
from tests.mutation import survivors
from tests.mutation.mutant import Key, Mutant
from tests.mutation.mutate import all_mutants
from tests.mutation.report import Report
from tests.mutation.trial import FIRST, Bench, End, Outcome

CODEBASE = Catalog().codebase
CLEAN = Path(str(files("levels") / "codebase"))
SURVIVING = 4

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="mutants are tried in forks")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """A process whose torch has started threads must not be forked."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def everything() -> tuple[Mutant, ...]:
    """All mutants, in the order of the text."""
    return all_mutants(CODEBASE)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """One bench: it works out for seconds what to expect."""
    return Bench(CODEBASE, CLEAN, tmp_path_factory.mktemp("bench"), seed=11)


def sample() -> list[Mutant]:
    """One mutant for each file, one for each kind of change, and some that should survive."""
    draw = random.Random(0)
    known = survivors.read().by_key()
    found = list(everything())
    draw.shuffle(found)
    surviving = [mutant for mutant in found if mutant.key in known][:SURVIVING]
    found = [mutant for mutant in found if mutant.key not in known]
    chosen: list[Mutant] = []
    for kind in (lambda m: m.key.file, lambda m: m.operator):
        for _, members in groupby(sorted(found, key=kind), kind):
            chosen.append(next(m for m in members if m not in chosen))
    return [*chosen, *surviving]


def test_a_sample_is_refused_but_for_those_that_have_a_reason(bench: Bench) -> None:
    chosen = sample()
    assert {m.key.file for m in chosen} == FIRST.keys()
    outcomes = list(bench.try_all(chosen, workers=2))
    known = survivors.read().by_key()
    assert [str(o.mutant) for o in outcomes if o.refused == (o.mutant.key in known)] == []
    assert Counter(o.refused for o in outcomes)[False] == SURVIVING
    assert {o.end for o in outcomes} <= {End.WRONG, End.RAISED, End.SURVIVED}


@pytest.mark.parametrize(
    ("behaviour", "end"),
    [
        ("while True: pass", End.HUNG),
        ("import os; os._exit(0)", End.CRASHED),
        ("import os; os.kill(os.getpid(), 9)", End.CRASHED),
        ("raise MemoryError", End.CRASHED),
        ("print(1 / 0)", End.RAISED),
    ],
)
def test_a_mutant_that_misbehaves_is_refused_in_time(
    bench: Bench, behaviour: str, end: End
) -> None:
    module = cst.parse_module(CODEBASE["training/schedule.py"])
    added = module.with_changes(body=[*module.body, *cst.parse_module(behaviour).body])
    bad = Mutant(Key("training/schedule.py", "", "", behaviour), "added", added, module, module)
    bounds = Limits(seconds=3.0) if end is End.HUNG else EXAM_LIMITS
    assert [outcome.end for outcome in bench.try_all([bad], 1, bounds)] == [end]


def test_every_reason_is_about_a_mutant_that_exists() -> None:
    reasons = survivors.read()
    named = [change.key for group in reasons.group for change in group.mutants]
    assert len(named) == len(set(named))
    assert survivors.unknown(reasons, [m.key for m in everything()]) == []
    assert all(group.reason.endswith(".") and group.mutants for group in reasons.group)


def outcomes_as_written() -> list[Outcome]:
    """What a full run gives when every reason holds."""
    known = survivors.read().by_key()
    ends = {True: End.SURVIVED, False: End.WRONG}
    return [Outcome(m, ends[m.key in known], "a.b") for m in everything()]


def test_a_report_is_content_when_every_survivor_has_its_reason() -> None:
    report = Report(outcomes_as_written(), survivors.read())
    assert list(report.problems()) == []
    open_ = sum(len(g.mutants) for g in report.reasons.group if not g.equivalent)
    assert report.score == 1 - open_ / len(report.different)
    assert f"{report.score:.2%}" in list(report.lines())[-1]


def test_a_report_complains_of_stale_reasons_and_of_survivors_without_one() -> None:
    outcomes = outcomes_as_written()
    refused = next(o for o in outcomes if o.refused)
    survived = next(o for o in outcomes if not o.refused)
    swapped = {
        refused.mutant.key: Outcome(refused.mutant, End.SURVIVED),
        survived.mutant.key: Outcome(survived.mutant, End.WRONG, "x.y"),
    }
    changed = [swapped.get(o.mutant.key, o) for o in outcomes]
    problems = "\n".join(Report(changed, survivors.read()).problems())
    assert "survives without a reason" in problems
    assert survivors.entry(refused.mutant.key) in problems
    assert "stale, for x.y refuses" in problems
    gone = [o for o in outcomes if o.mutant.key != survived.mutant.key]
    assert "there is no such mutant" in "\n".join(Report(gone, survivors.read()).problems())


def test_a_report_complains_of_a_low_score() -> None:
    outcomes = [Outcome(o.mutant, End.SURVIVED) for o in outcomes_as_written()]
    assert any(
        "the score is 0.00%" in line for line in Report(outcomes, survivors.read()).problems()
    )
