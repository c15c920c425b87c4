"""A pack so small that a test can say all of it: two levels, and both bugs at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.catalog import Catalog
from tests.sources import write

CODEBASE = {
    "training/__init__.py": "",
    "training/loss.py": (
        "def loss(log_probs):\n    # over the batch\n    return -sum(log_probs) / len(log_probs)\n"
    ),
    "transformer/__init__.py": "",
    "transformer/core.py": (
        "def scale(x, d_k):\n    return x / d_k**0.5\n\n\n"
        "def double(x):\n    y = x + x\n    return y\n"
    ),
}

SCALE: dict[str, Any] = {
    "format": 1,
    "id": "steep-hill",
    "title": "The steep hill",
    "severity": "critical",
    "category": "numerical",
    "value": 100,
    "brief": "Somebody saw something odd.",
    "edits": [{"file": "transformer/core.py", "find": "x / d_k", "replace": "x * d_k"}],
    "hints": [
        {"title": "Look at the size", "cost": 10, "text": "It grows.", "probe": "attention.scale"},
        {"title": "Look at the loss", "cost": 20, "text": "It does not move.", "holds": False},
    ],
    "answer": {"title": "Multiplied, not divided", "explanation": "Scores grow with d_k."},
    "contract": {"fires": ["attention.scale"], "decides": ["attention.values"]},
}

SIGN: dict[str, Any] = {
    **SCALE,
    "id": "upside-down",
    "title": "Upside down",
    "severity": "high",
    "category": "math",
    "value": 50,
    "edits": [
        {
            "file": "training/loss.py",
            "find": "    # over the batch\n    return -sum(log_probs)",
            "replace": "    # over the batch\n    return sum(log_probs)",
        }
    ],
    "answer": {"title": "The sign of the loss", "explanation": "It is never negative."},
    "contract": {"fires": ["loss.sign"], "decides": ["loss.values", "loss.gradient"]},
}

BOTH: dict[str, Any] = {
    **{key: SCALE[key] for key in ("format", "severity", "brief", "hints", "answer")},
    "id": "both",
    "title": "Everything at once",
    "category": "several",
    "value": 200,
    "parts": ["steep-hill", "upside-down"],
}

LEVELS = {"01-scale.toml": SCALE, "02-sign.toml": SIGN, "03-both.toml": BOTH}


def write_content(
    root: Path,
    levels: Mapping[str, Mapping[str, Any]] = LEVELS,
    codebase: Mapping[str, str] = CODEBASE,
) -> Path:
    """A folder as ``levels`` is: the codebase and one pack."""
    write(root / "codebase", codebase)
    pack = root / "answer_key"
    pack.mkdir()
    about = {"format": 1, "id": "answer-key", "title": "Tiny", "about": "For the tests."}
    (pack / "pack.toml").write_text(toml(about), "utf-8")
    for name, level in levels.items():
        (pack / name).write_text(toml(level), "utf-8")
    return root


def catalog(root: Path, *changed: tuple[str, Mapping[str, Any]]) -> Catalog:
    """The tiny pack, with some of its files replaced or added."""
    return Catalog(write_content(root, {**LEVELS, **dict(changed)}))


def toml(table: Mapping[str, Any]) -> str:
    """``table`` as TOML: inline tables throughout."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {_value(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)
