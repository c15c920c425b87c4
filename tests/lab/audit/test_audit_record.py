"""The document and the field guide say of every claim what is measured of it.

Claims about untrained code are measured on all seeds, those that train models on one: each figure
must then lie between those on record. `tui-debugger dev audit --check` measures all on all seeds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
import torch

from engine import guide
from engine.catalog import Catalog
from engine.guide import Claim
from engine.lab.audit.claim import Sign
from engine.lab.audit.document import cells, outcomes
from engine.lab.audit.findings import SEEDS, Finding, measure, numbered
from engine.lab.audit.outcome import MIXED, Outcome, conclude
from engine.lab.audit.parting import parting, wording
from engine.lab.audit.workbench import Bench

PAGE = Path(__file__).parents[3] / "docs" / "answer-key-audit.md"
LEVELS = Catalog().levels
NOTES = 3
"""That the answer key has on every bug."""

Measured = Callable[[str], Finding]

pytestmark = pytest.mark.xdist_group("audit")


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Bench(tmp_path_factory.mktemp("codebases"))
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def measured(bench: Bench) -> Measured:
    """A claim's finding by its number, measured once."""

    @cache
    def found(number: str) -> Finding:
        claim = dict(numbered())[number]
        # One for all claims about a bug, so that its models are trained once.
        one = SEEDS[claim.level % len(SEEDS)]
        return measure(number, claim, bench, [one] if claim.trains else SEEDS)

    return found


@pytest.fixture(scope="module")
def told() -> tuple[Claim, ...]:
    return guide.load(resources.files("levels")).claims


@pytest.mark.parametrize("number", [number for number, claim in numbered() if not claim.trains])
def test_what_the_page_says_of_untrained_code_is_measured(
    measured: Measured, page: str, number: str
) -> None:
    finding = measured(number)
    assert parting(page, [finding]) == []
    assert outcomes(page)[number] == str(finding.outcome).capitalize()


@pytest.mark.parametrize("number", [number for number, claim in numbered() if claim.trains])
def test_what_the_page_says_of_training_holds_on_one_of_its_seeds(
    measured: Measured, page: str, number: str
) -> None:
    finding = replace(measured(number), outcome=follows(page, number))
    assert parting(page, [finding]) == []


def test_every_outcome_follows_from_what_the_settings_show(page: str) -> None:
    stated = outcomes(page)
    assert set(stated) == {number for number, _ in numbered()}
    for number in stated:
        assert stated[number] == str(follows(page, number)).capitalize(), number


def test_a_page_that_says_something_else_is_caught(measured: Measured, page: str) -> None:
    finding = measured("2.1")
    assert parting(page, [finding]) == []
    figure = next(text for text in cells(page).values() if text.buggy.startswith("3.18"))
    for wrong in (
        page.replace(figure.buggy, "4.18 to 4.37"),
        re.sub(r"(### 2\.1 .*\n\n)\*\*Holds\.\*\*", r"\1**Is not seen.**", page),
        page.replace("| seen |", "| neither |"),
        page.replace("### 2.1 ", "### 2.9 "),
    ):
        assert wrong != page
        assert parting(wrong, [finding]) != []


def test_the_wording_is_what_would_be_written_around_the_figures(
    measured: Measured, page: str
) -> None:
    findings = [replace(measured(n), outcome=follows(page, n)) for n, _ in numbered()]
    assert wording(page, findings) == []
    assert wording(page.replace("Nothing of this is written by hand.", ""), findings) != []


def test_the_field_guide_and_the_page_agree(page: str, told: tuple[Claim, ...]) -> None:
    stated = outcomes(page)
    about_bugs = {number: claim for number, claim in numbered() if claim.level}
    assert [claim.number for claim in told] == list(about_bugs)
    for claim in told:
        measured = about_bugs[claim.number]
        assert LEVELS[measured.level - 1].id == claim.level
        assert (claim.says, claim.note) == (measured.says, measured.note)
        assert f"{claim.kind} {claim.condition}".strip().capitalize() == stated[claim.number]


def test_every_note_of_the_key_is_one_claim_and_one_hint(told: tuple[Claim, ...]) -> None:
    every = list(range(1, NOTES + 1))
    for level in LEVELS:
        notes = sorted(hint.note for hint in level.file.hints if hint.note is not None)
        claimed = sorted(c.note for c in told if c.level == level.id and c.note is not None)
        assert notes == claimed == ([] if level.file.parts else every), level.id


def test_no_hint_contradicts_what_is_measured(told: tuple[Claim, ...]) -> None:
    """``holds only when`` leaves a hint the choice: its words have to name the circumstances."""
    kinds = {(claim.level, claim.note): claim.kind for claim in told}
    for level in LEVELS:
        for hint in level.file.hints:
            if hint.note is not None:
                kind = kinds[level.id, hint.note]
                allowed = {"holds": {True}, "holds only when": {True, False}}.get(kind, {False})
                assert hint.holds in allowed, (level.id, hint.title, kind)


def follows(page: str, number: str) -> Outcome:
    """The outcome of what the page says that each setting shows."""
    shows = {key.setting: row.shows for key, row in cells(page).items() if key.number == number}
    mixed = (Sign.SEEN, Sign.NEITHER)
    signs = {setting: mixed if what == MIXED else (Sign(what),) for setting, what in shows.items()}
    return conclude(dict(numbered())[number].when, signs)
