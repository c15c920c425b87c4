"""What a player may do, as hypothesis strategies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from engine.ledger import (
    Claimed,
    Deed,
    Edited,
    Entry,
    HintTaken,
    Line,
    Opened,
    Probed,
    Submitted,
    WasReset,
)

START = datetime(2031, 1, 1, tzinfo=UTC)


def deeds(*parts: str) -> st.SearchStrategy[Deed]:
    """Any deed in a level of these parts."""
    mended = st.lists(st.sampled_from(parts), unique=True).map(tuple)
    return st.one_of(
        st.just(Opened()),
        st.just(Edited()),
        st.just(Claimed((Line("transformer/core.py", 2),), "numerical", "attention.scale")),
        st.builds(Probed, st.just(("attention.scale",)), st.integers(0, 50)),
        hints(),
        st.builds(Submitted, solved=st.booleans(), mended=mended, reason=st.text(max_size=5)),
        st.just(WasReset()),
    )


def hints() -> st.SearchStrategy[HintTaken]:
    """Any rung, at any price."""
    return st.builds(HintTaken, st.integers(0, 6), st.integers(0, 300), st.booleans())


def entries(*parts: str) -> st.SearchStrategy[list[Entry]]:
    """A history, oldest first."""
    return st.lists(deeds(*parts), max_size=12).map(history)


def history(told: list[Deed]) -> list[Entry]:
    """``told`` as entries, a minute apart."""
    return [Entry(START + timedelta(minutes=i), "level", deed) for i, deed in enumerate(told)]
