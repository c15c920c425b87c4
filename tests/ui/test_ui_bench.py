"""The run panel on somebody's own transformer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.evidence import Evidence, Status
from engine.home import Home
from engine.sandbox.messages import Ended, Outcome
from tests.ui.double import CATALOGUE, Lab
from tests.ui.driving import NARROW, STRANGE, WIDE, seen, until, until_seen
from tests.ui.evidence import CURVE, FIRES, ROWS, fault
from tui_debugger.bench import BenchApp
from tui_debugger.screens.bench import BenchScreen
from tui_debugger.widgets.bench_probes import FOLLOWS

NAMES = tuple(info.name for info in CATALOGUE)
CAUSALITY = replace(FIRES, probe="attention.causality")


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[set[Path]]:
    """What the system would tell of saved files."""
    queue: asyncio.Queue[set[Path]] = asyncio.Queue()

    async def written(root: Path, say: Callable[[str], None]) -> AsyncGenerator[set[Path], None]:
        while True:
            yield await queue.get()

    monkeypatch.setattr("tui_debugger.screens.bench.written", written)
    return queue


def screen(bench: BenchApp) -> BenchScreen:
    return next(s for s in bench.screen_stack if isinstance(s, BenchScreen))


def listed(bench: BenchApp) -> list[str]:
    """The rows of the list, headings too."""
    options = screen(bench).probes.probes.options
    return [str(option.prompt).strip() for option in options]


async def test_it_opens_with_a_run_and_puts_first_what_explains_the_rest(
    bench: BenchApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES, CAUSALITY.probe: CAUSALITY, "training.curve": CURVE}
    async with bench.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "✗ 3 fire, ✓ 1 quiet")
        assert lab.ran == [NAMES]
        await until_seen(pilot, "Look first at scaled_dot_product_attention.")
        assert listed(bench) == [
            "1. scaled_dot_product_attention  ✗ 1 of 1",
            "✗ fires    Do a query's attention weights sum to 1?",
            f"{FOLLOWS}  ✗ 2 of 2",
            "✗ fires    Does a token see only its past?",
            "✗ fires    slow  Does it learn?",
            "loss",
            "✓ quiet    Is the loss positive?",
        ]
        assert screen(bench).probes.probes.current == ROWS


async def test_a_finding_says_what_it_usually_means_and_the_level_that_teaches_it(
    bench: BenchApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES, CAUSALITY.probe: CAUSALITY}
    async with bench.run_test(size=WIDE) as pilot:
        await until_seen(
            pilot, "Usually softmax along the queries", "See level 2, “Too good to be true”."
        )
        await pilot.press("n")
        await until_seen(
            pilot,
            "In multihead_self_attention_with_rope, probably because of",
            "Usually the mask",
        )
        await pilot.press("z", "c")
        await until(pilot, lambda: "probably because of" in bench.clipboard)


async def test_one_probe_runs_and_the_rest_stays_as_it_was(bench: BenchApp, lab: Lab) -> None:
    lab.evidence = {ROWS: FIRES}
    async with bench.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "✗ 1 fires, ✓ 3 quiet")
        lab.evidence = {}
        await pilot.press("enter")
        await until_seen(pilot, "✓ 4 quiet")
        assert lab.ran == [NAMES, (ROWS,)]
        assert "Look first" not in seen(bench)
        assert listed(bench)[0] == "attention"


async def test_named_probes_are_the_first_to_run(bench: BenchApp, lab: Lab) -> None:
    bench.names = ("loss.sign",)
    async with bench.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "✓ 1 quiet")
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        assert lab.ran == [("loss.sign",), NAMES]


async def test_a_save_runs_again_what_ran_last(
    bench: BenchApp, lab: Lab, theirs: Path, saves: asyncio.Queue[set[Path]]
) -> None:
    adapters = theirs / "tests" / "adapters.py"
    async with bench.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("down", "enter")
        await until(pilot, lambda: len(lab.ran) == 2)
        await until_seen(pilot, "✓ 4 quiet")
        saves.put_nowait({adapters})
        await until_seen(pilot, "adapters.py saved", "✓ quiet ~", "~ before your last edit")
        assert lab.ran == [NAMES, ("attention.causality",), ("attention.causality",)]
        saves.put_nowait({adapters})
        saves.put_nowait({theirs / "model.py", theirs / "loss.py"})
        await until_seen(pilot, "2 files saved")
        assert len(lab.ran) == 4, "the same text again is no reason"


async def test_a_save_ends_the_run_of_the_text_before(
    bench: BenchApp, lab: Lab, theirs: Path, saves: asyncio.Queue[set[Path]]
) -> None:
    lab.going.clear()
    async with bench.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "0 of 4")
        saves.put_nowait({theirs / "tests" / "adapters.py"})
        await until(pilot, lambda: len(lab.ran) == 2)
        assert lab.cancelled == 1
        lab.going.set()
        await until_seen(pilot, "✓ 4 quiet")
        assert "before your last edit" not in seen(bench)


async def test_where_saves_cannot_be_noticed_the_player_is_told(
    bench: BenchApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def written(root: Path, say: Callable[[str], None]) -> AsyncGenerator[set[Path], None]:
        raise OSError("no watches left")
        yield set()

    monkeypatch.setattr("tui_debugger.screens.bench.written", written)
    async with bench.run_test(size=WIDE, notifications=True) as pilot:
        await until_seen(pilot, "Saves go unnoticed here (no watches left)", "✓ 4 quiet")


async def test_escape_cancels_and_keeps_what_was_found(bench: BenchApp, lab: Lab) -> None:
    async with bench.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "✓ 4 quiet")
        lab.going.clear()
        await pilot.press("f5")
        await until_seen(pilot, "0 of 4", "esc Cancel")
        await pilot.press("escape")
        await until_seen(pilot, "✓ 4 quiet", "Cancelled: 0 of 4 ran.")
        await until(pilot, lambda: lab.cancelled == 1)


async def test_a_probe_that_stops_the_code_is_a_finding_and_the_others_run(
    bench: BenchApp, lab: Lab
) -> None:
    lab.ended = Ended(Outcome.TIMEOUT, "Ended after 120 s: [/x] loops.")
    async with bench.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "! 4 failed", "Ended after 120 s: [/x] loops.")
        assert [len(names) for names in lab.ran] == [4, 3, 2, 1]


async def test_a_lab_that_does_not_start_is_one_sentence_and_can_be_tried_again(
    bench: BenchApp, lab: Lab
) -> None:
    lab.broken = "There is [/x] no torch here."
    async with bench.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "There is [/x] no torch here. ^g tries again.")
        lab.broken = ""
        await pilot.press("ctrl+g")
        await until_seen(pilot, "lab ready", "Do a query's attention weights sum to 1?")
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")


async def test_there_is_no_claim_to_cite_for(bench: BenchApp, lab: Lab) -> None:
    lab.evidence = {ROWS: FIRES}
    async with bench.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✗ 1 fires")
        await until(pilot, lambda: bench.focused is screen(bench).probes.probes)
        assert "e" not in screen(bench).active_bindings
        await pilot.press("f1")
        await until_seen(pilot, "Zoom", "What this is", "Nothing is written where your code lies")
        assert "Cite" not in seen(bench)
        assert "How it is played" not in seen(bench)


async def test_the_field_guide_opens_at_the_probe(bench: BenchApp, lab: Lab) -> None:
    lab.evidence = {ROWS: FIRES}
    async with bench.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✗ 1 fires")
        await until(pilot, lambda: bench.focused is screen(bench).probes.probes)
        await pilot.press("f12")
        await until_seen(pilot, "Field guide", "Carries out", "Feeds the identity as V")
        await pilot.press("escape")
        await until_seen(pilot, "✗ 1 fires")


async def test_the_list_is_filtered_and_the_evidence_takes_all_the_room(
    bench: BenchApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES}
    async with bench.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "✗ 1 fires, ✓ 3 quiet")
        await until(pilot, lambda: bench.focused is screen(bench).probes.probes)
        await pilot.press("slash", *"fires")
        await until(pilot, lambda: "Is the loss positive?" not in seen(bench))
        assert listed(bench)[0] == "1. scaled_dot_product_attention  ✗ 1 of 1"
        await pilot.press("escape", "z")
        await until(pilot, lambda: "1. scaled" not in seen(bench))
        await until_seen(pilot, "The weights of query 3 sum to 2.5.")


async def test_what_is_seen_is_saved_in_the_games_own_folder(
    bench: BenchApp, lab: Lab, home: Home, theirs: Path
) -> None:
    lab.evidence = {ROWS: FIRES}
    before = sorted(theirs.rglob("*"))
    async with bench.run_test(size=WIDE, notifications=True) as pilot:
        await until_seen(pilot, "✗ 1 fires")
        await until(pilot, lambda: bench.focused is screen(bench).probes.probes)
        await pilot.press("z", "s")
        folder = home.data / "saved" / "diagnose"
        await until(pilot, lambda: (folder / f"{ROWS}.svg").exists())
        assert "Usually softmax along the queries" in (folder / f"{ROWS}.txt").read_text("utf-8")
    assert sorted(theirs.rglob("*")) == before


async def test_what_the_code_prints_is_in_the_output(bench: BenchApp, lab: Lab) -> None:
    lab.prints = [f"{STRANGE}\n"]
    async with bench.run_test(size=NARROW) as pilot:
        await until_seen(pilot, "✓ 4 quiet")
        await pilot.press("f8")
        await until_seen(pilot, "The run ended.", "[/x] a[b=c] red �")
        await pilot.press("f3")
        await until_seen(pilot, "✓ 4 quiet")


async def test_a_fault_leads_to_the_players_own_editor(
    bench: BenchApp, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    lab.evidence = {"loss.sign": fault(6)}
    async with bench.run_test(size=WIDE, notifications=True) as pilot:
        await until_seen(pilot, "! 1 failed", "training/loss.py:6")
        await until(pilot, lambda: bench.focused is screen(bench).probes.probes)
        await pilot.press("tab", "enter")
        await until_seen(pilot, "Set EDITOR")
        monkeypatch.setenv("EDITOR", "vi")
        await pilot.press("enter")
        await until_seen(pilot, "Your own editor opens only where this runs in a terminal.")


async def test_a_probe_of_nothing_to_ask_stands_last(bench: BenchApp, lab: Lab) -> None:
    nothing = Evidence(ROWS, "attention", Status.SKIPPED, "adapters.py has no run_softmax.")
    lab.evidence = {ROWS: nothing}
    async with bench.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ 3 quiet, – 1 skipped")
        assert listed(bench)[-2:] == [
            "Nothing to ask",
            "– skipped  Do a query's attention weights sum to 1?",
        ]
