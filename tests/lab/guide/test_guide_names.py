"""The field guide names only probes that exist."""

from __future__ import annotations

from importlib import resources

from engine import guide
from engine.lab.probes.catalogue import PROBES

NAMES = {probe.info.name for probe in PROBES}


def test_every_tip_names_probes_of_the_catalogue() -> None:
    for tip in guide.load(resources.files("levels")).tips:
        assert set(tip.probes) <= NAMES, tip.title


def test_the_matrix_is_of_this_catalogue() -> None:
    for level, (row, probes) in guide.load(resources.files("levels")).rows.items():
        assert {*row.fires, *row.sometimes} <= NAMES, level
        assert probes == len(NAMES)
