"""Replaying on a Dask cluster: several workers, and one that dies in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client, LocalCluster, Scheduler

from engine.catalog import Catalog
from engine.errors import GameError
from engine.scores.replay.executors import cluster
from engine.scores.replay.replay import replay
from engine.scores.replay.ruling import Job, Ruling, Rulings
from tests.scores.course import student, write

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tui_debugger"]

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The scheduler of a cluster of three processes, which only this machine can reach."""
    made = LocalCluster(
        n_workers=3,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # None still takes port 8787, which may not be free
    )
    with made:
        yield made.scheduler_address


def where(job: Job) -> Ruling:
    """Says who judged, in the place of what was found."""
    return Ruling(True, (str(os.getpid()),))


def slowly(job: Job) -> Ruling:
    """Takes long enough for a worker to be caught at it."""
    threading.Event().wait(0.2)
    return where(job)


def test_every_worker_judges(address: str, tmp_path: Path) -> None:
    catalog = Catalog()
    levels = {level.id: level for level in catalog.levels}
    crowd = [student(n, catalog.levels[:1], remark=str(n)) for n in range(30)]
    with cluster(address) as executor:
        found = replay(crowd, levels, Rulings(tmp_path), executor, 7, judge=slowly)
    assert len(found) == 30
    workers = {ruling.passed for ruling in found.values()}
    assert len(workers) == 3
    assert (str(os.getpid()),) not in workers


def test_the_work_of_a_worker_that_is_killed_is_done_by_others(
    address: str, tmp_path: Path
) -> None:
    catalog = Catalog()
    levels = {level.id: level for level in catalog.levels}
    crowd = [student(n, catalog.levels[:1], remark=f"again {n}") for n in range(30)]
    rulings = Rulings(tmp_path)
    killed: list[int] = []

    def watch(done: int, total: int) -> None:
        if done >= 5 and not killed:
            killed.append(int(next(iter(rulings.known.values())).passed[0]))
            os.kill(killed[0], signal.SIGKILL)

    with cluster(address) as executor:
        found = replay(crowd, levels, rulings, executor, 7, judge=slowly, watch=watch)
    assert killed
    assert len(found) == 30
    assert all(ruling.solved for ruling in found.values())


def test_the_real_judge_judges_in_a_worker(address: str, tmp_path: Path) -> None:
    catalog = Catalog()
    levels = {level.id: level for level in catalog.levels}
    card = student(1, catalog.levels[6:7])
    with cluster(address) as executor:
        (ruling,) = replay([card], levels, Rulings(tmp_path), executor, 7, unconfined=True).values()
    assert ruling.solved
    assert len(ruling.passed) > 10


def test_an_interrupt_stops_soon_and_takes_back_what_the_cluster_has_not_done(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("TUI_DEBUGGER_HOME", str(home))
    catalog = Catalog()
    many = 500  # more than the cluster could do in the time that a run is given to stop
    crowd = [student(n, catalog.levels[6:7], remark=f"Student {n}") for n in range(many)]
    file = write(tmp_path / "course.json", catalog, crowd)
    verify = [*COMMAND, "verify", "--unconfined", "--scheduler", address, str(file)]
    before: list[str] = []
    with Client(address) as client:
        for _ in range(2):
            run = subprocess.Popen(
                verify, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            while len(kept(home)) == len(before):
                assert run.poll() is None, run.communicate()
                time.sleep(0.05)
            run.send_signal(signal.SIGINT)
            _, said = run.communicate(timeout=30)
            assert run.returncode == 130
            now = kept(home)
            assert f"Stopped: {len(now)} of {many} fixes judged and kept" in said
            assert "Traceback" not in said
            assert (now[: len(before)], len(set(now))) == (before, len(now))
            before = now
            while left := client.run_on_scheduler(tasks):
                assert set(left) == {"processing"}, "more than what a worker is busy with"
                time.sleep(0.05)


def kept(home: Path) -> list[str]:
    """What has been judged."""
    return [line for file in home.glob("rulings/*") for line in file.read_text().splitlines()]


def tasks(dask_scheduler: Scheduler) -> list[str]:
    """The states of all tasks; runs where the scheduler does."""
    return [task.state for task in dask_scheduler.tasks.values()]


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.scores.replay.executors._PATIENCE", 0.5)
    with pytest.raises(GameError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 "):
        cluster("tcp://127.0.0.1:9").__enter__()


def test_the_cluster_is_left_as_it_was(address: str) -> None:
    with cluster(address):
        pass
    with Client(address) as client:
        assert len(client.scheduler_info()["workers"]) >= 2
