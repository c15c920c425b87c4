"""Keys with alt, which most terminals send as an escape and the key.

Textual (8.2.8) looks for the end of such a sequence for a tenth of a second, and makes text of the
first when a second one comes within that time: a key that is held down writes ``^r^r`` into the
code. A sequence that it knows it takes at once.
"""

from __future__ import annotations

import string
from typing import NamedTuple, cast

# Textual has no public way to teach it a sequence.
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

BEGIN_OTHERS = "NOPX"
"""After an escape these begin longer sequences (ECMA-48, 5.3)."""
_NAMES = {
    **{letter: letter for letter in string.ascii_lowercase},
    **{letter: f"shift+{letter.lower()}" for letter in string.ascii_uppercase},
    ",": "comma",
    ".": "full_stop",
}


class _Key(NamedTuple):
    """As the members of Textual's ``Keys``, which has none with alt."""

    value: str


def learn() -> None:
    """Have Textual know alt with a letter, a comma or a full stop."""
    known = cast("dict[str, tuple[_Key, ...]]", ANSI_SEQUENCES_KEYS)
    for letter, name in _NAMES.items():
        if letter not in BEGIN_OTHERS:
            known.setdefault(f"\x1b{letter}", (_Key(f"alt+{name}"),))
