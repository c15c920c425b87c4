"""The run panel: choosing probes, watching evidence arrive, reading it."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.evidence import (
    Curves,
    Evidence,
    Fault,
    Figure,
    Heatmap,
    Measurement,
    Status,
    Table,
)
from engine.game import Game
from engine.level import Level
from engine.sandbox.messages import Ended, Outcome
from tests.ui.double import CATALOGUE, Lab
from tests.ui.driving import (
    NARROW,
    STRANGE,
    WIDE,
    MakeApp,
    editor,
    in_code,
    level_screen,
    mend,
    seen,
    until,
    until_seen,
)
from tests.ui.evidence import FIRES, ROWS, fault
from tui_debugger.app import DebuggerApp
from tui_debugger.widgets.evidence_view import EvidenceView
from tui_debugger.widgets.probe_list import ProbeList

NAMES = tuple(info.name for info in CATALOGUE)


async def test_probes_stand_by_area_with_their_questions(on_level: DebuggerApp) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f3")
        await until_seen(pilot, "attention", "· not run  Do a query's attention weights sum to 1?")
        await until_seen(pilot, "4 probes, 1 of them slow", "⏎ runs it")


async def test_before_the_lab_is_ready_the_panel_says_so(on_level: DebuggerApp, lab: Lab) -> None:
    lab.loaded.clear()
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f3")
        await until_seen(pilot, "The lab is loading torch")
        lab.loaded.set()
        await until_seen(pilot, "Do a query's attention weights sum to 1?")


async def test_a_run_asked_for_while_the_lab_loads_begins_when_it_is_ready(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.loaded.clear()
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "Starting the run")
        lab.loaded.set()
        await until_seen(pilot, "✓ 4 quiet")


async def test_enter_runs_the_highlighted_probe_and_shows_its_evidence(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence[ROWS] = FIRES
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f3", "enter")
        await until_seen(pilot, "✗ fires", "The weights of query 3 sum to 2.5.", "0.21 s")
        await until_seen(
            pilot, "observed 2.5, expected 1 ± 1e-06", "rows: query ↓   columns: key →"
        )
        await until_seen(pilot, "0.25", "n/f", "-0.50", "A sum of n terms is off")
        assert lab.ran == [(ROWS,)]


async def test_evidence_arrives_while_the_run_goes_on(on_level: DebuggerApp, lab: Lab) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        lab.going.clear()
        await pilot.press("f5")
        await until_seen(pilot, "0 of 4", "▸ running", "esc Cancel")
        assert "✓ quiet" not in seen(on_level)
        lab.going.set()
        await until_seen(pilot, "✓ 4 quiet", "✓ quiet")
        assert lab.ran == [NAMES]


async def test_the_code_can_be_read_while_a_run_goes_on(on_level: DebuggerApp, lab: Lab) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        lab.going.clear()
        await pilot.press("f5")
        await until_seen(pilot, "0 of 4")
        assert editor(pilot).has_focus
        await pilot.press("x")
        assert editor(pilot).text.startswith("x")
        lab.going.set()
        await until_seen(pilot, "✓ 4 quiet")


async def test_marked_probes_run_together(on_level: DebuggerApp, lab: Lab) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f3")
        await until_seen(pilot, "not run")
        assert "Run marked" not in seen(on_level)
        await pilot.press("space", "down", "space")
        await until_seen(pilot, "▪· not run", "Run marked")
        await pilot.press("r")
        await until(pilot, lambda: lab.ran == [(NAMES[0], NAMES[2])])


async def test_escape_cancels_the_run_and_keeps_what_it_found(
    on_level: DebuggerApp, lab: Lab
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f3", "enter")
        await until_seen(pilot, "✓ 1 quiet")
        lab.going.clear()
        lab.letting_go.clear()
        await pilot.press("f5")
        await until_seen(pilot, "0 of 4")
        await pilot.press("escape")
        await until_seen(pilot, "✓ 1 quiet", "Cancelled: 0 of 4 ran.")
        await until(pilot, lambda: lab.cancelled == 1)
        lab.letting_go.set()
        assert lab.cancelled == 1
        assert "▸ running" not in seen(on_level)


async def test_a_submission_cancels_the_run_and_keeps_what_it_found(
    on_level: DebuggerApp, lab: Lab
) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await pilot.press("f3", "enter")
        await until_seen(pilot, "✓ 1 quiet")
        lab.going.clear()
        await pilot.press("f5")
        await until_seen(pilot, "0 of 4")
        assert on_level.screen.active_bindings["f9"].enabled
        await pilot.press("f9")
        await until_seen(pilot, "Your code sits the exam")
        await until(pilot, lambda: lab.cancelled == 1)
        lab.going.set()
        await until_seen(pilot, "● Solved")
        await pilot.press("escape", "f3")
        await until_seen(pilot, "✓ 1 quiet", "Cancelled: 0 of 4 ran.")


async def test_a_run_that_is_ended_says_so_and_does_not_forget(
    on_level: DebuggerApp, lab: Lab
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        lab.ended = Ended(
            Outcome.TIMEOUT,
            "Ended after 60 s: [/x] loops.",
            Fault("it was here", "transformer/attention.py", 9),
        )
        await pilot.press("f5")
        await until_seen(pilot, "! 1 failed, ✓ 3 quiet", "Ended after 60 s: [/x] loops.")
        await pilot.press("f8")
        await until_seen(pilot, "transformer/attention.py:9: it was here")
        assert editor(pilot).fault == 8


async def test_what_was_saved_is_what_runs(on_level: DebuggerApp, lab: Lab) -> None:
    async with on_level.run_test(size=NARROW) as pilot:
        await mend(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(lab.sources) == 1)
        assert "/ d_k**0.5" in lab.sources[0]["transformer/attention.py"]


async def test_results_are_stale_after_an_edit_until_it_is_undone(
    on_level: DebuggerApp,
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✓ 4 quiet")
        assert "before your last edit" not in seen(on_level)
        await mend(pilot)
        await until_seen(pilot, "✓ quiet ~", "~ before your last edit")
        await pilot.press("ctrl+z", "ctrl+z")
        await until(pilot, lambda: "before your last edit" not in seen(on_level))


async def test_an_edit_during_a_run_makes_its_results_stale(
    on_level: DebuggerApp, lab: Lab
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        lab.going.clear()
        await pilot.press("f5")
        await until_seen(pilot, "0 of 4")
        await mend(pilot)
        lab.going.set()
        await until_seen(pilot, "✓ 4 quiet", "~ before your last edit")


async def test_a_fault_marks_its_line_and_leads_there(on_level: DebuggerApp, lab: Lab) -> None:
    lab.evidence["loss.sign"] = fault(6)
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "! 1 failed", "✓ 3 quiet")
        await pilot.press("n")
        await until_seen(pilot, "training/loss.py:6  ValueError: not today")
        await pilot.press("tab", "enter")
        await until_seen(pilot, "training/loss.py   6:1", "6✗", "log_probs.mean()")
        await in_code(pilot)
        await pilot.press("space")
        await until(pilot, lambda: editor(pilot).fault is None)


async def test_a_click_on_the_place_of_a_fault_leads_there(on_level: DebuggerApp, lab: Lab) -> None:
    lab.evidence["loss.sign"] = fault(6)
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "! 1 failed")
        level_screen(pilot).probes.show("loss.sign")
        await until_seen(pilot, "training/loss.py:6")
        row, line = next(
            (row, line)
            for row, line in enumerate(seen(on_level).splitlines())
            if "training/loss.py:6" in line
        )
        await pilot.click(offset=(line.index("training/loss.py:6") + 2, row))
        await until_seen(pilot, "training/loss.py   6:1")


async def test_evidence_is_there_after_a_restart(
    make_app: MakeApp, make_game: Callable[[], Game], lab: Lab
) -> None:
    lab.evidence[ROWS] = FIRES
    app = make_app()
    async with app.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✗ 1 fires, ✓ 3 quiet")
    game = make_game()
    again = DebuggerApp(game, game.latest())
    async with again.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f3")
        await until_seen(pilot, "✗ 1 fires, ✓ 3 quiet", "The weights of query 3 sum to 2.5.")


async def test_evidence_can_have_all_the_room_and_be_copied_from_both_panes(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence[ROWS] = FIRES
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✗ 1 fires")
        assert isinstance(on_level.focused, ProbeList)
        await pilot.press("c")
        assert "The weights of query 3 sum to 2.5." in on_level.clipboard
        await pilot.press("C", "z")
        assert "The weights of query 3" not in on_level.clipboard
        await until(pilot, lambda: "Does a token see only its past?" not in seen(on_level))
        assert isinstance(on_level.focused, EvidenceView)
        await pilot.press("c")
        assert "The weights of query 3 sum to 2.5." in on_level.clipboard
        await pilot.press("z")
        await until_seen(pilot, "Does a token see only its past?")


async def test_printed_text_is_shown_as_it_is(on_level: DebuggerApp, lab: Lab) -> None:
    lab.prints = ["tensor([1., 2.])\n", f"{STRANGE}\n"]
    async with on_level.run_test(size=NARROW) as pilot:
        await in_code(pilot)
        await pilot.press("f3", "enter")
        await until_seen(pilot, "✓ 1 quiet")
        await pilot.press("f8")
        await until_seen(pilot, "The run ended.", "tensor([1., 2.])", "[/x] a[b=c] red �")


async def test_strange_evidence_is_shown_as_it_is(on_level: DebuggerApp, lab: Lab) -> None:
    figures: list[Figure] = [
        Heatmap(STRANGE, ((1.0,),), STRANGE, STRANGE),
        Curves(STRANGE, (0.0, 1.0), {STRANGE: (0.0, None), "b": (1.0, 2.0)}, STRANGE, STRANGE),
        Table(STRANGE, (STRANGE, "b"), ((STRANGE, STRANGE),)),
    ]
    for name, figure in zip(NAMES, figures, strict=False):
        lab.evidence[name] = Evidence(
            name,
            name.partition(".")[0],
            Status.FAILED,
            STRANGE,
            (Measurement(STRANGE, "nan", 1.0, 1.0, STRANGE),),
            figure,
            Fault(STRANGE, f"a/{STRANGE}.py", 3),
        )
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "! 3 failed")
        for name in NAMES[:3]:
            level_screen(pilot).probes.show(name)
            await until_seen(pilot, f"{name}\n"[:-1], "[/x] a[b=c] red")
            assert not re.search(r"[\x00-\x09\x0b-\x1f]", seen(on_level))


async def test_an_unreadable_workspace_is_one_sentence(
    on_level: DebuggerApp, game: Game, level: Level
) -> None:
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        (game.workspace(level).root / "training/extra.py").symlink_to("/etc/hostname")
        await pilot.press("f5")
        await until_seen(pilot, "training/extra.py is not a plain file")


async def test_headings_tell_failing_from_firing_and_keys_lead_both_ways(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence |= {ROWS: FIRES, "loss.sign": fault(6)}
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("f5", "f3")
        await until_seen(pilot, "attention  ✗ 1 of 2", "loss  ! 1 of 1")
        probes = level_screen(pilot).probes.probes
        await pilot.press("n")
        await until(pilot, lambda: probes.current == "loss.sign")
        await pilot.press("N")
        await until(pilot, lambda: probes.current == ROWS)
        await pilot.press("N")
        await until(pilot, lambda: probes.current == "loss.sign")


async def test_running_and_submitting_are_in_the_key_bar_however_narrow_it_is(
    on_level: DebuggerApp, lab: Lab
) -> None:
    lab.evidence = {ROWS: FIRES}
    async with on_level.run_test(size=(60, 24)) as pilot:
        await in_code(pilot)
        await pilot.press("f5")
        await until_seen(pilot, "✗ 1 fires", "n Next ✗", "f5 Run all  f9 Submit  f1 Help")
        assert "Files" not in seen(on_level)  # for want of room
