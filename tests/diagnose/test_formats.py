"""Reports as text, JUnit XML and one HTML page hold what was found, and nothing that runs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from engine.diagnose.junit import junit
from engine.diagnose.lessons import Lesson
from engine.diagnose.page import page
from engine.diagnose.report import Finding, Report, Skipped
from engine.evidence import Curves, Fault, Figure, Heatmap, Measurement, Table
from tui_debugger.commands import findings

NASTY = "<script>alert(1)</script> [/x] $subject \x1b[31m & \x00 \ud800"
FIGURES = (
    Heatmap(NASTY, ((1.0, None), (-2.0, 0.0)), "row", "column"),
    Curves(NASTY, (0.0, 1.0, 2.0), {"a": (1.0, None, 3.0), "b": (2.0, 2.0, 2.0)}, "x", "y"),
    Table(NASTY, ("one", NASTY), (("1", "2"),)),
)
MEASURED = (Measurement("sum of (3,)", "nan", 1.0, 1e-6, "nat"), Measurement(NASTY, 0.25))


def finding(probe: str, component: str, **more: object) -> Finding:
    return Finding(component, probe, f"{probe} {NASTY}", MEASURED, **more)  # type: ignore[arg-type]


REPORT = Report(
    NASTY,
    (
        finding("norm.eps", "rmsnorm", means="Usually eps.", level=Lesson(4, "One & all")),
        finding("rope.norms", "rope", fault=Fault("ValueError: no", "a.py", 3)),
        finding("decoding.prefix", "transformer_lm", because=("rmsnorm", "rope")),
        *(finding("norm.rows", "rmsnorm", figure=figure) for figure in FIGURES),
    ),
    (Skipped("adamw", "optimizer.decay", f"mine.py has no get_adamw_cls. {NASTY}"),),
    ("loss.uniform", "loss.shift"),
    1.5,
)
MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def test_junit_counts_what_passed_failed_broke_and_was_skipped() -> None:
    root = ET.fromstring(junit(REPORT))
    assert root.tag == "testsuites"
    wanted = {"tests": "9", "failures": "5", "errors": "1", "skipped": "1"}
    assert wanted.items() <= root.attrib.items()
    assert [suite.get("name") for suite in root] == [
        "rmsnorm",
        "rope",
        "cross_entropy",
        "adamw",
        "transformer_lm",
    ]
    assert sum(int(suite.get("tests", 0)) for suite in root) == 9


def test_junit_tells_the_finding_its_numbers_and_where_to_look() -> None:
    root = ET.fromstring(junit(REPORT))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failure = next(f for f in root.iter("failure") if f.get("type") == "norm.eps")
    assert failure.text is not None
    assert "sum of (3,): nan, expected 1.0 ± 1e-06 nat" in failure.text
    assert "Usually eps." in failure.text
    assert "level 4 of the game" in failure.text
    assert cases["rope.norms"].find("error") is not None
    (follows,) = cases["decoding.prefix"]
    assert "Probably because of rmsnorm, rope." in (follows.text or "")
    assert cases["loss.uniform"].get("classname") == "cross_entropy"
    assert len(cases["loss.uniform"]) == 0


class Tags(HTMLParser):
    """What a page consists of, and whether every tag that opens is closed."""

    VOID = ("meta", "rect", "path", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID or (tag == "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_and_runs_nothing() -> None:
    text = page(REPORT, MADE)
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "link", "img", "iframe"}
    assert "svg" in names
    for _, attributes in tags.seen:
        assert not {"src", "href", "onload", "onclick"} & set(attributes)
    assert "default-src 'none'" in text
    assert not re.search(r"https?://", text)


def test_the_page_says_what_to_look_at_first_and_what_follows() -> None:
    tags = Tags()
    tags.feed(page(REPORT, MADE))
    assert "Look first at rmsnorm and then at rope" in tags.text
    assert "One & all" in tags.text
    assert "decoding.prefix, probably because of rmsnorm, rope" in tags.text
    assert "mine.py has no get_adamw_cls." in tags.text
    assert tags.text.index("norm.eps") < tags.text.index("rope.norms")


def test_a_silent_page_says_so() -> None:
    text = page(Report("it", (), (), ("loss.uniform",)), MADE)
    assert "Silent: 1 probe found all well." in text


EMPTY = (
    Heatmap("nothing", (), "row", "column"),
    Curves("nothing", (), {}, "x", "y"),
    Table("nothing", (), ()),
)


@pytest.mark.parametrize("empty", EMPTY, ids=lambda figure: type(figure).__name__)
def test_a_figure_of_nothing_is_drawn_too(empty: Figure) -> None:
    text = page(Report("it", (finding("norm.eps", "rmsnorm", figure=empty),)), MADE)
    assert "<figcaption>nothing</figcaption>" in text


def test_the_text_names_causes_consequences_and_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = findings.report(REPORT)
    assert "\x1b[31m [" not in text
    assert "\x00" not in text
    assert text.index("norm.eps") < text.index("rope.norms") < text.index("decoding.prefix")
    assert "probably because of rmsnorm, rope" in " ".join(text.split())
    assert "See level 4, “One & all”." in text
    assert "✗ 6 fire" in text
    assert "Look first at rmsnorm, then at rope." in " ".join(text.split())


def test_a_silent_text_says_so() -> None:
    assert "✓ Silent" in findings.report(Report("it", (), (), ("loss.uniform",)))
