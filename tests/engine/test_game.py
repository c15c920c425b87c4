"""The facade, over a sandbox that needs no processes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.errors import EditedWork, GameError, SandboxError, UnknownProbe, WorkspaceError
from engine.evidence import Evidence, Fault, Status
from engine.game import Game
from engine.home import Home
from engine.ledger import Edited, HintTaken, Opened, Probed, Submitted, WasReset
from engine.sandbox.messages import (
    Answer,
    Ended,
    Event,
    Found,
    Judge,
    Judged,
    Outcome,
    Printed,
    Probe,
    ProbeStarted,
    Task,
)
from engine.scoring import State
from engine.verdict import Check, Verdict
from tests.engine.doubles import DONE, Double, honest

CORE = "transformer/core.py"
LOSS = "training/loss.py"


def mend(game: Game, number: int, *files: str) -> None:
    level = game.catalog.find(number)
    workspace = game.workspace(level)
    workspace.ensure()
    for file in files:
        workspace.write(file, level.clean[file])


def test_opening_writes_the_workspace_and_leaves_edits_alone(game: Game) -> None:
    level = game.catalog.find(1)
    workspace = game.open(level)
    assert workspace.root == game.home.workspace("steep-hill")
    workspace.write(CORE, "mine\n")
    assert game.open(level).read(CORE) == "mine\n"
    assert game.progress(level).state is State.NEW


def test_the_first_edit_counts_as_a_start(game: Game) -> None:
    level = game.catalog.find(1)
    game.open(level)
    for _ in range(3):
        game.edited(level)
    assert game.progress(level).state is State.STARTED
    assert [type(entry.deed) for entry in game.ledger.entries()] == [Opened, Edited]


def test_the_latest_level_is_where_something_was_last_done(game: Game) -> None:
    assert game.latest() is None
    game.open(game.catalog.find(2))
    game.open(game.catalog.find(1))
    game.ledger.append("of-another-pack", Opened())
    latest = game.latest()
    assert latest is not None
    assert latest.number == 1


def test_starting_elsewhere_never_overwrites_edits_unless_forced(
    game: Game, tmp_path: Path
) -> None:
    level, folder = game.catalog.find(1), tmp_path / "mine"
    assert game.start(level, folder) is None
    (folder / CORE).write_text("edited\n")
    with pytest.raises(EditedWork):
        game.start(level, folder)
    kept = game.start(level, folder, force=True)
    assert kept is not None
    assert (kept / CORE).read_text() == "edited\n"
    assert not game.home.workspace("steep-hill").exists()


def test_reset_keeps_the_work_and_records_where(game: Game) -> None:
    level = game.catalog.find(1)
    game.open(level).write(CORE, "edited\n")
    kept = game.reset(level)
    assert kept is not None
    assert (kept / CORE).read_text() == "edited\n"
    assert game.ledger.entries()[-1].deed == WasReset(str(kept))


def test_reset_writes_nothing_into_a_folder_without_a_workspace(game: Game, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="holds no workspace"):
        game.reset(game.catalog.find(1), tmp_path / "typo")
    assert not (tmp_path / "typo").exists()
    assert game.ledger.entries() == ()


async def test_probing_runs_all_of_them_on_what_was_saved(game: Game, sandbox: Double) -> None:
    level = game.catalog.find(1)
    seen: list[Event] = []
    run = await game.probe(level, on_event=seen.append)
    assert [(e.probe, e.status) for e in run.evidence] == [
        ("attention.scale", Status.FIRES),
        ("attention.row_sums", Status.QUIET),
        ("loss.sign", Status.QUIET),
    ]
    assert run.ended.outcome is Outcome.DONE
    assert seen[-1] == run.ended
    assert sandbox.sources[-1] == level.start
    assert game.ledger.entries("steep-hill")[-1].deed == Probed(("attention.scale",), 2)


async def test_named_probes_come_in_the_order_asked_and_once(game: Game, sandbox: Double) -> None:
    names = ["loss.sign", "attention.scale", "loss.sign"]
    run = await game.probe(game.catalog.find(1), names)
    assert [e.probe for e in run.evidence] == ["loss.sign", "attention.scale"]
    (task,) = sandbox.tasks
    assert isinstance(task, Probe)
    assert task.names == ("loss.sign", "attention.scale")


async def test_an_unknown_probe_is_met_with_a_guess(game: Game, sandbox: Double) -> None:
    with pytest.raises(UnknownProbe, match=r"'attention\.scales'. Did you mean attention\.scale\?"):
        await game.probe(game.catalog.find(1), ["loss.sign", "attention.scales"])
    with pytest.raises(UnknownProbe, match=r"no probe 'zzz'\. `tui-debugger probe LEVEL`"):
        await game.probe(game.catalog.find(1), ["zzz"])
    assert sandbox.tasks == []
    assert game.ledger.entries() == ()


async def test_a_probe_sees_a_copy_that_later_edits_do_not_reach(home: Home, tiny: Catalog) -> None:
    game = Game(home, tiny)

    def edits_meanwhile(task: Task, source: dict[str, str]) -> Iterable[Event]:
        assert isinstance(task, Probe)
        game.workspace(level).write(CORE, "edited meanwhile\n")
        copies.append(Path(task.root))
        sources.append((copies[0] / CORE).read_text())
        return honest(task, source)

    copies: list[Path] = []
    sources: list[str] = []
    level = tiny.find(1)
    game.sandbox = Double(edits_meanwhile)
    await game.probe(level)
    assert sources == [level.start[CORE]]
    assert not copies[0].exists()
    game.ledger.close()


async def test_a_folder_of_the_players_choice_is_probed_and_judged(
    game: Game, tmp_path: Path
) -> None:
    level = game.catalog.find(1)
    game.start(level, tmp_path / "mine")
    (tmp_path / "mine" / CORE).write_text(level.clean[CORE])
    run = await game.probe(level, root=tmp_path / "mine")
    assert all(e.status is Status.QUIET for e in run.evidence)
    assert (await game.submit(level, root=tmp_path / "mine")).verdict.solved
    with pytest.raises(WorkspaceError):
        await game.probe(level, root=tmp_path / "other")
    with pytest.raises(WorkspaceError):
        await game.submit(level, root=tmp_path / "other")


FAULT = Fault("KeyboardInterrupt", CORE, 4)


@pytest.mark.parametrize(
    ("outcome", "status", "finding", "fault"),
    [
        (Outcome.TIMEOUT, Status.FAILED, "Time ran out.", FAULT),
        (Outcome.CRASHED, Status.FAILED, "Time ran out.", FAULT),
        (Outcome.CANCELLED, Status.SKIPPED, "Not finished. Time ran out.", None),
        (Outcome.LOST, Status.SKIPPED, "Not finished. Time ran out.", None),
    ],
)
async def test_a_run_that_ends_early_tells_of_each_probe_how_far_it_came(
    home: Home, tiny: Catalog, outcome: Outcome, status: Status, finding: str, fault: Fault | None
) -> None:
    def hangs(task: Task, source: dict[str, str]) -> Iterable[Event]:
        yield ProbeStarted("attention.scale", 0, 3)
        yield Found(Evidence("attention.scale", "attention", Status.QUIET, "Fine."))
        yield ProbeStarted("attention.row_sums", 1, 3)
        yield Ended(outcome, "Time ran out.", FAULT)

    game = Game(home, tiny, Double(hangs))
    first, second, third = (await game.probe(tiny.find(1))).evidence
    assert first.status is Status.QUIET
    assert (second.status, second.finding, second.fault) == (status, finding, fault)
    assert (third.status, third.finding) == (Status.SKIPPED, "Not reached. Time ran out.")
    assert game.ledger.entries()[-1].deed == Probed((), 1, int(status is Status.FAILED))
    game.ledger.close()


async def test_a_wrong_submission_is_recorded_and_costs_nothing(game: Game) -> None:
    level = game.catalog.find(1)
    submission = await game.submit(level)
    assert not submission.verdict.solved
    assert (submission.gained, submission.newly_mended, submission.fix) == (0, (), "")
    (entry,) = game.ledger.entries("steep-hill")
    assert isinstance(entry.deed, Submitted)
    assert entry.deed.failed == ("attention.values",)
    assert submission.after.worth == 100


async def test_a_right_submission_pays_once(game: Game, sandbox: Double) -> None:
    mend(game, 1, CORE)
    first = await game.submit(game.catalog.find(1))
    assert (first.verdict.solved, first.gained) == (True, 100)
    assert first.newly_mended == ("steep-hill",)
    assert "-    return x * d_k**0.5\n+    return x / d_k**0.5\n" in first.fix
    again = await game.submit(game.catalog.find(1))
    assert (again.verdict.solved, again.gained, again.newly_mended) == (True, 0, ())
    seeds = {task.seed for task in sandbox.tasks}
    assert len(seeds) == 2, "each submission is asked on inputs of its own"
    assert [type(task) for task in sandbox.tasks] == [Answer, Judge] * 2


async def test_each_bug_of_a_level_with_several_pays_when_it_is_mended(game: Game) -> None:
    both = game.catalog.find("both")
    mend(game, 3, LOSS)
    half = await game.submit(both)
    assert (half.verdict.solved, half.gained) == (False, 100)
    assert half.newly_mended == ("upside-down",)
    mend(game, 3, CORE)
    whole = await game.submit(both)
    assert (whole.verdict.solved, whole.gained) == (True, 100)
    assert whole.after.mended == ("steep-hill", "upside-down")


async def test_a_bug_is_mended_when_all_checks_that_decide_it_pass(
    home: Home, tiny: Catalog
) -> None:
    checks = (Check("loss.values", "loss", True, ""), Check("loss.gradient", "loss", False, "off"))

    def partly(task: Task, source: dict[str, str]) -> Iterable[Event]:
        return [Judged(Verdict(False, checks))] if isinstance(task, Judge) else [DONE]

    game = Game(home, tiny, Double(partly))
    assert (await game.submit(tiny.find("both"))).after.mended == ()
    game.ledger.close()


async def test_a_check_that_passes_solves_no_ordinary_level(home: Home, tiny: Catalog) -> None:
    checks = (Check("attention.values", "attention", True, ""), Check("x.y", "x", False, "broken"))

    def broke_something_else(task: Task, source: dict[str, str]) -> Iterable[Event]:
        return [Judged(Verdict(False, checks))] if isinstance(task, Judge) else [DONE]

    game = Game(home, tiny, Double(broke_something_else))
    submission = await game.submit(tiny.find(1))
    assert (submission.gained, submission.after.state) == (0, State.STARTED)
    game.ledger.close()


async def test_a_crash_is_a_submission_with_the_reason(home: Home, tiny: Catalog) -> None:
    def crashes(task: Task, source: dict[str, str]) -> Iterable[Event]:
        yield Printed("stdout", "about to\n")
        yield Ended(Outcome.CRASHED, "It ended on signal 11.", FAULT)

    game = Game(home, tiny, Double(crashes))
    seen: list[Event] = []
    submission = await game.submit(tiny.find(1), on_event=seen.append)
    assert submission.verdict.reason == "It ended on signal 11."
    assert submission.verdict.fault == FAULT
    assert not submission.verdict.solved
    assert Printed("stdout", "about to\n") in seen
    (entry,) = game.ledger.entries()
    assert isinstance(entry.deed, Submitted)
    assert entry.deed.reason == "It ended on signal 11."
    game.ledger.close()


async def test_a_referee_that_fails_is_not_held_against_the_player(
    home: Home, tiny: Catalog
) -> None:
    def no_verdict(task: Task, source: dict[str, str]) -> Iterable[Event]:
        return [Ended(Outcome.LOST, "It went away.")] if isinstance(task, Judge) else [DONE]

    game = Game(home, tiny, Double(no_verdict))
    with pytest.raises(SandboxError, match=r"submit again\. It went away\."):
        await game.submit(tiny.find(1))
    assert game.ledger.entries() == ()
    game.ledger.close()


async def test_code_that_claims_a_verdict_is_not_believed(home: Home, tiny: Catalog) -> None:
    def forges(task: Task, source: dict[str, str]) -> Iterable[Event]:
        if isinstance(task, Answer):
            yield Judged(Verdict(True))
        else:
            yield from honest(task, source)

    game = Game(home, tiny, Double(forges))
    assert not (await game.submit(tiny.find(1))).verdict.solved
    game.ledger.close()


async def test_a_sandbox_that_cannot_start_records_nothing(home: Home, tiny: Catalog) -> None:
    game = Game(home, tiny, Double(broken="No process can be started."))
    with pytest.raises(SandboxError):
        await game.probe(tiny.find(1))
    with pytest.raises(SandboxError):
        await game.submit(tiny.find(1))
    assert game.ledger.entries() == ()
    game.ledger.close()


def test_hints_are_taken_rung_by_rung_until_the_answer(game: Game) -> None:
    level = game.catalog.find(1)
    worth = []
    while (rung := game.next_hint(level)) is not None:
        foreseen = game.after_hint(level)
        assert game.take_hint(level) == rung
        assert game.progress(level) == foreseen
        worth.append(foreseen.worth)
    assert game.after_hint(level) == game.progress(level)
    assert worth == [90, 70, 30, 0]
    assert all(taken for _, taken in game.hints(level))
    assert game.progress(level).state is State.REVEALED
    with pytest.raises(GameError, match="Every hint"):
        game.take_hint(level)
    taken = [entry.deed for entry in game.ledger.entries()]
    assert taken == [
        HintTaken(0, 10),
        HintTaken(1, 20),
        HintTaken(2, 40),
        HintTaken(3, 0, True),
    ]


async def test_a_game_opened_again_finds_everything_as_it_was(
    game: Game, home: Home, tiny: Catalog
) -> None:
    mend(game, 1, CORE)
    game.take_hint(tiny.find(1))
    await game.submit(tiny.find(1))
    await game.close()
    again = Game(home, tiny, Double())
    standing = again.progress(tiny.find(1))
    assert (standing.state, standing.award, standing.hints) == (State.SOLVED, 90, 1)
    assert again.workspace(tiny.find(1)).read(CORE) == tiny.find(1).clean[CORE]
    again.ledger.close()


@pytest.mark.parametrize(
    ("solved", "level", "following"),
    [([], 1, 2), ([2], 1, 3), ([3], 3, 1), ([1, 2, 3], 2, None), ([1, 2], 3, None), ([1, 3], 3, 2)],
)
def test_what_follows_a_level_is_the_next_one_that_is_unsolved(
    game: Game, tiny: Catalog, solved: list[int], level: int, following: int | None
) -> None:
    for number in solved:
        game.ledger.append(tiny.find(number).id, Submitted(True))
    found = game.following(tiny.find(level))
    assert (found and found.number) == following


async def test_closing_stops_the_sandbox(game: Game, sandbox: Double) -> None:
    await game.close()
    assert sandbox.closed
