"""Nothing is ever written where somebody's transformer lies, not even a cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import write

ROOT = Path(__file__).parents[2]
FILES = {
    "pyproject.toml": "[project]\nname = 'mine'\n",
    "mine/__init__.py": "",
    "mine/parts.py": "import torch\n\nsilu = torch.nn.functional.silu\n",
    "tests/__init__.py": "",
    "tests/conftest.py": "",
    "tests/adapters.py": "from mine.parts import silu\n\n"
    "def run_silu(in_features):\n    from mine import late\n    return silu(in_features)\n\n"
    "def run_softmax(in_features, dim):\n    return in_features\n",
    "mine/late.py": "",
    "tests/test_theirs.py": "from tui_debugger.testing import assert_silent\n\n"
    "def test_my_transformer():\n    assert_silent('.', 'feed_forward.silu')\n",
}
WRITES = """
from pathlib import Path

for wanted in (Path(__file__).with_name("stray.txt"), Path("stray.txt")):
    try:
        wanted.write_text("x")
    except OSError as error:
        print("kept out:", wanted.is_absolute(), type(error).__name__)

"""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """Where nothing can be written, by anybody but root."""
    root = write(tmp_path / "assignment1", FILES)
    shutil.copytree(ROOT / "examples" / "torch_encoder", root, dirs_exist_ok=True)
    lock(root, 0o555)
    yield root
    lock(root, 0o755)


def lock(root: Path, mode: int) -> None:
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(mode)


def state(root: Path) -> dict[str, object]:
    """Every file and folder with its text and the time it was last changed."""
    return {
        str(path.relative_to(root)): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in (root, *root.rglob("*"))
    }


def ran(root: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """In the repository's own folder, as a person would."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env={**os.environ, "TUI_DEBUGGER_HOME": str(root.parent / "home"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("path", [".", "tests/adapters.py", "tui_debugger_model.py"])
def test_a_diagnosis_leaves_no_trace(path: str, repository: Path) -> None:
    before = state(repository)
    probes = ("feed_forward.silu", "layers.softmax", "shapes.trace")
    done = ran(repository, "-m", "tui_debugger", "diagnose", path, *probes)
    assert done.returncode == (0 if path.startswith("tui") else 1), done.stderr
    assert "quiet" in done.stdout
    assert state(repository) == before


def test_the_assertion_of_a_test_leaves_none_of_its_own(repository: Path) -> None:
    before = state(repository)
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}  # pytest's own, not ours
    pytest_ = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:syrupy", "tests")
    done = ran(repository, *pytest_, **quiet)
    assert "1 passed" in done.stdout, done.stdout
    assert state(repository) == before


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel keeps nobody out elsewhere")
def test_code_that_would_write_beside_itself_cannot(repository: Path) -> None:
    lock(repository, 0o755)
    adapters = repository / "tests" / "adapters.py"
    adapters.write_text(WRITES + FILES["tests/adapters.py"], "utf-8")
    before = state(repository)
    done = ran(repository, "-m", "tui_debugger", "diagnose", ".", "feed_forward.silu")
    assert "kept out: True PermissionError" in done.stderr
    assert "kept out: False" not in done.stderr, "the folder that it is in is its own"
    assert done.returncode == 0
    assert state(repository) == before
