"""``probe`` and ``submit``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

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
from engine.sandbox.messages import (
    Ended,
    Event,
    Found,
    Judge,
    Judged,
    Outcome,
    Printed,
    ProbeStarted,
    Progress,
    Task,
)
from engine.verdict import Check, Verdict
from tests.cli.conftest import Terminal
from tests.engine.doubles import DONE, Double, honest

FAULT = Fault("ValueError: expected 4 dimensions", "transformer/core.py", 7)


def yielding(*events: Event) -> Double:
    return Double(lambda task, source: events)


def firing(figure: Figure | None = None, *measurements: Measurement) -> Double:
    found = Evidence(
        "attention.scale", "attention", Status.FIRES, "It is off.", measurements, figure
    )
    return yielding(Found(found))


def test_evidence_is_grouped_by_area_and_counted(play: Terminal) -> None:
    probed = play("probe", "1")
    assert probed.code == 1
    assert probed.out == (
        "attention\n"
        "  ✗ attention.scale  It is off.\n"
        "  ✓ attention.row_sums  It is as it should be.\n"
        "\n"
        "loss\n"
        "  ✓ loss.sign  It is as it should be.\n"
        "\n"
        "1 fires, 2 quiet.\n"
    )
    assert probed.err == ""


def test_probing_ends_with_0_when_all_is_quiet(play: Terminal) -> None:
    play.mend(1)
    assert play("probe", "1").out.endswith("0 fire, 3 quiet.\n")
    assert play("probe", "1", "--json").code == 0


def test_named_probes_alone_are_run_wherever_the_options_stand(
    play: Terminal, tmp_path: Path
) -> None:
    folder = str(tmp_path / "mine")
    play("start", "1", "--dir", folder)
    for arguments in (
        ("1", "loss.sign", "--dir", folder, "--json"),
        ("--json", "1", "--dir", folder, "loss.sign"),
        ("--dir", folder, "--json", "1", "loss.sign"),
    ):
        probed = play("probe", *arguments)
        assert (probed.code, [p["name"] for p in probed.json["probes"]]) == (0, ["loss.sign"])
    assert not play.workspace(1).exists


def test_probes_as_json_carry_every_number(play: Terminal) -> None:
    figure = Heatmap("Weights", ((0.5, None), (0.25, 0.75)), "query", "key")
    play.sandbox = firing(figure, Measurement("sum", "nan", 1.0, 1e-6, "nat"))
    probed = play("probe", "1", "attention.scale", "--json")
    assert probed.code == 1
    assert probed.err == ""
    assert probed.json == {
        "probes": [
            {
                "name": "attention.scale",
                "area": "attention",
                "status": "fires",
                "finding": "It is off.",
                "measurements": [
                    {
                        "what": "sum",
                        "observed": "nan",
                        "expected": 1.0,
                        "tolerance": 1e-6,
                        "unit": "nat",
                    }
                ],
                "figure": {
                    "type": "heatmap",
                    "title": "Weights",
                    "values": [[0.5, None], [0.25, 0.75]],
                    "rows": "query",
                    "columns": "key",
                },
                "fault": None,
                "seconds": 0.0,
            }
        ],
        "ended": {"outcome": "done", "sentence": ""},
    }


@pytest.mark.parametrize(
    ("figure", "drawn"),
    [
        (
            Table("Shapes", ("module", "shape"), (("ln1", "(2, 8)"), ("attn", "(2, 8)"))),
            ["Shapes", "module  shape", "ln1     (2, 8)", "attn    (2, 8)"],
        ),
        (
            Heatmap("Weights", ((0.5, None, 1), (0.25, 0.75, 0)), "query", "key"),
            ["Weights", "  2 × 3 (query by key): 0 to 1, 1 not finite"],
        ),
        (
            Curves("Loss", (0, 1, 2), {"observed": (3.5, 1.25, None)}, "step", "nats"),
            ["Loss", "  observed: 1.25 to 3.5, 1 not finite, the last not finite"],
        ),
    ],
)
def test_a_figure_is_told_in_text(play: Terminal, figure: Figure, drawn: list[str]) -> None:
    play.sandbox = firing(figure)
    lines = play("probe", "1", "attention.scale").out.splitlines()
    assert lines[2 : 2 + len(drawn)] == [f"      {line}" for line in drawn]


def test_numbers_of_a_probe_that_fires_are_told_apart(play: Terminal) -> None:
    many = [Measurement(f"row {i}", 1.0, None) for i in range(8)]
    play.sandbox = firing(
        None,
        Measurement("sum", 1.0000012, 1.0, 1e-6),
        Measurement("size", "inf", 2.0, 0.5, "nat"),
        *many,
    )
    told = play("probe", "1", "attention.scale").out
    assert "      sum: 1.000001, expected 1 ± 1e-06\n" in told
    assert "      size: inf nat, expected 2 ± 0.5 nat\n" in told
    assert "      row 3: 1\n      and 4 more (--json has them all)\n" in told


def test_a_probe_that_the_code_stops_names_the_place(play: Terminal) -> None:
    play.sandbox = yielding(
        Found(Evidence("loss.sign", "loss", Status.FAILED, "The code raised.", fault=FAULT))
    )
    probed = play("probe", "1", "loss.sign")
    assert probed.code == 1
    assert "  ! loss.sign  The code raised.\n" in probed.out
    assert "      transformer/core.py:7: ValueError: expected 4 dimensions\n" in probed.out
    assert "1 failed" in probed.out


def test_a_hang_is_told_with_what_came_before_and_what_did_not_run(play: Terminal) -> None:
    play.sandbox = yielding(
        ProbeStarted("attention.scale", 0, 3),
        Found(Evidence("attention.scale", "attention", Status.QUIET, "Fine.")),
        ProbeStarted("attention.row_sums", 1, 3),
        Ended(Outcome.TIMEOUT, "Still running after 60 s.", FAULT),
    )
    probed = play("probe", "1")
    assert probed.code == 1
    assert probed.out.count("Still running after 60 s.") == 1
    assert "  ! attention.row_sums  Still running" in probed.out
    assert "transformer/core.py:7" in probed.out
    assert probed.out.endswith("0 fire, 1 failed, 1 skipped, 1 quiet.\n")
    asked = play("probe", "1", "--json")
    assert [p["status"] for p in asked.json["probes"]] == ["quiet", "failed", "skipped"]
    assert asked.json["ended"] == {"outcome": "timeout", "sentence": "Still running after 60 s."}


def test_a_run_that_ends_before_any_probe_says_why(play: Terminal) -> None:
    play.sandbox = yielding(Ended(Outcome.MEMORY, "It took more than 2 GiB."))
    probed = play("probe", "1")
    assert probed.code == 1
    assert "It took more than 2 GiB.\n" in probed.out
    assert "3 skipped" in probed.out


def test_a_wrong_submission_shows_what_fails(play: Terminal) -> None:
    judged = play("submit", "1")
    assert judged.code == 1
    assert judged.out == (
        "attention\n"
        "  ✗ attention.values  attention.values was asked\n"
        "\n"
        "✗ Not solved: 1 check failed, 2 passed.\n"
        "\n"
        "Next: tui-debugger probe 1\n"
    )


def test_a_right_submission_pays_explains_and_leads_on(play: Terminal) -> None:
    play("hint", "1", "--take")
    play.mend(1)
    judged = play("submit", "1")
    assert judged.code == 0
    assert judged.out == (
        "✓ Solved: 3 checks passed.\n"
        "+90 points: 90 of 100.\n"
        "\n"
        "Multiplied, not divided\n"
        "  Scores grow with d_k.\n"
        "\n"
        "90 points in all. Next: tui-debugger start 2 (Upside down)\n"
    )
    assert "It has paid its 90 points before." in play("submit", "1").out


def test_a_level_whose_answer_was_taken_pays_nothing(play: Terminal) -> None:
    for _ in range(4):
        play("hint", "1", "--take")
    play.mend(1)
    judged = play("submit", "1")
    assert judged.code == 0
    assert "No points, since the answer was taken first." in judged.out


def test_the_last_level_solved_ends_the_game(play: Terminal) -> None:
    for number in (3, 2, 1):
        play.mend(number)
        judged = play("submit", str(number))
    assert judged.out.endswith("350 points in all, and every level is solved.\n")


def test_a_level_with_several_bugs_tells_which_are_mended(play: Terminal) -> None:
    workspace = play.workspace(3)
    workspace.ensure()
    workspace.write("training/loss.py", play.level(3).clean["training/loss.py"])
    judged = play("submit", "3")
    assert judged.code == 1
    assert "Mended: The sign of the loss\n1 of 2 bugs mended so far.\n" in judged.out
    assert "+100 points: 100 of 200." in judged.out
    assert "Multiplied" not in judged.out
    asked = play("submit", "3", "--json").json
    assert (asked["solved"], asked["award"], asked["gained"]) == (False, 100, 0)
    assert (asked["mended"], asked["newly_mended"]) == (["upside-down"], [])


def test_a_submission_as_json(play: Terminal) -> None:
    refused = play("submit", "1", "--json")
    assert refused.code == 1
    assert refused.json == {
        "solved": False,
        "award": 0,
        "gained": 0,
        "mended": [],
        "newly_mended": [],
        "reason": "",
        "fault": None,
        "checks": [
            {
                "name": name,
                "component": name.partition(".")[0],
                "passed": passed,
                "message": f"{name} was asked",
                "fault": None,
            }
            for name, passed in [
                ("attention.values", False),
                ("loss.values", True),
                ("loss.gradient", True),
            ]
        ],
    }
    play.mend(1)
    solved = play("submit", "1", "--json")
    assert solved.code == 0
    assert (solved.json["solved"], solved.json["gained"]) == (True, 100)
    assert solved.json["mended"] == solved.json["newly_mended"] == ["steep-hill"]


def test_a_submission_that_crashes_is_not_solved_and_says_why(play: Terminal) -> None:
    play.sandbox = yielding(Ended(Outcome.CRASHED, "It ended on signal 11.", FAULT))
    judged = play("submit", "1")
    assert judged.code == 1
    assert "✗ Not solved: It ended on signal 11. transformer/core.py:7: ValueError" in judged.out
    asked = play("submit", "1", "--json").json
    assert asked["solved"] is False
    assert asked["reason"].startswith("It ended on signal 11.")
    assert asked["fault"] == {
        "sentence": "ValueError: expected 4 dimensions",
        "file": "transformer/core.py",
        "line": 7,
    }


def test_code_that_cannot_be_loaded_is_told_once_for_all_checks_it_stops(play: Terminal) -> None:
    checks = (
        Check("norm.values", "RMSNorm", False, f"It could not be answered: {FAULT}", FAULT),
        Check("norm.gain", "RMSNorm", False, f"It could not be answered: {FAULT}", FAULT),
        Check("loss.values", "Loss", True, "The loss."),
    )

    def stopped(task: Task, source: dict[str, str]) -> Iterable[Event]:
        return [Judged(Verdict(False, checks))] if isinstance(task, Judge) else [DONE]

    play.sandbox = Double(stopped)
    judged = play("submit", "1").out
    assert judged.count("ValueError") == 1
    assert "It stops norm.values, norm.gain." in judged
    assert "2 checks failed, 1 passed" in judged
    assert play("submit", "1", "--json").json["reason"] == str(FAULT)


NASTY = "\x1b[2J\x1b]0;title\x07bell\x07 \x9b31m back\rover \x00nul [/x] a[b=c]"
RAW = "".join(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))


def test_no_control_character_of_the_code_reaches_the_terminal(play: Terminal) -> None:
    fault = Fault(NASTY, "transformer/core.py", 1)
    table = Table(NASTY, (NASTY,), ((NASTY,),))

    def hostile(task: Task, source: dict[str, str]) -> Iterable[Event]:
        yield Printed("stdout", NASTY)
        yield Printed("stderr", f"{NASTY}\n")
        if isinstance(task, Judge):
            check = Check("a.b", NASTY, False, NASTY, fault)
            yield Judged(Verdict(False, (check, Check("c.d", NASTY, False, NASTY))))
            return
        measured = (Measurement(NASTY, 1.0, 2.0),)
        yield Found(Evidence("attention.scale", "attention", Status.FIRES, NASTY, measured, table))
        yield Found(Evidence("loss.sign", "loss", Status.FAILED, NASTY, fault=fault))

    play.sandbox = Double(hostile)
    for command in ("probe", "submit"):
        for form in ((), ("--json",)):
            played = play(command, "1", *form)
            assert not set(played.out + played.err) & set(RAW)
    assert "[/x] a[b=c]" in play("probe", "1").out


def test_what_the_code_prints_is_passed_on_beside_the_result(play: Terminal) -> None:
    play.sandbox = yielding(
        Printed("stdout", "hel"),
        Printed("stderr", "careful\n"),
        Printed("stdout", "lo\nunfinished"),
    )
    for form in ((), ("--json",)):
        probed = play("probe", "1", *form)
        assert probed.err == "  | careful\n  | hello\n  | unfinished\n"
        assert "hello" not in probed.out


def test_progress_is_shown_on_a_terminal_and_wiped(
    play: Terminal, at_a_terminal: Callable[[], None]
) -> None:
    def slowly(task: Task, source: dict[str, str]) -> Iterable[Event]:
        yield Progress("training.overfit", 30, 200, 2.3456789)
        yield from honest(task, source)

    play.sandbox = Double(slowly)
    at_a_terminal()
    shown = play("probe", "1").err
    wiped = "\r\x1b[K"
    assert shown.startswith(f"{wiped}Loading torch…{wiped}[30/200] training.overfit: 2.346{wiped}")
    assert f"{wiped}[1/3] attention.scale{wiped}" in shown
    assert shown.endswith(wiped)


def test_colour_is_for_terminals_that_want_it(
    play: Terminal, at_a_terminal: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = play("probe", "1").out
    assert "\x1b" not in plain
    at_a_terminal()
    coloured = play("probe", "1").out
    assert "\x1b[31m\x1b[1m✗\x1b[0m attention.scale" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert play("probe", "1").out == plain


def test_lines_fit_in_80_columns(play: Terminal) -> None:
    play.sandbox = firing(
        Table("T", ("what", "shape"), (("word " * 30, "(2, 8)"),)),
        Measurement("a long name of something measured " * 4, 1.0, 2.0, 0.1),
    )
    lines = play("probe", "1").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("(2, 8)" in line for line in lines)
