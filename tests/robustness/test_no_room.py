"""A full disk and a read-only home: a sentence that names the folder, and the game goes on.

A tiny tmpfs stands for the full disk and the same one mounted read-only for the other, in a mount
namespace of the process under test (``unshare``), so that nothing of the machine's own is mounted.
Where that is not to be had, the tests in tests/ui/test_ui_saving.py and tests/engine still hold
the same sentences, with a double in place of the disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAYER = """
import errno, os, sys
from pathlib import Path
from engine.errors import GameError
from engine.game import Game
from engine.home import Home
from engine.ledger import Opened
from tests.engine.content import catalog
from tests.engine.doubles import Double
from tui_debugger.documents import Documents

CORE = "transformer/core.py"
disk, scratch = Path(sys.argv[1]), Path(sys.argv[2])
levels = catalog(scratch)

def fill():
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(512))
        except OSError as error:
            assert error.errno == errno.ENOSPC

def refused(what, *arguments):
    try:
        what(*arguments)
    except GameError as error:
        said = str(error)
        assert str(disk) in said and "make" in said and "\\n" not in said, said
    else:
        raise AssertionError(f"{what} found room")

def opened():
    return Game(Home(disk / "home", disk / "home", disk / "logs"), levels, Double())

"""
FULL = """
game = opened()
level = game.levels[0]
workspace = game.open(level)
documents = Documents(workspace)
documents.open(CORE)
before = workspace.read(CORE)
game.take_hint(level)
fill()
documents.edit(CORE, before + "# more\\n" * 10_000)
refused(documents.save, CORE)
assert workspace.read(CORE) == before
assert documents.dirty() == (CORE,)
assert not list(workspace.root.rglob(".*")), "half-written"
recorded = len(game.ledger.entries())
said = ""
while not said:  # what the record has already set apart takes some more
    try:
        game.ledger.append(level.id, Opened())
        recorded += 1
    except GameError as error:
        said = str(error)
assert str(disk) in said and "make room" in said, said
game.open(level)
game.ledger.close()
again = opened()  # on a disk that still is full
assert len(again.ledger.entries()) == recorded
again.open(level)
recorded = len(again.ledger.entries())  # it may be one more: closing gave some room back
(disk / "ballast").unlink()
again.ledger.append(level.id, Opened())
documents.save(CORE)
assert workspace.read(CORE).endswith("# more\\n")
again.ledger.close()
game = opened()
assert game.notices == (), game.notices
assert len(game.ledger.entries()) == recorded + 1
assert game.progress(level).hints == 1
"""
READ_ONLY = """
level = levels.levels[0]
if os.fork() == 0:
    game = opened()
    game.open(level)
    game.take_hint(level)
    if sys.argv[3] == "closed":
        game.ledger.close()
    os._exit(0)  # or what was recorded is still in the write-ahead log
os.wait()
os.system(f"mount -o remount,ro {disk}") == 0 or sys.exit(77)
game = opened()
(said,) = game.notices
assert str(disk) in said and "TUI_DEBUGGER_HOME" in said, said
assert game.progress(level).hints == 1
workspace = game.open(level)
documents = Documents(workspace)
documents.open(CORE)
documents.edit(CORE, "mine")
refused(documents.save, CORE)
refused(game.take_hint, level)
assert documents.dirty() == (CORE,)
os.system(f"mount -o remount,rw {disk}")
documents.save(CORE)
game.take_hint(level)
assert game.progress(level).hints == 2
"""


def unshare() -> list[str]:
    """A command that gives what follows a mount namespace of its own; empty where none can be."""
    if not (sys.platform == "linux" and shutil.which("unshare") and shutil.which("mount")):
        return []
    command = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    done = subprocess.run([*command, "mount", "-t", "tmpfs", "none", "/mnt"], check=False)
    return command if done.returncode == 0 else []


@pytest.mark.parametrize(
    ("story", "how"),
    [(FULL, "full"), (READ_ONLY, "closed"), (READ_ONLY, "crashed")],
    ids=["full", "read-only", "read-only after a crash"],
)
def test_without_room_nothing_is_lost_and_the_game_goes_on(
    tmp_path: Path, story: str, how: str
) -> None:
    command = unshare()
    if not command:
        pytest.skip("no mount namespace to be had here")
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "player.py").write_text(PLAYER + story)
    (tmp_path / "content").mkdir()
    shell = 'mount -t tmpfs -o size=1m none "$1" && shift && exec "$@"'
    player = [
        sys.executable,
        str(tmp_path / "player.py"),
        str(disk),
        str(tmp_path / "content"),
        how,
    ]
    done = subprocess.run(
        [*command, "sh", "-c", shell, "sh", str(disk), *player],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
