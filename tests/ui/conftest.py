"""A tiny game: three levels on a codebase of a few lines, and a sandbox that runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.catalog import Catalog
from engine.diagnose.target import find
from engine.game import Game
from engine.home import Home
from engine.level import Level
from tests.sources import write
from tests.ui.double import Lab
from tests.ui.driving import MakeApp
from tui_debugger.app import DebuggerApp
from tui_debugger.bench import BenchApp
from tui_debugger.terminal.facts import Terminal

CODE = {
    "transformer/__init__.py": '"""The model."""\n',
    "transformer/attention.py": '''"""Attention."""

import torch


def attention(Q, K, V, mask=None):
    """Weights over the keys, for each query."""
    d_k = Q.shape[-1]
    scores = Q @ K.transpose(-2, -1) / d_k**0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return torch.softmax(scores, dim=-1) @ V
''',
    "transformer/core.py": '"""Parts."""\n\n\ndef identity(x):\n    return x\n',
    "training/__init__.py": '"""Training."""\n',
    "training/loss.py": '''"""The loss."""


def cross_entropy(log_probs):
    """Mean surprise."""
    return -log_probs.mean()
''',
}
PACK = """
format = 1
id = "tiny"
title = "Tiny"
about = "For the tests."

[categories]
math = "Another equation"
numerical = "Values of the wrong size"
"""
FIRST = '''
format = 1
id = "sharp"
title = "Sharp from the start"
severity = "critical"
category = "numerical"
value = 100
brief = """
Every head looks at one token only,
and nobody has trained it yet.
"""

[[edits]]
file = "transformer/attention.py"
find = "/ d_k**0.5"
replace = "* d_k**0.5"

[[hints]]
title = "What the loss does"
cost = 10
text = "They say that the loss is NaN. It is not."
holds = false

[[hints]]
title = "How sharp the weights are"
cost = 20
text = "Look at the greatest weight of `attention`."
probe = "attention.row_sums"

[answer]
title = "Multiplied by the root"
explanation = "Divide by the root of d_k."

[contract]
fires = ["attention.row_sums"]
decides = ["attention.values"]
'''
SECOND = """
format = 1
id = "green"
title = "The dashboard is green"
severity = "medium"
category = "math"
value = 50
brief = "The loss goes down and down."

[[edits]]
file = "training/loss.py"
find = "return -log_probs"
replace = "return log_probs"

[[hints]]
title = "Its sign"
cost = 60
text = "Is it below zero?"

[answer]
title = "The sign of the loss"
explanation = "A loss is positive."

[contract]
fires = ["loss.sign"]
decides = ["loss.values"]
"""
BOTH = """
format = 1
id = "friday"
title = "The Friday merge"
severity = "critical"
category = "all of them"
value = 200
brief = "Two at once."
parts = ["sharp", "green"]

[[hints]]
title = "Where to begin"
cost = 15
text = "At the loss."

[answer]
title = "Both"
explanation = "One after the other."
"""


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing moves, and nothing of the developer's own is read or written."""
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr("tui_debugger.widgets.code_pane.SAVE_AFTER", 0.01)
    for function in ("begin", "collect"):  # the garbage of all tests until then is not theirs
        monkeypatch.setattr(f"tui_debugger.garbage.{function}", lambda **_: None)
    for variable in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The tiny levels."""
    root = tmp_path / "levels"
    write(root / "codebase", CODE)
    pack = {"pack.toml": PACK, "01-a.toml": FIRST, "02-b.toml": SECOND, "03-c.toml": BOTH}
    (root / "answer_key").mkdir()
    for file, text in pack.items():
        (root / "answer_key" / file).write_text(text, "utf-8")
    return root


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Of somebody who has taken the tour."""
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "logs")
    home.config.mkdir()
    home.settings.write_text('{"format": 1, "toured": true}', "utf-8")
    return home


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def make_game(content: Path, home: Home, lab: Lab) -> Iterator[Callable[[], Game]]:
    """Makes the game anew, as after a restart: same home, same levels."""
    made: list[Game] = []

    def make() -> Game:
        made.append(Game(home, Catalog(content), lab))
        return made[-1]

    yield make
    for game in made:
        game.ledger.close()


@pytest.fixture
def game(make_game: Callable[[], Game]) -> Game:
    return make_game()


@pytest.fixture
def level(game: Game) -> Level:
    """The first one."""
    return game.levels[0]


@pytest.fixture
def make_app(make_game: Callable[[], Game]) -> MakeApp:
    """The game on its first level, in that terminal; made anew as after a restart."""

    def make(terminal: Terminal | None = None) -> DebuggerApp:
        game = make_game()
        game.open(game.levels[0])
        return DebuggerApp(game, game.levels[0], terminal)

    return make


@pytest.fixture
def app(game: Game) -> DebuggerApp:
    """On the list of levels."""
    return DebuggerApp(game)


@pytest.fixture
def on_level(game: Game, level: Level) -> DebuggerApp:
    """On the first level, with the keyboard in its code."""
    game.open(level)
    return DebuggerApp(game, level)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A repository of somebody's own."""
    root = tmp_path / "assignment1"
    (root / "tests").mkdir(parents=True)
    (root / "tests" / "adapters.py").write_text("def run_silu(in_features): ...\n", "utf-8")
    return root


@pytest.fixture
def bench(home: Home, lab: Lab, theirs: Path) -> Iterator[BenchApp]:
    """On that repository, beside the real levels."""
    game = Game(home, Catalog(), lab)
    yield BenchApp(game, find(theirs), lab)
    game.ledger.close()
