"""Damage as disks and accidents do it: a byte changed, removed or put in, or the end missing."""

from __future__ import annotations

from hypothesis import strategies as st


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """``content`` after one accident, which may by chance have changed nothing that matters."""
    places = st.integers(0, len(content) - 1)
    values = st.integers(0, 255)
    return st.one_of(
        st.builds(lambda at, value: _spliced(content, at, at + 1, value), places, values),
        st.builds(lambda at, value: _spliced(content, at, at, value), places, values),
        st.builds(lambda at: _spliced(content, at, at + 1), places),
        st.builds(lambda at: content[:at], places),
    )


def _spliced(content: bytes, low: int, high: int, *values: int) -> bytes:
    return content[:low] + bytes(values) + content[high:]
