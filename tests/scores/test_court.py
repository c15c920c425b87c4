"""One referee for many submissions: each gets the verdict that it would get alone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from engine.catalog import Catalog
from engine.errors import SandboxError
from engine.judging import verdict_on
from engine.level import Source
from engine.sandbox.client import Sandbox
from engine.sandbox.messages import Answer, Ended, Event, Judge, Limits, Outcome, Task
from engine.scores.replay import court as courts
from engine.scores.replay.court import Court
from engine.verdict import Verdict
from tests.engine.doubles import Double, honest, verdict
from tests.sources import write

real = pytest.mark.asyncio(loop_scope="module")  # one server for all: it takes seconds
CATALOG = Catalog()
CLEAN = CATALOG.codebase
OPTIMIZER = "training/optimizer.py"
STEP = "                p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n"
DECAY = "                p.data.add_(p.data, alpha=-lr * weight_decay)\n"
OWN_SHEET = """
import pathlib
def replace(self, out):
    {instead}
pathlib.Path.replace = replace
"""
"""Code that hands in something else in the place of the exam's answers."""


def after(file: str, text: str) -> Source:
    """The clean codebase with ``text`` after a file's own."""
    return {**CLEAN, file: f"{CLEAN[file]}\n{text}"}


def handing_in(instead: str) -> Source:
    return after("training/__init__.py", OWN_SHEET.format(instead=instead))


IN_TURN: dict[str, Source] = {
    "clean": CLEAN,
    "a wrong loss": CATALOG.find("green-dashboard").start,
    "the optimizer's other order": {
        **CLEAN,
        OPTIMIZER: CLEAN[OPTIMIZER].replace(STEP + DECAY, DECAY + STEP),
    },
    "answers that are rubbish": handing_in("out.write_bytes(b'x' * 1000)"),
    "answers that are a folder": handing_in("out.mkdir()"),
    "answers that are a link": handing_in("out.symlink_to('/dev/zero')"),
    "clean after those": CLEAN,
    "no end": after("training/loss.py", "import os\nos._exit(0)"),
    "all bugs": CATALOG.find("friday-merge").start,
    "clean at last": CLEAN,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox()
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def court(sandbox: Sandbox) -> AsyncIterator[Court]:
    made = Court(sandbox)
    yield made
    await made.close()


def put(source: Source, folder: Path) -> tuple[Path, Path]:
    """``source`` on the disk, and a folder that it may write to."""
    root, scratch = folder / "root", folder / "scratch"
    scratch.mkdir(parents=True)
    write(root, source)
    return root, scratch


@real
async def test_every_verdict_is_that_of_a_referee_who_judges_nothing_else(
    sandbox: Sandbox, court: Court, tmp_path: Path
) -> None:
    for name, source in IN_TURN.items():
        root, scratch = put(source, tmp_path / name)
        alone = await verdict_on(sandbox, root, 11, scratch)
        found = await court.verdict_on(root, 11, scratch)
        assert found == alone, name
        assert found.solved == (name.startswith("clean") or "order" in name), name
        assert bool(found.reason) == (name.startswith("answers") or name == "no end"), name


@real
@pytest.mark.parametrize(
    "instead",
    [
        "out.write_bytes(b'x')",
        "out.mkdir()\n    (out / 'within').mkdir(0o500)\n    (out / 'a').write_bytes(b'x')",
        "out.symlink_to('nowhere')",
        "out.with_name('there').mkdir()\n    out.symlink_to('there')",
    ],
    ids=["a file", "a folder", "a link to nothing", "a link"],
)
async def test_nothing_that_was_handed_in_is_kept(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instead: str
) -> None:
    docket = tmp_path / "docket"
    docket.mkdir()
    with monkeypatch.context() as during:  # the sandbox makes folders too, once it is asked
        during.setattr("tempfile.mkdtemp", lambda prefix: str(docket))
        court = Court(sandbox)
    root, scratch = put(handing_in(instead), tmp_path / "work")
    found = await court.verdict_on(root, 11, scratch)
    assert not found.solved
    assert list(docket.iterdir()) == []
    await court.close()


@real
async def test_another_seed_is_another_exam(court: Court, tmp_path: Path) -> None:
    root, scratch = put(CATALOG.find("page-numbers").start, tmp_path)
    first = [await court.verdict_on(root, seed, scratch) for seed in (1, 2, 1)]
    assert [one.seed for one in first] == [1, 2, 1]
    assert first[0] == first[2] != first[1]


@pytest.fixture
def tiny_source(tiny: Catalog) -> Source:
    return tiny.levels[0].clean


async def judged(double: Double, folder: Path, source: Source, times: int) -> list[Verdict]:
    court = Court(double)
    try:
        root, scratch = put(source, folder)
        return [await court.verdict_on(root, 3, scratch) for _ in range(times)]
    finally:
        await court.close()


def referees(double: Double) -> int:
    return sum(isinstance(task, Judge) for task in double.tasks)


async def test_a_referee_leaves_after_so_many(
    tiny_source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courts, "SITTING", 3)
    double = Double()
    found = await judged(double, tmp_path, tiny_source, 7)
    assert found == [verdict(dict(tiny_source), 3)] * 7
    assert referees(double) == 3


@pytest.mark.parametrize("lost", [1, 2])
async def test_answers_that_bring_a_referee_down_are_given_to_one_more(
    tiny_source: Source, tmp_path: Path, lost: int
) -> None:
    crashes = [Ended(Outcome.CRASHED, "The process crashed.")] * lost

    def script(task: Task, source: dict[str, str]) -> Iterator[Event]:
        if isinstance(task, Judge) and crashes:
            yield crashes.pop()
        else:
            yield from honest(task, source)

    double = Double(script)
    if lost == 1:
        assert await judged(double, tmp_path, tiny_source, 2) == [verdict(dict(tiny_source), 3)] * 2
        assert referees(double) == 2
    else:
        with pytest.raises(SandboxError, match="The referee gave no verdict"):
            await judged(double, tmp_path, tiny_source, 1)


async def test_a_verdict_that_nobody_waited_for_is_not_the_next_ones(
    tiny_source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.scores.replay.court.REFEREE_LIMITS", Limits(seconds=0.0))
    double = Double()
    with pytest.raises(SandboxError, match="The referee gave no verdict"):
        await judged(double, tmp_path, tiny_source, 1)
    assert referees(double) == 2


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing locks root out"
)
async def test_answers_that_were_locked_in_are_none(tiny_source: Source, tmp_path: Path) -> None:
    def script(task: Task, source: dict[str, str]) -> Iterator[Event]:
        if isinstance(task, Answer):
            Path(task.out).parent.chmod(0o500)
        yield from honest(task, source)

    (found,) = await judged(Double(script), tmp_path, tiny_source, 1)
    assert (found.solved, found.reason) == (False, "The exam's answers cannot be reached.")
