"""The only way to prove that an import is deferred is a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "numpy", "safetensors", "einops", "textual", "rich", "click"}
# Only these run beside torch.
BESIDE_TORCH = ("engine/lab/", "engine/sandbox/")
CLIENT = ("client", "link", "messages", "runner")

LOOK = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded_by(*modules: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *modules], capture_output=True, cwd=ROOT, text=True, check=True
    )
    return set(done.stdout.split())


def engine_modules() -> list[str]:
    files = (path.relative_to(ROOT) for path in (ROOT / "engine").rglob("*.py"))
    light = [file for file in files if not file.as_posix().startswith(BESIDE_TORCH)]
    return sorted(".".join(file.with_suffix("").parts) for file in light if file.stem[0] != "_")


def test_the_engine_beside_the_lab_loads_no_torch_and_no_screen() -> None:
    modules = [*engine_modules(), *(f"engine.sandbox.{name}" for name in CLIENT)]
    assert "engine.game" in modules
    assert loaded_by(*modules) & HEAVY == set()
