"""The catalogue reads like a textbook: every page has a name, a question and its arithmetic."""

from __future__ import annotations

import re

import pytest

from engine.evidence import ProbeInfo
from engine.lab.probes import catalogue

EVERY = pytest.mark.parametrize("info", catalogue(), ids=lambda info: info.name)


def test_there_are_at_least_fifty_probes_of_different_names() -> None:
    names = [info.name for info in catalogue()]
    assert len(names) >= 50
    assert len(set(names)) == len(names)


@EVERY
def test_a_name_is_the_area_and_what_is_probed(info: ProbeInfo) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", info.name)
    assert info.area == info.name.partition(".")[0]


@EVERY
def test_a_question_is_one_line_that_ends_in_a_question_mark(info: ProbeInfo) -> None:
    assert info.question.endswith("?")
    assert "\n" not in info.question
    assert len(info.question) <= 80


@EVERY
def test_every_probe_tells_what_it_does_and_what_it_tolerates(info: ProbeInfo) -> None:
    assert 100 <= len(info.about) <= 600
    assert "  " not in info.about
    arithmetic = r"eps|[Tt]oler|rounding|exact|bit|asked for|zero|deviation|chance|known"
    assert re.search(arithmetic, info.about), info.about


def test_no_two_probes_ask_the_same_question() -> None:
    questions = [info.question for info in catalogue()]
    assert len(set(questions)) == len(questions)


def test_areas_follow_the_textbook() -> None:
    seen = list(dict.fromkeys(info.area for info in catalogue()))
    assert seen == [
        "shapes",
        "layers",
        "norm",
        "rope",
        "attention",
        "heads",
        "residual",
        "gradients",
        "feed_forward",
        "loss",
        "optimizer",
        "schedule",
        "clipping",
        "data",
        "checkpoint",
        "decoding",
        "training",
    ]


def test_only_probes_that_train_are_slow() -> None:
    assert {info.area for info in catalogue() if info.slow} == {"training"}


@EVERY
def test_every_probe_says_where_it_comes_from(info: ProbeInfo) -> None:
    assert info.source
    assert "\n" not in info.source
    assert len(info.source) <= 100
