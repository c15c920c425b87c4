"""Findings stand in the order in which to look at them, and say what may be behind them."""

from __future__ import annotations

import pytest

from engine.diagnose.components import ORDER, PARTS, component, made_of, through
from engine.diagnose.lessons import Lesson, Lessons
from engine.diagnose.meanings import MEANS
from engine.diagnose.report import Report, report
from engine.evidence import Evidence, Fault, Status
from engine.lab.probes.catalogue import PROBES

NAMES = [probe.info.name for probe in PROBES]


def seen(probe: str, status: Status = Status.FIRES, part: str = "") -> Evidence:
    fault = Fault("ValueError: no") if status is Status.FAILED else None
    return Evidence(
        probe, probe.partition(".")[0], status, f"{probe} says so", fault=fault, part=part
    )


def ordered(*evidence: Evidence) -> Report:
    return report("it", evidence, Lessons({}))


@pytest.mark.parametrize("name", NAMES)
def test_every_probe_is_about_a_part_that_has_a_place_in_the_order(name: str) -> None:
    assert component(name) in ORDER
    assert through(name) <= set(ORDER) - {component(name)}


def test_every_part_stands_behind_what_it_is_made_of() -> None:
    for part, others in PARTS.items():
        assert all(ORDER.index(other) < ORDER.index(part) for other in others)
        assert part not in made_of(others)


def test_a_part_at_fault_stands_above_those_that_are_made_of_it() -> None:
    found = ordered(seen("decoding.prefix"), seen("heads.reference"), seen("layers.softmax"))
    assert [f.component for f in found.findings] == [
        "softmax",
        "multihead_self_attention",
        "transformer_lm",
    ]
    assert [f.because for f in found.findings] == [(), ("softmax",), ("softmax",)]


def test_faults_that_do_not_explain_each_other_are_both_causes() -> None:
    found = ordered(seen("loss.uniform"), seen("norm.eps"), seen("training.start_loss"))
    assert [f.component for f in found.causes] == ["rmsnorm", "cross_entropy"]
    (model,) = found.consequences
    assert model.because == ("rmsnorm", "cross_entropy")


def test_a_probe_that_a_fault_below_leaves_alone_is_not_explained_by_it() -> None:
    found = ordered(seen("norm.eps"), seen("residual.identity"))
    assert [f.because for f in found.findings] == [(), ()]


def test_a_part_that_stops_the_probe_is_a_finding_too() -> None:
    (finding,) = ordered(seen("rope.norms", Status.FAILED)).findings
    assert finding.fault is not None
    assert finding.means == "", "what a probe that fires means is not what an error means"


def test_a_probe_of_several_parts_is_about_the_one_it_blames() -> None:
    found = ordered(seen("shapes.inputs", part="RMSNorm"), seen("shapes.leading", part="softmax"))
    assert [f.component for f in found.findings] == ["softmax", "rmsnorm"]


def test_the_quiet_and_the_skipped_are_told_apart() -> None:
    found = ordered(seen("norm.eps", Status.QUIET), seen("rope.norms", Status.SKIPPED))
    assert found.findings == ()
    assert found.quiet == ("norm.eps",)
    assert [(s.component, s.reason) for s in found.skipped] == [("rope", "rope.norms says so")]


def test_nothing_is_explained_where_it_would_spoil_a_level() -> None:
    told = report("it", [seen("norm.eps")], Lessons({}), explain=False)
    assert told.findings[0].means == ""


def test_a_meaning_belongs_to_a_probe_that_there_is() -> None:
    assert set(MEANS) <= set(NAMES)


def test_a_finding_leads_to_the_level_that_looks_most_like_it() -> None:
    scale, axis = Lesson(1, "one"), Lesson(2, "two")
    lessons = Lessons(
        {
            scale: frozenset({"attention.score_scale", "attention.reference"}),
            axis: frozenset({"attention.row_sums", "attention.reference", "heads.order"}),
        }
    )
    assert lessons.of("attention.reference", ["attention.reference"]) == scale
    assert lessons.of("attention.reference", ["attention.reference", "heads.order"]) == axis
    assert lessons.of("attention.lookup", ["attention.row_sums"]) == axis
    assert lessons.of("schedule.cosine", ["schedule.cosine"]) is None
