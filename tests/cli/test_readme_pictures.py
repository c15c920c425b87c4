"""The README's pictures are taken from the game, all of them."""

from __future__ import annotations

import asyncio
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_game_still_sits_for_them(tmp_path: Path) -> None:
    made = runpy.run_path(str(ROOT / "docs/pictures.py"))
    asyncio.run(made["take"](tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {*made["PICTURES"]}
    assert "Not solved yet" in (tmp_path / "result.svg").read_text("utf-8").replace("&#160;", " ")


def test_every_picture_of_the_readme_is_there_and_made_from_the_game() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(docs/([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
    made = runpy.run_path(str(ROOT / "docs/pictures.py"))["PICTURES"]
    assert sorted(shown) == sorted(made)
    for name in shown:
        picture = (ROOT / "docs" / name).read_text("utf-8")
        assert picture.startswith("<svg")
        assert "tui-debugger" in picture
