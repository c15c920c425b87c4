"""Which level of the game teaches what a probe has found: by the measured detection matrix."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from engine.catalog import Catalog
from engine.guide import Guide


class Lesson(Struct, frozen=True):
    """A level, by what a player may know of it before it is solved."""

    number: int
    title: str


class Lessons:
    """Levels by the probes that fire on them."""

    def __init__(self, levels: Mapping[Lesson, frozenset[str]]) -> None:
        self._levels = levels

    @classmethod
    def find(cls, catalog: Catalog, guide: Guide) -> Lessons:
        """Those of every level with one bug."""
        levels = {}
        for level in catalog.levels:
            row, _ = guide.rows.get(level.id, (None, 0))
            if len(level.parts) == 1 and row is not None:
                levels[Lesson(level.number, level.title)] = frozenset(row.fires)
        return cls(levels)

    def of(self, probe: str, firing: Collection[str]) -> Lesson | None:
        """The level on which ``probe`` fires and that looks most like ``firing`` besides.

        Where it fires on none, a level on which another probe of its area does. Likeness is the
        share of probes in common (Jaccard 1912). None when no level is about such things.
        """
        area = probe.partition(".")[0]
        kin = {
            lesson: fires
            for lesson, fires in self._levels.items()
            if any(name.partition(".")[0] == area for name in fires)
        }
        exact = {lesson: fires for lesson, fires in kin.items() if probe in fires}
        seen = frozenset(firing)

        def likeness(lesson: Lesson) -> float:
            fires = self._levels[lesson]
            return len(fires & seen) / len(fires | seen)

        return max(exact or kin, key=likeness, default=None)
