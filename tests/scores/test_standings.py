"""Who comes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.catalog import Catalog
from engine.claims import spoilt
from engine.errors import BadExport
from engine.ledger import Claimed, Deed, Submitted
from engine.scores.cards import Card, standings
from engine.scores.document import Claim
from engine.scores.formats import EXPORTS
from engine.scores.own import score
from engine.scores.reading import Reader
from tests.scores.players import NOW, board, fix, history, player, solved


def _ranks(*cards: Card) -> list[tuple[int, str, int]]:
    return [(row.rank, row.card.player, row.card.score) for row in standings(cards)]


def test_equal_scores_share_a_rank_and_whoever_was_there_first_stands_first(
    cards: tuple[Card, ...],
) -> None:
    assert _ranks(*cards) == [
        (1, "=Ada; ﷺ <b>|", 150),
        (1, "Ben", 150),
        (3, "Cy", 140),
        (4, "Di", 0),
    ]


def test_the_best_of_several_exports_of_a_player_counts(tiny: Catalog) -> None:
    first, second, _ = tiny.levels
    early = player(tiny, "Ada", solved(first))
    late = player(tiny, "ADA", solved(first), solved(second, hours=9))
    other = player(tiny, "Ben", solved(second))
    assert _ranks(early, other, late) == [(1, "ADA", 150), (2, "Ben", 50)]


def test_of_two_equal_cards_the_verified_one_counts(tiny: Catalog) -> None:
    one = player(tiny, "Ada", solved(tiny.levels[0]))
    assert standings([one, replace(one, verified=True)])[0].card.verified


def test_hints_and_failures_after_the_last_gain_move_no_tie(tiny: Catalog) -> None:
    level = tiny.levels[0]
    ada = player(tiny, "Ada", [*solved(level), *history(level, [Submitted(False)], hours=50)])
    ben = player(tiny, "Ben", solved(level, hours=1))
    assert [row.card.player for row in standings([ben, ada])] == ["Ada", "Ben"]


def test_the_course_tells_when_points_were_won(tiny: Catalog) -> None:
    both = tiny.levels[2]
    told = [Submitted(False, ("steep-hill",)), Submitted(False), Submitted(True)]
    first = tiny.levels[0]
    entries = [*history(both, told), *solved(first, taken=1, hours=3)]
    mine = score(tiny.levels, entries)
    assert [(won.level.id, won.points, won.total) for won in mine.course] == [
        ("both", 100, 100),
        ("both", 100, 200),
        ("steep-hill", 90, 290),
    ]
    assert mine.course[-1].at == player(tiny, "Ada", entries).gained_at
    assert (mine.points, mine.value) == (290, 350)
    assert [row.time and row.time.seconds for row in mine.levels] == [180, None, 240]


def test_a_right_claim_is_told_with_its_bonus_and_paid_again_from_the_record(
    tiny: Catalog,
) -> None:
    level = tiny.levels[1]
    right = Claimed(tuple(sorted(spoilt(level))), "math", "loss.sign")
    told: list[Deed] = [right, Submitted(False), Submitted(True, fix=fix(level))]
    made = player(tiny, "Ada", history(level, told))
    (one,) = made.solves
    assert (one.award, one.value) == (60, 50)
    assert one.claim == Claim(("training/loss.py:3",), "math", "loss.sign", True, 10)
    text = EXPORTS["json"](board(tiny, made))
    assert Reader(tiny.levels, NOW).cards(text.encode()) == (made,)
    forged = text.replace('"bonus": 10', '"bonus": 50')
    with pytest.raises(BadExport, match=r"solves\[0\].claim: "):
        Reader(tiny.levels, NOW).cards(forged.encode())


@given(st.lists(st.integers(0, 3), max_size=8))
def test_ranks_count_those_ahead(tiny: Catalog, solves: list[int]) -> None:
    cards = [
        player(tiny, f"P{n}", *(solved(level, hours=n) for level in tiny.levels[:many]))
        for n, many in enumerate(solves)
    ]
    rows = standings(cards)
    for row in rows:
        ahead = sum(other.card.score > row.card.score for other in rows)
        assert row.rank == ahead + 1
