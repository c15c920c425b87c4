"""What holds of a score once the judge has seen the code again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.catalog import Catalog
from engine.errors import SandboxError
from engine.ledger import Deed, Submitted
from engine.level import Level, unified_diff
from engine.sandbox.messages import Ended, Event, Outcome, Task
from engine.scores.cards import Card
from engine.scores.replay.bench import Bench, Refused, judge
from engine.scores.replay.replay import replay
from engine.scores.replay.ruling import Job, Ruling, Rulings, engine_version, fingerprint
from engine.scores.replay.settle import proven, settle
from tests.engine.doubles import Double, honest, verdict
from tests.scores.players import fix, history, player, solved


class Court:
    """Judges by the text of the code, and keeps what it was asked."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.lock = threading.Lock()

    def __call__(self, job: Job) -> Ruling:
        with self.lock:
            self.jobs.append(job)
        found = verdict(job.source)
        return Ruling(found.solved, tuple(c.name for c in found.checks if c.passed))


@pytest.fixture
def court() -> Court:
    return Court()


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture
def levels(tiny: Catalog) -> dict[str, Level]:
    return {level.id: level for level in tiny.levels}


@pytest.fixture
def rulings(tmp_path: Path) -> Rulings:
    return Rulings(tmp_path / "rulings")


Verify = Callable[..., tuple[Card, tuple[str, ...]]]


@pytest.fixture
def verified(levels: dict[str, Level], rulings: Rulings, pool: Executor, court: Court) -> Verify:
    """Replays a card: what is left of it, and what is said."""

    def run(card: Card) -> tuple[Card, tuple[str, ...]]:
        found = settle(card, levels, replay([card], levels, rulings, pool, 7, judge=court))
        assert found is not None
        return found.card, found.faults

    return run


def test_an_honest_card_holds_as_it_is(verified: Verify, cards: tuple[Card, ...]) -> None:
    for card in cards:
        assert verified(card) == (replace(card, verified=True), ())


def test_a_fix_that_mends_nothing_counts_nothing_and_is_named(
    verified: Verify, tiny: Catalog
) -> None:
    first, second, _ = tiny.levels
    useless = unified_diff(first.start, {**first.start, "training/__init__.py": "x = 1\n"})
    card = player(tiny, "Eve", history(first, [Submitted(True, fix=useless)]), solved(second))
    left, faults = verified(card)
    assert card.score == 150
    assert (left.score, [solve.level for solve in left.solves]) == (50, ["upside-down"])
    assert faults == ("Eve, The steep hill, record[2].deed.fix: mends 0 of 1 that it is paid for.",)


CLIMBS = "--- a/../x.py\n+++ b/../x.py\n@@ -0,0 +1 @@\n+x\n"


@pytest.mark.parametrize("diff", ["", "rubbish", CLIMBS])
def test_a_fix_that_does_not_apply_or_mend_wins_nothing(
    verified: Verify, tiny: Catalog, court: Court, diff: str
) -> None:
    card = player(tiny, "Eve", history(tiny.levels[0], [Submitted(True, fix=diff)]))
    left, faults = verified(card)
    assert left.score == 0
    assert len(faults) == 1
    assert "../x.py" not in str(court.jobs)


def test_a_later_submission_wins_nothing_in_the_place_of_one_that_does_not_hold(
    verified: Verify, tiny: Catalog
) -> None:
    level = tiny.levels[0]
    told = [Submitted(True, fix=""), Submitted(True, fix=fix(level))]
    left, _ = verified(player(tiny, "Eve", history(level, told)))
    assert left.score == 0


def test_each_bug_of_a_level_with_several_is_replayed_for_itself(
    verified: Verify, tiny: Catalog
) -> None:
    first, _, both = tiny.levels
    honest_half = unified_diff(both.start, {**both.start, **_of(first, both)})
    told: list[Deed] = [
        Submitted(False, ("steep-hill",), fix=honest_half),
        Submitted(True, fix=honest_half),
    ]
    left, faults = verified(player(tiny, "Eve", history(both, told)))
    assert left.score == 100
    assert [solve.solved for solve in left.solves] == [False]
    assert len(faults) == 1
    assert "record[3]" in faults[0]
    assert "mends 1 of 2" in faults[0]


def _of(part: Level, whole: Level) -> dict[str, str]:
    """The files of ``whole`` that ``part`` has mended."""
    return {file: whole.clean[file] for file in {edit.file for edit in part.edits}}


def test_equal_code_is_judged_once_whoever_wrote_it(
    levels: dict[str, Level], rulings: Rulings, pool: Executor, court: Court, tiny: Catalog
) -> None:
    crowd = [player(tiny, f"P{n}", *map(solved, tiny.levels)) for n in range(20)]
    replay(crowd, levels, rulings, pool, 7, judge=court)
    # the reference fix of every level is the one clean codebase
    assert len(court.jobs) == 1
    assert {(job.seed, job.unconfined) for job in court.jobs} == {(7, False)}


def test_what_was_judged_before_an_interrupt_is_not_judged_again(
    levels: dict[str, Level], rulings: Rulings, court: Court, tiny: Catalog, tmp_path: Path
) -> None:
    first = tiny.levels[0]
    crowd = [_commented(tiny, first, number) for number in range(10)]

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as one, pytest.raises(KeyboardInterrupt):
        replay(crowd, levels, rulings, one, 7, judge=court, watch=stop)
    kept = Rulings(tmp_path / "rulings")
    assert len(kept.known) == 4
    court.jobs.clear()
    seen: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1) as one:
        replay(crowd, levels, kept, one, 7, judge=court, watch=lambda *at: seen.append(at))
    assert len(court.jobs) == 6
    assert (seen[0], seen[-1]) == ((4, 10), (10, 10))


def _commented(tiny: Catalog, level: Level, number: int) -> Card:
    """A player whose fix is like no other's."""
    source = {**level.clean, "training/__init__.py": f"# {number}\n"}
    submitted = Submitted(True, fix=unified_diff(level.start, source))
    return player(tiny, f"P{number}", history(level, [submitted]))


def test_a_fix_that_could_not_be_examined_is_tried_again_another_time(
    levels: dict[str, Level], rulings: Rulings, pool: Executor, tiny: Catalog
) -> None:
    card = player(tiny, "Ada", solved(tiny.levels[0]))
    hung = Ruling(False, reason="Still running after 10 s.")
    found = replay([card], levels, rulings, pool, 7, judge=lambda job: hung)
    settled = settle(card, levels, found)
    assert settled is not None
    assert settled.faults[0].endswith("does not replay. Still running after 10 s.")
    assert rulings.known == {}


def test_a_worker_that_is_lost_loses_the_one_fix_and_no_other(
    levels: dict[str, Level], rulings: Rulings, pool: Executor, court: Court, tiny: Catalog
) -> None:
    crowd = [_commented(tiny, tiny.levels[0], number) for number in range(3)]

    def lossy(job: Job) -> Ruling:
        if "# 1" in job.source["training/__init__.py"]:
            raise RuntimeError("the worker died")
        return court(job)

    found = replay(crowd, levels, rulings, pool, 7, judge=lossy)
    left = [settle(card, levels, found) for card in crowd]
    assert [one and one.card.score for one in left] == [100, 0, 100]
    assert [one and len(one.faults) for one in left] == [0, 1, 0]


def test_a_fix_that_no_sandbox_would_run_is_no_other_fixs_harm(
    levels: dict[str, Level], rulings: Rulings, court: Court, tiny: Catalog
) -> None:
    crowd = [_commented(tiny, tiny.levels[0], number) for number in range(3)]

    def picky(job: Job) -> Ruling:
        if "# 0" in job.source["training/__init__.py"]:
            raise SandboxError("The referee gave no verdict.")
        return court(job)

    with ThreadPoolExecutor(1) as one:
        found = replay(crowd, levels, rulings, one, 7, judge=picky)
    assert sorted(ruling.solved for ruling in found.values()) == [False, True, True]


@pytest.mark.parametrize("many", [1, 2, 5])
@pytest.mark.parametrize("error", [SandboxError, Refused])
def test_where_nothing_can_be_judged_the_run_says_so(
    levels: dict[str, Level],
    rulings: Rulings,
    tiny: Catalog,
    many: int,
    error: type[Exception],
) -> None:
    crowd = [_commented(tiny, tiny.levels[0], number) for number in range(many)]

    def refuse(job: Job) -> Ruling:
        raise error("Nothing can be run here.")

    with ThreadPoolExecutor(1) as one, pytest.raises(error, match="Nothing can be run here"):
        replay(crowd, levels, rulings, one, 7, judge=refuse)


class Hands(Executor):
    """Does what it was given only when told to, and keeps count of what waits."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Ruling], Job]] = []
        self.most = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Ruling] = Future()
        self.waiting.append((future, *args))
        self.most = max(self.most, len(self.waiting))
        return future

    def work(self, court: Court) -> None:
        """Do the oldest."""
        future, job = self.waiting.pop(0)
        future.set_result(court(job))


def test_no_more_is_handed_in_at_a_time_than_can_be_held(
    levels: dict[str, Level],
    rulings: Rulings,
    court: Court,
    tiny: Catalog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.scores.replay.replay._AT_A_TIME", 3)
    crowd = [_commented(tiny, tiny.levels[0], number) for number in range(10)]
    hands = Hands()

    def watch(done: int, total: int) -> None:
        if done == 0:  # before anything is handed in
            threading.Thread(target=labour, daemon=True).start()

    def labour() -> None:
        while len(court.jobs) < 10:
            if hands.waiting:
                hands.work(court)

    found = replay(crowd, levels, rulings, hands, 7, judge=court, watch=watch)
    assert len(found) == 10
    assert hands.most == 3


def test_work_that_is_cancelled_elsewhere_is_one_sentence_and_the_rest_is_kept(
    levels: dict[str, Level], rulings: Rulings, court: Court, tiny: Catalog
) -> None:
    crowd = [_commented(tiny, tiny.levels[0], number) for number in range(5)]

    class Leaving(Hands):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future = super().submit(fn, *args, **kwargs)
            if len(court.jobs) < 2:
                self.work(court)
            else:
                future.cancel()
            return future

    with pytest.raises(SandboxError, match="2 of 5 different fixes are judged and kept"):
        replay(crowd, levels, rulings, Leaving(), 7, judge=court)
    assert len(rulings.known) == 2


def test_verified_are_those_alone_whose_fixes_were_replayed_here(
    levels: dict[str, Level], rulings: Rulings, verified: Verify, cards: tuple[Card, ...]
) -> None:
    assert [proven(card, levels, rulings.known).verified for card in cards] == [False] * 3 + [True]
    for card in cards:
        verified(card)
    assert all(proven(card, levels, rulings.known).verified for card in cards)


def test_a_ruling_that_was_cut_short_is_passed_over_and_the_next_is_whole(tmp_path: Path) -> None:
    rulings = Rulings(tmp_path)
    rulings.keep("a", Ruling(True, ("x",)))
    rulings.path.write_bytes(rulings.path.read_bytes() + b'["b",{"sol')
    Rulings(tmp_path).keep("c", Ruling(False))
    assert Rulings(tmp_path).known == {"a": Ruling(True, ("x",)), "c": Ruling(False)}
    assert Rulings(tmp_path, fresh=True).known == {}


def test_code_has_one_fingerprint(tiny: Catalog) -> None:
    clean = tiny.levels[0].clean
    assert fingerprint(dict(sorted(clean.items(), reverse=True))) == fingerprint(clean)
    assert fingerprint({"a.py": "b", "c.py": ""}) != fingerprint({"a.py": "", "c.py": "b"})
    assert engine_version() == engine_version()


def test_a_worker_with_another_version_of_the_game_judges_nothing() -> None:
    with pytest.raises(Refused, match="has version"):
        judge(Job({}, 0, "0.0.1-other", unconfined=True))


@pytest.fixture
def doubles() -> list[Double]:
    """The sandboxes that a bench has made."""
    return []


@pytest.fixture
def bench(doubles: list[Double]) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(script: Callable[[Task, dict[str, str]], Any] = honest) -> Bench:
        def sandbox() -> Double:
            doubles.append(Double(script))
            return doubles[-1]

        made.append(Bench(sandbox))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_bench_judges_for_many_threads_and_keeps_its_sandboxes(
    bench: Callable[..., Bench], doubles: list[Double], tiny: Catalog
) -> None:
    pool = bench()
    first = tiny.levels[0]
    with ThreadPoolExecutor(4) as threads:
        futures: list[Future[Ruling]] = []
        for number in range(40):
            source = first.clean if number % 2 else first.start
            futures.append(threads.submit(pool.judge, source, number))
        solved = [future.result().solved for future in futures]
    assert solved == [bool(number % 2) for number in range(40)]
    assert 1 <= len(doubles) <= 4
    assert sum(len(one.sources) for one in doubles) == 40


def test_a_bench_tries_once_more_what_got_no_full_exam(
    bench: Callable[..., Bench], tiny: Catalog
) -> None:
    ends = [Ended(Outcome.LOST, "It went away.")]

    def script(task: Task, source: dict[str, str]) -> Iterator[Event]:
        if ends:
            yield ends.pop()
        yield from honest(task, source)

    assert bench(script).judge(tiny.levels[0].clean, 0).solved


def test_a_bench_says_what_stopped_the_code(bench: Callable[..., Bench], tiny: Catalog) -> None:
    ended = Ended(Outcome.TIMEOUT, "Still running after 10 s.")
    ruling = bench(lambda task, source: [ended]).judge(tiny.levels[0].clean, 0)
    assert ruling == Ruling(False, (), "Still running after 10 s.")


def test_a_bench_that_cannot_run_anything_says_so(tiny: Catalog) -> None:
    bench = Bench(lambda: Double(broken="No process can be started."))
    with pytest.raises(SandboxError, match="No process"):
        bench.judge(tiny.levels[0].clean, 0)
    bench.close()
