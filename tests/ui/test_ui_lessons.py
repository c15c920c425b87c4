"""What a solved level leaves one with: what to remember, who sees it, where it bit others."""

from __future__ import annotations

import json
from pathlib import Path

from tests.ui.driving import STRANGE, WIDE, MakeApp, in_code, mend, seen, until_seen
from tui_debugger.app import DebuggerApp

GUIDE = """
format = 1
[[tips]]
title = "Look"
text = "Look again."
probes = ["loss.sign"]
[[learnt]]
level = "sharp"
text = "Vary the width."
"""
FIELD = f"""
format = 1
[[notes]]
level = "sharp"
text = '''Somebody divided twice. {STRANGE[:11]}'''
source = "https://example.org/issues/9"
[[notes]]
level = "green"
text = "Something else."
source = "https://example.org/issues/10"
"""
ROW = {"fires": ["attention.row_sums"], "sometimes": ["loss.sign"]}


async def test_it_says_what_to_remember_which_probes_see_it_and_where_it_bit_others(
    on_level: DebuggerApp, content: Path
) -> None:
    pack = content / "answer_key"
    (pack / "guide.toml").write_text(GUIDE, "utf-8")
    (pack / "field.toml").write_text(FIELD, "utf-8")
    matrix = {"format": 1, "probes": 4, "levels": {"sharp": ROW}}
    (pack / "matrix.json").write_text(json.dumps(matrix), "utf-8")
    async with on_level.run_test(size=(140, 60)) as pilot:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(
            pilot,
            "What it taught",
            "Vary the width.",
            "Seen by 1 of 4 probes",
            "attention.row_sums; on some seeds also loss.sign",
            "Where it bit others",
            "Somebody divided twice. [/x] a[b=c]",
            "https://example.org/issues/9",
            "n 2 The dashboard is green",
        )
        assert "Something else." not in seen(on_level)


async def test_a_lesson_that_the_explanation_holds_is_not_told_twice(
    make_app: MakeApp, content: Path
) -> None:
    (content / "answer_key/guide.toml").write_text(GUIDE, "utf-8")
    file = content / "answer_key/01-a.toml"
    told = "Divide by the root of d_k. What to remember: vary it."
    file.write_text(file.read_text("utf-8").replace("Divide by the root of d_k.", told), "utf-8")
    app = make_app()
    async with app.run_test(size=WIDE) as pilot:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "What to remember: vary it.", "n 2 The dashboard is green")
        assert "What it taught" not in seen(app)


async def test_a_level_that_is_not_solved_tells_nothing_of_it(
    on_level: DebuggerApp, content: Path
) -> None:
    (content / "answer_key/guide.toml").write_text(GUIDE, "utf-8")
    (content / "answer_key/field.toml").write_text(FIELD, "utf-8")
    async with on_level.run_test(size=WIDE) as pilot:
        await in_code(pilot)
        await pilot.press("number_sign", "f9")
        await until_seen(pilot, "✗ Not solved yet")
        assert "What it taught" not in seen(on_level)
        assert "bit others" not in seen(on_level)


async def test_notes_that_cannot_be_read_keep_nobody_from_the_result(
    on_level: DebuggerApp, content: Path
) -> None:
    (content / "answer_key/field.toml").write_text("[", "utf-8")
    async with on_level.run_test(size=WIDE, notifications=True) as pilot:
        await mend(pilot)
        await pilot.press("f9")
        await until_seen(pilot, "● Solved", "answer_key/field.toml")
