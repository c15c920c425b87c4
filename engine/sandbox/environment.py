"""How the server process is called, and in what environment, from whatever folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

SCRATCH = "TUI_DEBUGGER_SANDBOX"
"""Names the server's scratch folder, and marks every process that descends from it."""
FRESH = "--fresh"
"""Has the server start new interpreters where it could fork."""

_FOLDERS = (
    *("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
    *("TORCH_HOME", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "MPLCONFIGDIR"),
)
_HOME = Path(__file__).resolve().parents[2]


def command(python: str) -> Sequence[str]:
    """The command line. -P: nothing is imported from the current folder."""
    return (python, "-P", "-m", "engine.sandbox")


def environment(scratch: Path) -> dict[str, str]:
    """The caller's environment, with the engine importable and every library on one thread.

    Threads would be lost in a fork, and their number would tell in the last digits of a sum.
    """
    # An empty entry, or a relative one, would mean the current folder.
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = [str(_HOME), *(entry for entry in others if Path(entry).is_absolute())]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        SCRATCH: str(scratch),
    }


def settle_in(scratch: Path) -> dict[str, str]:
    """What has a child, and all that it starts, keep caches and temporary files in ``scratch``."""
    return dict.fromkeys(_FOLDERS, str(scratch))
