"""A player in a process of its own, on the real ledger, workspace and documents, to be killed.

Says on standard output that it has loaded, and then the number of each entry once it is recorded.
``python -m tests.robustness.game HOME NUMBER``
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from engine.home import Home
from engine.ledger import HintTaken, Ledger
from engine.workspace import Workspace
from tui_debugger.documents import Documents

START = {"transformer/core.py": "a = 1\n", "training/loss.py": "b = 2\n"}
LEVEL = "level"


def home(folder: Path) -> Home:
    return Home(folder, folder, folder / "logs")


def main() -> None:
    print("loaded", flush=True)
    here, player = home(Path(sys.argv[1])), int(sys.argv[2])
    ledger = Ledger(here.ledger)
    workspace = Workspace(here.workspace(f"{LEVEL}-{player}"), START)
    workspace.mend()
    documents = Documents(workspace)
    file = "transformer/core.py"
    documents.open(file)
    for number in count():
        ledger.append(LEVEL, HintTaken(number, player + 1))
        documents.edit(file, f"a = {number}\n" * (number % 50 + 1))
        documents.save(file)
        print(number, flush=True)


if __name__ == "__main__":
    main()
