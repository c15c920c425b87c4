"""Running probes: the events, their order, and that nothing depends on what ran before."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.errors import UnknownProbe
from engine.evidence import Evidence, Status
from engine.lab.probes import catalogue, run
from engine.sandbox.messages import Event, Found, ProbeStarted, Progress
from tests.lab.probes.bench import CATALOG
from tests.sources import write

PAIR = ("loss.uniform", "norm.zero_row")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path, CATALOG.codebase)


def events(root: Path, names: tuple[str, ...] | None, seed: int = 0) -> list[Event]:
    found: list[Event] = []
    run(root, names, seed, found.append)
    return found


def found(root: Path, names: tuple[str, ...] | None, seed: int = 0) -> list[Evidence]:
    return [e.evidence for e in events(root, names, seed) if isinstance(e, Found)]


def timeless(evidence: Evidence) -> Evidence:
    return msgspec.structs.replace(evidence, seconds=0.0)


def test_each_probe_is_announced_and_then_found(root: Path) -> None:
    first, one, second, two = events(root, PAIR)
    assert first == ProbeStarted("norm.zero_row", 0, 2)
    assert second == ProbeStarted("loss.uniform", 1, 2)
    assert [e.evidence.probe for e in (one, two) if isinstance(e, Found)] == [
        "norm.zero_row",
        "loss.uniform",
    ]


def test_probes_run_in_the_order_of_the_catalogue_each_once(root: Path) -> None:
    names = [e.probe for e in found(root, (*PAIR, *PAIR))]
    assert names == ["norm.zero_row", "loss.uniform"]


def test_no_names_at_all_run_nothing(root: Path) -> None:
    assert events(root, ()) == []


def test_an_unknown_name_is_told_before_anything_runs(root: Path) -> None:
    seen: list[Event] = []
    with pytest.raises(UnknownProbe, match=r"no\.such"):
        run(root, ("loss.uniform", "no.such"), 0, seen.append)
    assert seen == []


def test_a_probe_says_the_same_alone_and_after_others(root: Path) -> None:
    names = ("attention.reference", "heads.shift", "decoding.sampling")
    together = [timeless(e) for e in found(root, names, seed=3)]
    alone = [timeless(found(root, (name,), seed=3)[0]) for name in names]
    assert sorted(together, key=str) == sorted(alone, key=str)


def test_another_seed_draws_other_numbers(root: Path) -> None:
    (first,), (second,) = (found(root, ("loss.reference",), seed) for seed in (0, 1))
    assert first.measurements[0].observed != second.measurements[0].observed


def test_a_probe_that_trains_reports_its_progress(root: Path) -> None:
    seen = [e for e in events(root, ("training.gradient_norms",)) if isinstance(e, Progress)]
    assert [e.done for e in seen] == list(range(1, seen[0].total + 1))
    assert {e.what for e in seen} == {"training.gradient_norms"}
    assert all(e.value is not None for e in seen)


def test_evidence_survives_the_wire(root: Path) -> None:
    names = tuple(info.name for info in catalogue() if not info.slow)
    for evidence in found(root, names):
        wire = msgspec.json.encode(Found(evidence))
        assert msgspec.json.decode(wire, type=Found).evidence == evidence


def test_nan_survives_the_wire(tmp_path: Path) -> None:
    root = write(tmp_path, CATALOG.find(4).start)
    for evidence in found(root, ("norm.zero_row", "training.first_nonfinite")):
        assert evidence.status is Status.FIRES
        wire = msgspec.json.encode(Found(evidence))
        assert msgspec.json.decode(wire, type=Found).evidence == evidence


def test_an_edit_is_seen_by_the_next_run(tmp_path: Path) -> None:
    root = write(tmp_path, CATALOG.find(7).start)
    assert found(root, ("loss.uniform",))[0].status is Status.FIRES
    # The source may be as long and as new as before: bytecode must not stand in for it.
    other = write(tmp_path / "mended", CATALOG.codebase)
    assert found(other, ("loss.uniform",))[0].status is Status.QUIET
