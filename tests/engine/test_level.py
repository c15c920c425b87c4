"""A level's edits: where they show, and what undoes them."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import Catalog
from engine.errors import BadLevel
from engine.level import Edit, apply_edits, unified_diff
from tests.engine.content import BOTH, SCALE, SIGN, catalog


def test_the_place_is_the_first_line_that_differs(tiny: Catalog) -> None:
    assert tiny.find("steep-hill").places() == (("transformer/core.py", 2),)
    assert tiny.find("upside-down").places() == (("training/loss.py", 3),)
    assert tiny.find("both").places() == (("transformer/core.py", 2), ("training/loss.py", 3))


def test_an_edit_that_only_removes_has_the_place_of_what_follows(tmp_path: Path) -> None:
    edit = {"file": "transformer/core.py", "find": "    y = x + x\n", "replace": ""}
    level = catalog(tmp_path, ("01-scale.toml", {**SCALE, "edits": [edit]})).find(1)
    assert level.places() == (("transformer/core.py", 6),)
    assert level.start["transformer/core.py"].splitlines()[5] == "    return y"


def test_a_replacement_that_stands_elsewhere_too_is_not_mistaken_for_it(tmp_path: Path) -> None:
    edit = {"file": "transformer/core.py", "find": "return y", "replace": "return x"}
    level = catalog(tmp_path, ("01-scale.toml", {**SCALE, "edits": [edit]})).find(1)
    assert level.places() == (("transformer/core.py", 7),)


def test_a_place_moves_with_the_lines_that_other_edits_add_above(tmp_path: Path) -> None:
    file = "transformer/core.py"
    add = {"file": file, "find": "    return x / d_k", "replace": "    x = x\n    return x / d_k"}
    below = {"file": file, "find": "y = x + x", "replace": "y = x"}
    level = catalog(
        tmp_path,
        ("01-scale.toml", {**SCALE, "edits": [below]}),
        ("02-sign.toml", {**SIGN, "edits": [add]}),
        ("03-both.toml", BOTH),
    ).find("both")
    assert level.places() == ((file, 7), (file, 2))
    lines = level.start[file].splitlines()
    assert (lines[6], lines[1]) == ("    y = x", "    x = x")


def test_the_answer_leads_from_the_start_to_the_clean_code(tiny: Catalog) -> None:
    assert tiny.find("upside-down").answer_diff() == (
        "--- a/training/loss.py\n"
        "+++ b/training/loss.py\n"
        "@@ -1,3 +1,3 @@\n"
        " def loss(log_probs):\n"
        "     # over the batch\n"
        "-    return sum(log_probs) / len(log_probs)\n"
        "+    return -sum(log_probs) / len(log_probs)\n"
    )


LINES = st.lists(st.text(string.ascii_lowercase, max_size=3), max_size=8)


@given(before=LINES, after=LINES)
def test_a_diff_is_empty_when_and_only_when_the_sources_agree(
    before: list[str], after: list[str]
) -> None:
    diff = unified_diff({"a.py": "\n".join(before)}, {"a.py": "\n".join(after)})
    assert (diff == "") == ("\n".join(before) == "\n".join(after))


def test_a_diff_knows_files_of_one_side_only() -> None:
    diff = unified_diff({"gone.py": "x\n"}, {"new.py": "y\n"})
    assert "-x\n" in diff
    assert "+y\n" in diff


@given(
    head=st.text(string.ascii_lowercase + "\n"),
    tail=st.text(string.ascii_lowercase + "\n"),
    replace=st.text(string.ascii_letters + "\n"),
)
def test_an_edit_and_its_reverse_give_the_source_back(head: str, tail: str, replace: str) -> None:
    source = {"a.py": f"{head}<find>{tail}"}
    edited = apply_edits(source, [Edit("a.py", "<find>", f"<{replace}>")])
    assert edited == {"a.py": f"{head}<{replace}>{tail}"}
    assert apply_edits(edited, [Edit("a.py", f"<{replace}>", "<find>")]) == source


def test_edits_are_made_one_after_the_other_on_a_copy() -> None:
    source = {"a.py": "one two"}
    edits = [Edit("a.py", "one", "1"), Edit("a.py", "1 two", "1 2")]
    assert apply_edits(source, edits) == {"a.py": "1 2"}
    assert source == {"a.py": "one two"}
    with pytest.raises(BadLevel, match="holds 'one' 0 times"):
        apply_edits(source, [*edits, edits[0]])
