"""What the key says of itself."""

from __future__ import annotations

from engine.catalog import Catalog
from engine.lab.audit.claim import Pair, Reading, Sign, Within, claim
from engine.lab.audit.workbench import Bench


@claim(
    0,
    "title",
    "Total bugs: 7",
    asks="how many bugs the pack holds, each an edit of its own to the correct code",
    seen="there are 7",
    settings={"the whole pack": None},
)
def total(bench: Bench, seed: int, pack: None) -> Reading:
    """Counted, not believed."""
    catalog = Catalog()
    bugs = {part.edits for level in catalog.levels for part in level.parts}
    pair = Pair("bugs", 0.0, float(len(bugs)), Within())
    return Reading(Sign.of(len(bugs) == 7), (pair,))


CLAIMS = (total,)
