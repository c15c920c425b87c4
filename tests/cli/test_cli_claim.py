"""``claim``."""

from __future__ import annotations

from engine.ledger import Probed
from tests.cli.conftest import Terminal

CLAIM = ("claim", "1", "transformer/core.py:2", "--category", "numerical", "--evidence")


def test_a_claim_is_recorded_told_and_paid(play: Terminal) -> None:
    play("start", "1")
    game = play.game()
    game.ledger.append("steep-hill", Probed(("attention.scale",), 0))
    game.ledger.close()
    assert "No claim yet. Categories:" in play("claim", "1").out
    made = play(*CLAIM, "attention.scale")
    assert made.code == 0
    assert "transformer/core.py:2, numerical, on the evidence of" in made.out
    told = play("claim", "1", "--json").json
    assert told["claim"]["lines"] == [{"file": "transformer/core.py", "number": 2}]
    assert (told["right"], told["open"]) == (None, False)
    play.mend(1)
    assert "+120 points" in play("submit", "1").out
    assert "It was right: +20 points." in play("claim", "1").out


def test_a_claim_that_was_not_right_says_in_which_part(play: Terminal) -> None:
    play("start", "1")
    game = play.game()
    game.ledger.append("steep-hill", Probed(("attention.scale",), 0))
    game.ledger.close()
    play(
        "claim", "1", "transformer/core.py:1", "--category", "math", *CLAIM[-1:], "attention.scale"
    )
    play.mend(1)
    play("submit", "1")
    told = play("claim", "1").out
    for said in ("✗ transformer/core.py:1", "✗ math; it was numerical", "✓ on the evidence of"):
        assert said in told
    judged = play("claim", "1", "--json").json["judged"]
    assert judged == {"lines": [False], "category": False, "evidence": True, "allowed": True}


def test_a_claim_that_cannot_be_made_is_misuse_and_says_why(play: Terminal) -> None:
    play("start", "1")
    for arguments, why in [
        ((*CLAIM, "attention.scale"), "A claim needs evidence: run a probe that fires."),
        (("claim", "1", "core.py:2"), "needs --category and --evidence"),
        (("claim", "1", "core.py", *CLAIM[3:], "x.y"), "'core.py' is no place"),
    ]:
        refused = play(*arguments)
        assert (refused.code, refused.out) == (2, "")
        assert why in refused.err
