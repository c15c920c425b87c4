"""Points: never lost, never above the value, and hints are never a trap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger import Deed, Edited, Entry, HintTaken, Opened, Probed, Submitted, WasReset
from engine.level import Answer, Contract, Edit, Hint, Level, LevelFile, Part
from engine.scoring import State, progress, total
from tests.engine.strategies import START, entries, hints, history

CONTRACT = Contract(("a.b",), ("a.b",))
SOLVED = Submitted(True)


def level(value: int, *parts: str) -> Level:
    told = Answer("Answer", "Because.")
    file = LevelFile(
        1, "level", "Level", "high", "math", value, "Brief.", (Hint("T", 1, "t"),), told
    )
    edits = (Edit("a.py", "x", "y"),)
    made = tuple(Part(id, id, edits, CONTRACT) for id in parts)
    return Level(file, "pack", 1, made, {"a.py": "x"}, {"a.py": "y"})


ONE = level(100, "level")
FOUR = level(200, "a", "b", "c", "d")
both = pytest.mark.parametrize("played", [ONE, FOUR], ids=["one bug", "four bugs"])


def test_a_level_never_touched_is_new_and_worth_its_value() -> None:
    standing = progress(ONE, [])
    assert (standing.state, standing.award, standing.worth) == (State.NEW, 0, 100)
    assert (standing.hints, standing.submissions, standing.mended) == (0, 0, ())
    assert standing.gained_at is None


@pytest.mark.parametrize(
    ("told", "state", "award", "worth"),
    [
        ([Opened()], State.NEW, 0, 100),
        ([Opened(started=True)], State.STARTED, 0, 100),
        ([Opened(), Edited(), Opened()], State.STARTED, 0, 100),
        ([Probed((), 3)], State.STARTED, 0, 100),
        ([SOLVED], State.SOLVED, 100, 100),
        ([Submitted(False), Submitted(False), SOLVED], State.SOLVED, 100, 100),
        ([HintTaken(0, 30)], State.STARTED, 0, 70),
        ([HintTaken(0, 30), SOLVED], State.SOLVED, 70, 70),
        ([HintTaken(0, 30), HintTaken(0, 30), SOLVED], State.SOLVED, 70, 70),
        ([HintTaken(0, 30), HintTaken(1, 90), SOLVED], State.SOLVED, 10, 10),
        ([SOLVED, HintTaken(0, 30)], State.SOLVED, 100, 100),
        ([SOLVED, HintTaken(0, 0, True)], State.SOLVED, 100, 100),
        ([SOLVED, SOLVED], State.SOLVED, 100, 100),
        ([SOLVED, WasReset(), Submitted(False)], State.SOLVED, 100, 100),
        ([HintTaken(0, 0, True)], State.REVEALED, 0, 0),
        ([HintTaken(0, 0, True), SOLVED], State.SOLVED, 0, 0),
    ],
)
def test_the_award_is_the_value_less_hints_and_not_less_than_the_floor(
    told: list[Deed], state: State, award: int, worth: int
) -> None:
    standing = progress(ONE, history(told))
    assert (standing.state, standing.award, standing.worth) == (state, award, worth)


def test_each_part_pays_when_it_is_first_found_mended() -> None:
    told: list[Deed] = [
        Submitted(False, ("b",)),
        Submitted(False, ("b", "unheard-of")),
        Submitted(False, ("a", "b")),
        Submitted(False),
        SOLVED,
    ]
    standings = [progress(FOUR, history(told[:count])) for count in range(6)]
    assert [standing.award for standing in standings] == [0, 50, 50, 100, 100, 200]
    assert [standing.mended for standing in standings][1:4] == [("b",), ("b",), ("a", "b")]
    assert [standing.state for standing in standings][4:] == [State.STARTED, State.SOLVED]


def test_hints_are_charged_to_what_is_won_next() -> None:
    told: list[Deed] = [
        HintTaken(0, 60),
        Submitted(False, ("a",)),  # 50 - 45, for the floor of a part is 5; 15 remain owed
        Submitted(False, ("a", "b")),
        HintTaken(1, 10),
        SOLVED,
    ]
    awards = [progress(FOUR, history(told[:count])).award for count in range(6)]
    assert awards == [0, 0, 5, 40, 40, 130]


def test_revealing_keeps_what_was_won_before() -> None:
    told: list[Deed] = [Submitted(False, ("a",)), HintTaken(3, 0, True), SOLVED]
    standing = progress(FOUR, history(told))
    assert (standing.state, standing.award, standing.worth) == (State.SOLVED, 50, 50)


def test_a_tie_is_dated_by_the_last_gain_not_by_what_came_after() -> None:
    told: list[Deed] = [Opened(), SOLVED, HintTaken(0, 30), SOLVED, Submitted(False)]
    assert progress(ONE, history(told)).gained_at == history(told)[1].at
    assert progress(FOUR, history([Submitted(False)])).gained_at is None


@both
@given(told=entries("level", "a", "b", "c", "d"))
def test_points_never_fall_as_deeds_are_added(played: Level, told: list[Entry]) -> None:
    awards = [progress(played, told[:count]).award for count in range(len(told) + 1)]
    assert awards == sorted(awards)


@both
@given(told=entries("level", "a", "b", "c", "d"))
def test_an_award_is_between_nothing_and_the_value(played: Level, told: list[Entry]) -> None:
    standing = progress(played, told)
    assert 0 <= standing.award <= standing.worth <= played.value


@both
@given(told=entries("level", "a", "b", "c", "d"))
def test_worth_is_what_a_solution_brings(played: Level, told: list[Entry]) -> None:
    worth = progress(played, told).worth
    solved = progress(played, [*told, Entry(START, "level", SOLVED)])
    assert solved.state is State.SOLVED
    assert solved.award == solved.worth == worth


@both
@given(taken=st.lists(hints(), max_size=8))
def test_a_solution_without_the_answer_pays_the_floor_at_least(
    played: Level, taken: list[HintTaken]
) -> None:
    told: list[Deed] = [*(HintTaken(hint.rung, hint.cost) for hint in taken), SOLVED]
    assert progress(played, history(told)).award >= played.value // 10


@both
@given(told=entries("level", "a", "b", "c", "d"), taken=st.lists(hints(), max_size=4))
def test_hints_after_the_solution_are_free(
    played: Level, told: list[Entry], taken: list[HintTaken]
) -> None:
    solved = progress(played, [*told, Entry(START, "level", SOLVED)])
    more: list[Deed] = [SOLVED, *taken]
    again = progress(played, [*told, *history(more)])
    assert (again.award, again.worth, again.gained_at) == (
        solved.award,
        solved.worth,
        solved.gained_at,
    )


@given(taken=st.lists(hints(), max_size=8))
def test_an_unsolved_level_costs_nothing(taken: list[HintTaken]) -> None:
    standing = progress(ONE, history([*taken, Submitted(False)]))
    assert standing.award == 0
    assert total([progress(FOUR, history([SOLVED])), standing]) == 200
