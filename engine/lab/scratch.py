"""Running the player's own probe: their file, with the live code at hand and its values shown."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.evidence import Figure
from engine.lab.codebase import PACKAGES, Codebase, CodeFault
from engine.lab.probes.context import MEDIUM
from engine.lab.probes.figures import curves, heatmap
from engine.sandbox.messages import Event, Shown
from engine.scratch import FILE

LONGEST = 4000
"""Characters of one value that are shown."""
WIDEST = 64
"""Rows or columns of a matrix that is drawn, and numbers that are printed in full."""

_SHOW = "__show__"


def run(root: Path, seed: int, emit: Callable[[Event], None]) -> None:
    """Run ``scratch.py`` under ``root``; whatever it raises goes on to the caller.

    Each top-level expression that has a value, and each call of ``show``, is emitted as Shown.
    """
    torch.manual_seed(seed)
    torch.set_printoptions(precision=4, linewidth=76)
    path = root / FILE
    source = path.read_text("utf-8")
    tree = ast.parse(source, str(path))
    names = _at_hand(Codebase(root))
    names |= {"__name__": "scratch", "__file__": str(path), "show": _shower(emit)}
    names[_SHOW] = _echo(emit)
    # The player's own code, in the sandbox's child: that is what this room is for.
    exec(compile(_showing(tree, source), str(path), "exec"), names)  # noqa: S102


def _at_hand(codebase: Codebase) -> dict[str, Any]:
    """What the player's file finds defined; a module that cannot be loaded is named instead."""
    names: dict[str, Any] = {"torch": torch, "F": functional, "nn": nn}
    for file in sorted(codebase.root.glob("*/*.py")):
        package = file.parent.name
        if package not in PACKAGES or file.stem == "__init__":
            continue
        try:
            names |= _defined(codebase.module(f"{package}.{file.stem}"))
        except CodeFault as error:
            print(f"{package}/{file.name} is not at hand: {error}", file=sys.stderr)
    c = MEDIUM.config
    text = torch.randint(c.vocab_size, (MEDIUM.batch, c.context_length + 1))
    names |= {"tokens": text[:, :-1], "targets": text[:, 1:]}
    if build := names.get("TransformerLM"):
        try:
            names["model"] = build(
                c.vocab_size,
                c.context_length,
                c.d_model,
                c.num_layers,
                c.num_heads,
                c.d_ff,
                c.rope_theta,
            )
        except Exception as error:  # noqa: BLE001 - the player's code may raise anything
            print(f"model is not at hand: {type(error).__name__}: {error}", file=sys.stderr)
    return names


def _defined(module: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    }


def _showing(tree: ast.Module, source: str) -> ast.Module:
    """The same program, with the value of each top-level expression handed to ``_SHOW``."""
    for statement in tree.body:
        if isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant):
            value = statement.value
            name = " ".join((ast.get_source_segment(source, value) or "").split())
            statement.value = ast.Call(
                ast.Name(_SHOW, ast.Load()),
                [value, ast.Constant(name), ast.Constant(statement.lineno)],
                [],
            )
            ast.copy_location(statement.value, value)
    return ast.fix_missing_locations(tree)


def _echo(emit: Callable[[Event], None]) -> Callable[[object, str, int], None]:
    def echo(value: object, name: str, line: int) -> None:
        if value is not None:
            emit(Shown(name, describe(value), line, _drawn(name, value)))

    return echo


def _shower(emit: Callable[[Event], None]) -> Callable[..., None]:
    def show(value: object, name: str = "") -> None:
        """Show ``value`` under ``name``."""
        line = sys._getframe(1).f_lineno
        emit(Shown(str(name), describe(value), line, _drawn(str(name), value)))

    return show


def describe(value: object) -> str:
    """A value in words: for a tensor its dtype, shape and range before its numbers."""
    said = _tensor(value) if isinstance(value, Tensor) else _repr(value)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def _tensor(value: Tensor) -> str:
    value = value.detach()
    head = f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if value.numel() == 0:
        return f"{head}, empty"
    if value.numel() == 1:
        return f"{head}  {value.item()!r}" if value.ndim else f"{value.item()!r}  {head}"
    if value.is_complex() or value.dtype == torch.bool:
        return f"{head}\n{value}"
    wide = value.double()
    finite = wide[torch.isfinite(wide)]
    if finite.numel():
        low, mean, high = finite.min().item(), finite.mean().item(), finite.max().item()
        head += f"  min {low:.4g}  mean {mean:.4g}  max {high:.4g}"
    if lost := wide.numel() - finite.numel():
        head += f"  {lost} not finite"
    return f"{head}\n{value}" if value.numel() <= WIDEST else head


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a value of the player's own may fail to print
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"


def _drawn(name: str, value: object) -> Figure | None:
    """A matrix as a heatmap, a longer row of numbers as a curve."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return None
    shape = tuple(value.shape)
    if len(shape) == 2 and min(shape) > 1 and max(shape) <= WIDEST:
        return heatmap(name, value.detach(), "row", "column")
    if len(shape) == 1 and 8 < shape[0] <= 4096:
        return curves(name, range(shape[0]), {name: value.detach().tolist()}, "index", name)
    return None
