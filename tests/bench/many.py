"""The game on a catalogue of any size: ``python -m tests.bench.many FOLDER`` plays that."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from engine.catalog import Catalog
from engine.game import Game
from tests.sources import write
from tui_debugger import cli


def pack(folder: Path, count: int) -> Path:
    """Write content with so many levels, made of those that there are."""
    content = Catalog().content
    models = sorted(
        file.read_text("utf-8")
        for file in (content / "answer_key").iterdir()
        if re.match(r"\d\d-", file.name) and "[[edits]]" in file.read_text("utf-8")
    )
    write(folder / "codebase", Catalog().codebase)
    (folder / "answer_key").mkdir()
    shutil.copy(str(content / "answer_key" / "pack.toml"), folder / "answer_key")
    for number in range(count):
        text = models[number % len(models)]
        text = re.sub(r'^id = "(.*)"$', rf'id = "\1-{number}"', text, count=1, flags=re.MULTILINE)
        text = re.sub(r'^title = "(.*)"$', rf'title = "{number}: \1"', text, count=1, flags=re.M)
        name = f"{number // 20:02}-{number % 20:02}.toml"
        (folder / "answer_key" / name).write_text(text, "utf-8")
    return folder


def main() -> None:
    """Play it."""
    folder = Path(sys.argv[1])
    cli.main([], lambda: Game(catalog=Catalog(folder)))


if __name__ == "__main__":
    main()
