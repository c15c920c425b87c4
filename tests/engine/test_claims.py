"""Claims: what is right, what counts, and what it pays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.catalog import Catalog
from engine.claims import (
    MOST_LINES,
    Judged,
    bonus,
    categories,
    claim_of,
    judge,
    refusal,
    spoilt,
    start_line,
)
from engine.errors import GameError
from engine.game import Game
from engine.ledger import Claimed, Deed, HintTaken, Line, Opened, Probed, Submitted
from engine.level import Level
from engine.scoring import State, progress
from tests.engine.strategies import history

LEVELS = Catalog().levels
SINGLE = [level for level in LEVELS if len(level.parts) == 1]
singles = st.sampled_from(SINGLE)
lines = st.builds(Line, st.sampled_from(sorted(SINGLE[0].start)), st.integers(1, 200))
FIRED = Probed(("attention.row_sums",), 3)


def right(level: Level) -> Claimed:
    return Claimed((min(spoilt(level)),), level.file.category, "attention.row_sums")


@st.composite
def deeds(draw: st.DrawFn, level: Level) -> Deed:
    some = st.sampled_from(sorted(spoilt(level)))
    claimed = st.builds(
        Claimed,
        st.lists(some | lines, max_size=7).map(tuple),
        st.sampled_from([*categories(LEVELS)]),
        st.sampled_from(["attention.row_sums", "loss.sign"]),
    )
    hint = st.builds(HintTaken, st.integers(0, 6), st.integers(0, 80), st.booleans())
    submitted = st.builds(Submitted, st.booleans())
    others: list[Deed] = [Opened(), FIRED, right(level)]
    return draw(st.one_of(claimed, hint, submitted, st.sampled_from(others)))


@given(st.data())
def test_the_bonus_is_paid_once_for_a_right_claim_and_moves_nothing_else(
    data: st.DataObject,
) -> None:
    level = data.draw(singles)
    told = data.draw(st.lists(deeds(level), max_size=10))
    with_claims = progress(level, history(told))
    without = progress(level, history([deed for deed in told if not isinstance(deed, Claimed)]))
    assert with_claims.award == without.award + with_claims.bonus
    assert with_claims.bonus in (0, bonus(level))
    assert with_claims.worth == without.worth + with_claims.bonus
    pays = with_claims.claim_right and without.award > 0
    assert with_claims.bonus == (bonus(level) if pays else 0)
    if with_claims.claim_right:
        claim = with_claims.claim
        assert claim is not None
        first = next(at for at, deed in enumerate(told) if deed == claim)
        assert not any(isinstance(deed, Submitted | Claimed) for deed in told[:first])
        assert set(claim.lines) <= spoilt(level)
        assert claim.category in (level.file.category, *level.file.arguable)
        assert any(isinstance(deed, Probed) and claim.probe in deed.fired for deed in told[:first])


@pytest.mark.parametrize("level", SINGLE, ids=lambda level: level.id)
def test_what_is_arguable_is_among_what_can_be_claimed(level: Level) -> None:
    assert {*level.file.arguable} <= {*categories(LEVELS)} - {level.file.category}


@pytest.mark.parametrize("level", SINGLE, ids=lambda level: level.id)
@pytest.mark.parametrize("category", categories(LEVELS))
def test_a_category_is_right_when_it_describes_the_bug(level: Level, category: str) -> None:
    told: list[Deed] = [FIRED, replace(right(level), category=category), Submitted(True)]
    judged = judge(level, history(told))
    assert judged is not None
    assert judged.category == (category in {level.file.category, *level.file.arguable})
    assert judged.right == judged.category


@pytest.mark.parametrize("level", SINGLE, ids=lambda level: level.id)
def test_every_level_can_be_claimed_and_pays_a_fifth_more(level: Level) -> None:
    told: list[Deed] = [FIRED, right(level), Submitted(False), Submitted(True)]
    standing = progress(level, history(told))
    assert (standing.award, standing.bonus) == (level.value * 6 // 5, level.value // 5)
    assert (standing.claim_right, standing.state) == (True, State.SOLVED)
    assert 0 < len(spoilt(level)) <= MOST_LINES


@pytest.mark.parametrize("level", SINGLE, ids=lambda level: level.id)
def test_the_line_that_the_hint_names_is_one_that_can_be_claimed(level: Level) -> None:
    assert spoilt(level) >= {Line(file, number) for file, number in level.places()}


def test_a_claim_is_open_until_the_level_is_solved() -> None:
    level = SINGLE[0]
    standing = progress(level, history([FIRED, right(level), Submitted(False)]))
    assert (standing.claim, standing.claim_right) == (right(level), None)


def wrong(level: Level) -> list[list[Deed]]:
    claim = right(level)
    beside = Line(claim.lines[0].file, 1)
    return [
        [claim],
        [FIRED, Claimed((*claim.lines, beside), claim.category, claim.probe)],
        [FIRED, Claimed((), claim.category, claim.probe)],
        [FIRED, Claimed(claim.lines, "algorithm", claim.probe)],
        [FIRED, Claimed(claim.lines, claim.category, "loss.sign")],
        [FIRED, HintTaken(len(level.file.hints), 40), claim],
        [FIRED, Claimed((beside,), claim.category, claim.probe), claim],
    ]


@pytest.mark.parametrize("told", wrong(SINGLE[0]))
def test_a_claim_that_is_not_right_costs_nothing(told: list[Deed]) -> None:
    level = SINGLE[0]
    plain = [deed for deed in told if not isinstance(deed, Claimed)]
    ended = progress(level, history([*told, Submitted(True)]))
    assert ended.claim_right is False
    assert ended.award == progress(level, history([*plain, Submitted(True)])).award


def test_each_part_of_a_claim_is_judged_by_itself() -> None:
    level = SINGLE[0]
    good = right(level)
    beside = Line(good.lines[0].file, 1)
    claim = Claimed((beside, *good.lines), "algorithm", good.probe)
    judged = progress(level, history([FIRED, claim, Submitted(True)])).judged
    assert judged == Judged((False, True), category=False, evidence=True, allowed=True)
    after = history([claim, FIRED, Submitted(True)])
    assert judge(level, after) == Judged((False, True), False, evidence=False, allowed=True)


def test_every_category_says_what_kind_of_mistake_it_is_in_one_line_of_80_columns() -> None:
    kinds = categories(LEVELS)
    assert len(kinds) > 3
    assert {name: kind for name, kind in kinds.items() if not 0 < len(kind) <= 50} == {}


def test_a_claim_after_a_submission_does_not_count() -> None:
    level = SINGLE[0]
    told = history([FIRED, Submitted(False), right(level), Submitted(True)])
    assert (claim_of(told), judge(level, told)) == (None, None)


def test_no_claim_where_one_would_be_worth_nothing() -> None:
    level = SINGLE[0]
    assert "several bugs" in refusal(LEVELS[-1], history([FIRED]))
    assert "needs evidence" in refusal(level, [])
    assert "first submission" in refusal(level, history([FIRED, Submitted(False)]))
    assert "has been made" in refusal(level, history([FIRED, right(level)]))
    assert "has been shown" in refusal(level, history([FIRED, HintTaken(9, 0, True)]))
    assert refusal(level, history([FIRED, HintTaken(0, 10)])) == ""


texts = st.lists(st.sampled_from("abc"), min_size=1, max_size=8).map("\n".join)


@given(texts, texts, st.data())
def test_every_line_of_a_text_belongs_to_a_line_of_the_start(
    start: str, text: str, data: st.DataObject
) -> None:
    line = data.draw(st.integers(1, len(text.splitlines())))
    found = start_line(start, text, line)
    assert 1 <= found <= len(start.splitlines())
    assert start_line(text, text, line) == line


def test_lines_put_in_above_do_not_move_the_claim() -> None:
    assert start_line("a\nb\nc", "x\ny\na\nb\nc", 5) == 3
    assert start_line("a\nb\nc", "a\nB\nc", 2) == 2


def test_the_game_says_why_a_claim_is_refused_and_records_one_that_is_not(game: Game) -> None:
    level = game.catalog.find(1)
    game.open(level)
    at = [("transformer/core.py", 2)]
    with pytest.raises(GameError, match="needs evidence"):
        game.claim(level, at, "numerical", "attention.scale")
    game.ledger.append(level.id, Probed(("attention.scale",), 0))
    for lines, category, probe, why in [
        ([], "numerical", "attention.scale", "one to 5 lines"),
        (at, "bad luck", "attention.scale", "no category 'bad luck'"),
        (at, "numerical", "loss.sign", "loss.sign has not fired here"),
        ([("setup.py", 1)], "numerical", "attention.scale", "none of the level's files"),
        ([("transformer/core.py", 99)], "numerical", "attention.scale", "no line 99"),
    ]:
        with pytest.raises(GameError, match=why):
            game.claim(level, lines, category, probe)
    game.workspace(level).write(
        "transformer/core.py", "# mine\n" + level.start["transformer/core.py"]
    )
    claim = game.claim(level, [("transformer/core.py", 3)], "numerical", "attention.scale")
    assert claim.lines == (Line("transformer/core.py", 2),)
    assert game.progress(level).claim == claim
