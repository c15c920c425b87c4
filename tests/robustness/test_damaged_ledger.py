"""The record with any byte changed: one sentence, the damaged file kept, the game goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from engine.errors import LedgerError
from engine.ledger import Deed, HintTaken, Ledger, Opened, Probed, Submitted
from tests.robustness.damage import Damage, damages

DEEDS: list[Deed] = [
    Opened(),
    *(HintTaken(rung, 15) for rung in range(4)),
    *(Probed(("attention.scale",), number) for number in range(20)),
    *(Submitted(False, (), ("a.b",), "It hung.", seed, "-x\n+√\n" * 30) for seed in range(40)),
    Submitted(True, ("a",), fix="-x\n+y\n"),
]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A ledger of some pages."""
    path = tmp_path_factory.mktemp("whole") / "ledger.sqlite3"
    ledger = Ledger(path)
    for deed in DEEDS:
        ledger.append("a", deed)
    ledger.close()
    return path.read_bytes()


@settings(max_examples=200)
@given(damage=damages)
def test_any_damage_is_one_sentence_and_the_game_goes_on(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, damage: Damage
) -> None:
    check(tmp_path_factory.mktemp("home"), damage.to(content))


def test_a_record_cut_to_nothing_is_told_like_other_damage(tmp_path: Path) -> None:
    check(tmp_path, b"")


def test_a_new_record_is_no_damage_nor_is_one_whose_making_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    for side in ("", "-wal"):
        path.with_name(f"{path.name}.new{side}").write_bytes(b"left by a kill")
    path.with_name(f"{path.name}-wal").write_bytes(b"left by one that was removed")
    ledger = Ledger(path)
    assert (ledger.notice, ledger.entries()) == ("", ())
    ledger.append("a", Opened())
    ledger.close()
    assert {found.name for found in tmp_path.iterdir()} == {path.name, f"{path.name}.lock"}


def test_what_only_the_log_still_holds_is_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    living = Ledger(path)
    living.append("a", Opened())
    log = path.with_name(f"{path.name}-wal").read_bytes()
    living.close()
    path.write_bytes(b"")
    path.with_name(f"{path.name}-wal").write_bytes(log)
    ledger = Ledger(path)
    assert "1 of its entries could be carried over" in ledger.notice
    assert [entry.deed for entry in ledger.entries()] == [Opened()]
    ledger.close()


def check(home: Path, found: bytes) -> None:
    """What becomes of a ledger that holds ``found``."""
    path = home / "ledger.sqlite3"
    path.write_bytes(found)
    try:
        ledger = Ledger(path)
    except LedgerError as error:
        # One bit makes another version of this one.
        assert "newer version" in str(error)  # noqa: PT017
        assert path.read_bytes() == found
        return
    kept = ledger.entries()
    assert len(kept) <= len(DEEDS)
    asides = list(path.parent.glob("*.damaged-*"))
    if not found:
        assert "(it is empty)" in ledger.notice
        assert "nothing of it could be carried over" in ledger.notice
    if ledger.notice:
        (aside,) = asides
        assert aside.read_bytes() == found
        assert aside.name in ledger.notice
        assert str(path.parent) in ledger.notice
        assert "\n" not in ledger.notice
    else:
        assert asides == []
    ledger.append("a", Opened())
    assert ledger.entries()[:-1] == kept
    ledger.close()
    again = Ledger(path)
    assert again.notice == ""
    assert again.entries()[:-1] == kept
    assert again.entries()[-1].deed == Opened()
    again.close()
