"""The real game in a real terminal: killed and opened again, stopped and resumed, resized."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.home import Home
from engine.workspace import Workspace

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals", allow_module_level=True)

from tests.pseudo_terminal import GAME, Screen
from tui_debugger.settings import Memory, Place

pytestmark = pytest.mark.timeout(600)
LEVEL = Catalog().levels[0]
FILE = "transformer/attention.py"
ENTER, F1, F3, F10 = "\r", "\x1bOP", "\x1bOR", "\x1b[21~"
DOWN, STOP = "\x1b[B", "\x1a"
PASTE = """\
def reweighted(scores, mask):
    for row in scores:
        if mask is None:
            yield row
        else:
            yield row * mask

"""
SIZES = ((80, 24), (140, 45), (80, 24))
SHELL = ("bash", "--norc", "--noprofile", "-i")


def home(folder: Path) -> Home:
    return Home(folder, folder, folder / "logs")


def on_disk(folder: Path) -> str:
    return Workspace(home(folder).workspace(LEVEL.id), LEVEL.start).read(FILE)


def into_code(terminal: Screen) -> None:
    """Open the first level, with the keyboard in its code."""
    terminal.until_seen("lab ready")
    terminal.send(ENTER)
    terminal.until_seen(LEVEL.title, "esc Code")
    terminal.send(F10)
    terminal.until_seen("1:1   saved", "esc Panel")


def test_text_place_and_evidence_are_there_after_a_kill(tmp_path: Path) -> None:
    with Screen(tmp_path) as terminal:
        into_code(terminal)
        terminal.send(DOWN * 3)
        terminal.until_seen("4:1   saved")
        terminal.send("# typed ")
        terminal.until_seen("# typed ", "4:9   saved", "1 line changed")
        terminal.send(F3)
        terminal.until_seen("⏎ runs it", "esc Code")
        terminal.send(ENTER)
        terminal.until(lambda seen: bool(re.search(r"[✓✗] 1 (quiet|fires)", seen)))
        (verdict,) = re.findall(r"[✓✗] 1 (?:quiet|fires)", terminal.seen)[:1]
        kept = home(tmp_path).settings  # the place is noted now and then
        terminal.until(lambda _: Memory(kept).place(LEVEL.id) == Place(FILE, 3, 8))
        terminal.kill()
    assert "\n# typed " in on_disk(tmp_path)
    with Screen(tmp_path) as terminal:
        terminal.until_seen("# typed ", "4:9   saved", "1 line changed")
        terminal.send(F3)
        terminal.until_seen(verdict)


def test_a_shell_stops_it_and_has_it_go_on(tmp_path: Path) -> None:
    with Screen(tmp_path, SHELL) as terminal:
        terminal.send(f"PS1='at the shell> '; {' '.join(GAME)}\n")
        into_code(terminal)
        terminal.send("# undone")
        terminal.until_seen("# undone", "1:9   saved")
        terminal.send(STOP)  # in the editor it undoes
        terminal.until_seen("1:1   saved")
        terminal.send("# before ")
        terminal.until_seen("# before ", "1:10   saved")
        terminal.send(F10)
        terminal.until_seen("esc Code")
        terminal.send(F1)
        terminal.until_seen("Keys that work now", "Suspend it")
        terminal.send("\x1b")
        terminal.until(lambda seen: "Keys that work now" not in seen and "esc Code" in seen)
        terminal.send(STOP)
        terminal.until_seen("type fg.", "Stopped", "at the shell>")
        terminal.send("echo $((6 * 7)) of the shell\n")
        terminal.until_seen("42 of the shell")
        terminal.send("fg\n")
        terminal.until_seen("# before ", "esc Code")
        terminal.send(F10)
        terminal.until_seen("esc Panel")
        terminal.send("# after ")
        terminal.until_seen("# before # after ", "1:18   saved")
        terminal.send("\x11")  # ctrl+q
        terminal.until_seen("at the shell>")
        terminal.send("echo $((6 * 9)) and out\n")
        terminal.until_seen("54 and out")
    assert on_disk(tmp_path).startswith("# before # after ")


def test_without_a_shell_it_is_not_stopped(tmp_path: Path) -> None:
    with Screen(tmp_path) as terminal:
        terminal.until_seen("lab ready")
        terminal.send(STOP)
        terminal.send(F1)
        terminal.until_seen("Keys that work now")
        assert "Suspend it" not in terminal.seen


def test_the_window_may_change_its_size_at_any_time(tmp_path: Path) -> None:
    with Screen(tmp_path, size=(100, 30)) as terminal:
        into_code(terminal)
        terminal.send("# typed ")
        terminal.until_seen("# typed ", "1:9   saved")
        for column, (columns, lines) in enumerate(SIZES, start=10):
            terminal.resize(columns, lines)
            terminal.send("x")
            place = f"1:{column}   saved"
            terminal.until_seen("# typed x", place, LEVEL.title)
            terminal.until(lambda seen: seen.splitlines()[-1].rstrip().endswith("Help"))
            assert len(terminal.seen.splitlines()) == lines
    assert on_disk(tmp_path).startswith("# typed xxx")


def test_pasted_lines_keep_their_indentation(tmp_path: Path) -> None:
    with Screen(tmp_path) as terminal:
        into_code(terminal)
        terminal.send(f"\x1b[200~{PASTE}\x1b[201~")
        terminal.until_seen("yield row * mask", "8:1   saved")
        terminal.send("if True:\rpass")  # typed, it is indented
        terminal.until_seen("    pass", "9:9   saved")
    assert on_disk(tmp_path).startswith(f'{PASTE}if True:\n    pass"""')
