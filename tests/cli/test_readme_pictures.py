"""The README's pictures are taken from the game, all of them."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_picture_of_the_readme_is_there_and_made_from_the_game() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(docs/([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
    made = runpy.run_path(str(ROOT / "docs/pictures.py"))["PICTURES"]
    assert sorted(shown) == sorted(made)
    for name in shown:
        picture = (ROOT / "docs" / name).read_text("utf-8")
        assert picture.startswith("<svg")
        assert "tui-debugger" in picture
