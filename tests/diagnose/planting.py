"""Bugs to plant in two of the styles, with the parts of which one must come first in the report.

The answer key's eight come first, then those that are planted in the codebase for the probes' own
tests, as far as the course's functions have such a part at all.
"""

from __future__ import annotations

from typing import NamedTuple

Edits = tuple[tuple[str, str], ...]


class Bug(NamedTuple):
    name: str
    parts: frozenset[str]
    """The parts that are in fact wrong."""
    edits: Edits
    """Text that stands once in the file, and what to write instead."""


def bug(name: str, parts: str, *edits: str) -> Bug:
    return Bug(name, frozenset(parts.split()), tuple(zip(edits[::2], edits[1::2], strict=True)))


SDPA = "scaled_dot_product_attention"
MHA = "multihead_self_attention multihead_self_attention_with_rope"
ROTATED = "multihead_self_attention_with_rope"
CHECKPOINT = "save_checkpoint load_checkpoint"


def plant(source: str, planted: Bug) -> str:
    """``source`` with that bug. All edits are made at once, so that two can change places."""
    for find, _ in planted.edits:
        assert source.count(find) == 1, (
            f"{planted.name}: {find!r} stands {source.count(find)} times"
        )
    for number, (find, _) in enumerate(planted.edits):
        source = source.replace(find, f"\0{number}\0")
    for number, (_, replace) in enumerate(planted.edits):
        source = source.replace(f"\0{number}\0", replace)
    return source
