"""``diagnose --python`` with an environment of its own, in which the game is not installed."""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.e2e.conftest import Player

ADAPTERS = """\
import sys
import torch

def run_silu(in_features):
    import theirs  # only now, when what may be read has been settled
    return theirs.silu(in_features)

def run_rmsnorm(d_model, eps, weights, in_features):
    return torch.nn.functional.rms_norm(in_features, (d_model,), weights, eps)

print(sys.prefix, [name for name in ("tui_debugger", "levels") if name in sys.modules])
"""
OURS = ("tui_debugger", "_editable", "msgspec", "__pycache__")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """An environment of links, as some installers make them, to the packages of this one.

    It has neither the game nor msgspec. One package has its files linked, and not its folder.
    """
    venv.create(tmp_path / "env", symlinks=True)
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    python = tmp_path / "env" / "bin" / "python"
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    packages = Path(told.stdout.strip())
    torch = find_spec("torch")
    assert torch is not None
    assert torch.origin is not None
    for entry in Path(torch.origin).parents[1].iterdir():
        if not entry.name.startswith(OURS) and entry.suffix != ".pth":
            (packages / entry.name).symlink_to(entry)
    archive = tmp_path / "archive" / "theirs"
    archive.mkdir(parents=True)
    (archive / "__init__.py").write_text("from torch.nn.functional import silu\n", "utf-8")
    (packages / "theirs").mkdir()
    (packages / "theirs" / "__init__.py").symlink_to(archive / "__init__.py")
    return tmp_path / "env"


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges there")
def test_the_probes_run_with_its_packages_and_find_nothing_of_the_game(
    player: Player, theirs: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "adapters.py").write_text(ADAPTERS, "utf-8")
    probes = ("feed_forward.silu", "norm.eps", "norm.low_precision", "rope.norms")
    done = player.run("diagnose", "mine", *probes, "--python", "env/bin/python")
    assert f"| {theirs} []" in done.stderr
    assert "✓ Silent: 3 probes quiet, 1 skipped" in done.stdout, done.stdout
    assert done.returncode == 0
