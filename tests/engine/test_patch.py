"""A diff gives the source back to the letter, or is refused in one sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadDiff
from engine.level import unified_diff
from engine.patch import apply

START = {
    "training/loss.py": "".join(f"line {number}\n" for number in range(1, 31)),
    "training/__init__.py": "",
    "transformer/core.py": "one\ntwo\nthree",
}
PIECES = st.sampled_from(
    [
        "a\n",
        "b\n",
        "line 3\n",
        "\n",
        "\x0c",
        "\u2028",
        "\r",
        "-- \n",
        "+",
        "@@ -1 +1 @@\n",
        "\\ No\n",
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)
LOSS = "--- a/training/loss.py\n+++ b/training/loss.py\n"


@given(before=TEXTS, after=TEXTS, other=TEXTS)
def test_what_was_submitted_comes_back_to_the_letter(before: str, after: str, other: str) -> None:
    start = {"training/loss.py": before, "transformer/core.py": other}
    fixed = {"training/loss.py": after, "transformer/core.py": other}
    assert apply(unified_diff(start, fixed), start) == fixed


@given(start=TEXTS, edits=st.lists(st.tuples(st.integers(0, 29), PIECES), max_size=4))
def test_edits_far_apart_in_a_longer_file_come_back(
    start: str, edits: list[tuple[int, str]]
) -> None:
    lines = START["training/loss.py"].splitlines(keepends=True)
    for at, piece in edits:
        lines[at] = f"{piece}\n"
    fixed = {**START, "training/loss.py": "".join(lines) + start}
    assert apply(unified_diff(START, fixed), START) == fixed


def test_an_empty_diff_changes_nothing() -> None:
    assert apply("", START) == START


def test_a_file_of_the_players_own_in_the_levels_packages_is_taken() -> None:
    fixed = {**START, "training/helpers/more.py": "x = 1\n"}
    assert apply(unified_diff(START, fixed), START) == fixed


def _naming(file: str) -> str:
    return f"--- a/{file}\n+++ b/{file}\n@@ -0,0 +1 @@\n+x\n"


@pytest.mark.parametrize(
    "file",
    [
        "../evil.py",
        "training/../../evil.py",
        "/etc/cron.d/evil.py",
        "training//evil.py",
        "training/.hidden.py",
        "training/evil.pth",
        "training/loss.py/evil.py",
        "elsewhere/evil.py",
        "evil.py",
        "training/evil.py\0.py",
        "training\\evil.py",
        "C:/training/evil.py",
        "training/" + "a/" * 40 + "evil.py",
        "training/" + "a" * 300 + ".py",
        "training/ⅽore.py",
        "",
    ],
)
def test_a_diff_that_reaches_for_other_files_is_refused(file: str) -> None:
    with pytest.raises(BadDiff, match=r"^line \d+ of the diff: "):
        apply(_naming(file), START)


@pytest.mark.parametrize(
    ("diff", "why"),
    [
        ("what?\n", "are expected"),
        ("--- a/training/loss.py\n", "are expected"),
        ("--- a/training/loss.py\n+++ b/training/new.py\n@@ -1 +1 @@\n", "changes its name"),
        (LOSS, "a hunk is expected"),
        (f"{LOSS}@@ -1 +1,2 @@ def f\n line 1\n+x\n", "header is none"),
        (f"{LOSS}@@ -1 +1 @@\n-line 9\n+x\n", "another line"),
        (f"{LOSS}@@ -9 +9 @@\n-line 1\n+x\n", "another line"),
        (f"{LOSS}@@ -2 +1 @@\n-line 2\n+x\n", "another place"),
        (f"{LOSS}@@ -0 +0 @@\n-line 1\n+x\n", "another place"),
        (f"{LOSS}@@ -99,0 +99 @@\n+x\n", "another place"),
        (f"{LOSS}@@ -3 +3 @@\n-line 3\n+x\n@@ -1 +1 @@\n-line 1\n+y\n", "another place"),
        (f"{LOSS}@@ -1,2 +1,2 @@\n line 1\n", "is expected"),
        (f"{LOSS}@@ -1,0 +2 @@\n line 2\n+x\n", "longer than its header"),
        (f"{LOSS}@@ -1 +1 @@\n-line 1\n+x", "is expected"),
        (f"{LOSS}@@ -1 +1 @@\n-line 1\n+x\n\\ Something else\n", "is expected"),
        (f"{LOSS}@@ -1 +1 @@\n-line 1\n+x\n" * 2, "a second time"),
        (f"{LOSS}@@ -9999999999 +1 @@\n+x\n", "header is none"),
        (f"{LOSS}@@ -1 +1 @@\n-line 1\n+{'x' * (1 << 20)}\n", "larger than 1 MiB"),
        ("".join(_naming(f"training/f{n}.py") for n in range(101)), "more than 100 files"),
    ],
)
def test_a_diff_that_does_not_apply_says_at_which_line_and_why(diff: str, why: str) -> None:
    with pytest.raises(BadDiff, match=rf"^line \d+ of the diff: .*{why}"):
        apply(diff, START)


SCRAPS = st.sampled_from(
    [LOSS, "@@ -1 +1 @@\n", "@@ -0,0 +1,9 @@\n", " line 1\n", "+x\n", "-\n", "\\\n"]
)


@given(st.one_of(st.text(), st.lists(SCRAPS).map("".join)))
def test_whatever_comes_is_applied_within_the_level_or_refused(diff: str) -> None:
    said, source = "", START
    try:
        source = apply(diff, START)
    except BadDiff as error:
        said = str(error)
    assert "\n" not in said
    packages = {file.partition("/")[0] for file in source}
    assert packages == {"training", "transformer"}
    assert not any(".." in file for file in source)
