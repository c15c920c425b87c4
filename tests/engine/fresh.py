"""What a fresh interpreter loads: the only way to prove that an import is deferred."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAB = frozenset({"torch", "numpy", "safetensors", "einops"})
SCREEN = frozenset({"textual", "rich"})

_LOOK = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages that are there once ``modules`` have been imported."""
    command = [sys.executable, "-c", _LOOK, *modules]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, text=True, check=True)
    return set(done.stdout.split())


def modules_under(folder: str) -> list[str]:
    """Dotted names of every module there, but for those that begin with an underscore."""
    files = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / folder).rglob("*.py"))
    return sorted(".".join(file.parts) for file in files if not file.name.startswith("_"))
