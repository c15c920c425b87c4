"""What flows through a place in the source, as a traced forward pass has shown it.

Everything is found by its name and never by its line, so that a trace still fits a source that was
edited since.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from engine.evidence import Call, Traced
from tui_debugger.reading import Scope, Spot, around, parsed

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")

Calls = Sequence[Call]


@dataclass(frozen=True)
class Way:
    """Tensors that were seen together."""

    inputs: tuple[Traced, ...]
    outputs: tuple[Traced, ...] | None = None
    """None where nothing is called; empty when it did not come to its end, or gave no tensor."""


@dataclass(frozen=True)
class Flow:
    """What was seen at a place."""

    what: str
    """The function, call or variable, as the source has it."""
    ways: tuple[Way, ...]
    """Told apart by the shapes, those seen most often first."""


def flow(calls: Calls, text: str, at: Spot) -> Flow | None:
    """What was seen at a place in ``text``: of what is called there, else of the variable, else of
    the function or class that is named, else of the one around. None when nothing was, or when the
    text does not parse."""
    tree, lines = parsed(text), text.splitlines()
    if tree is None or at.line >= len(lines):
        return None
    line = lines[at.line]
    scopes = list(around(tree, at.line))
    function, here = qualified(scopes), [call for call in calls if call.file == at.file]
    for what in _called_at(tree, at.line, len(line[: at.column].encode())):
        if found := _from_site(calls, at.file, {function}, what):
            return found
    names = list(_names(line, at.column))
    for name in names:
        if found := _variable(here, {function}, name) or _own(calls, here, scopes, name):
            return found
    for name in names:
        if found := _function(calls, name):
            return found
    outward = (qualified(scopes[:end]) for end in range(len(scopes), 0, -1))
    return next(filter(None, (_function(here, name) for name in outward)), None)


def qualified(scopes: Sequence[Scope]) -> str:
    """The name that Python gives to the innermost of nested scopes."""
    parts: list[str] = []
    for scope in scopes:
        parts += [scope.name, "" if isinstance(scope, ast.ClassDef) else "<locals>"]
    return ".".join(filter(None, parts[:-1]))


def _called_at(tree: ast.Module, line: int, column: int) -> Iterator[str]:
    """What is called at a place, by one who stands on the name of it; ``column`` is in bytes."""
    here = (line + 1, column)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            end = node.func.end_lineno or 0, node.func.end_col_offset or 0
            if (node.func.lineno, node.func.col_offset) <= here <= end:
                yield ast.unparse(node.func)


def _names(line: str, column: int) -> Iterator[str]:
    """The name at a place with what it belongs to, then that: ``self.weight``, ``self``."""
    for found in _DOTTED.finditer(line):
        if found.start() <= column <= found.end():
            name = found.group()
            dot = name.find(".", column - found.start())
            name = name if dot < 0 else name[:dot]
            while name:
                yield name
                name = name.rpartition(".")[0]


def _variable(here: Calls, functions: Collection[str], name: str) -> Flow | None:
    """A variable as it was when these functions began and ended."""
    seen: Counter[Way] = Counter()
    for call in here:
        if call.function in functions:
            for item in (*call.inputs, *call.known):
                if item.name == name:
                    seen[Way((item,))] += call.times
    return _flow(name, seen)


def _own(calls: Calls, here: Calls, scopes: Sequence[Scope], name: str) -> Flow | None:
    """What belongs to the class around, seen or called by any of its methods."""
    inner = [end for end, scope in enumerate(scopes, 1) if isinstance(scope, ast.ClassDef)]
    if "." not in name or not inner:
        return None
    owner = f"{qualified(scopes[: inner[-1]])}."
    methods = {call.function for call in here if call.function.startswith(owner)}
    return _variable(here, methods, name) or (
        _from_site(calls, here[0].file, methods, name) if here else None
    )


def _from_site(calls: Calls, file: str, functions: Collection[str], what: str) -> Flow | None:
    """What these functions call by that name."""
    return _flow(
        what,
        _ways(
            call
            for call in calls
            if any(
                s.file == file and s.function in functions and s.what == what for s in call.sites
            )
        ),
    )


def _function(calls: Calls, name: str) -> Flow | None:
    """A function by its qualified name; a class by its ``forward``."""
    for what in (name, f"{name}.forward"):
        if found := _flow(what, _ways(call for call in calls if call.function == what)):
            return found
    return None


def _ways(calls: Iterator[Call]) -> Counter[Way]:
    seen: Counter[Way] = Counter()
    for call in calls:
        seen[Way(call.inputs, call.outputs)] += call.times
    return seen


def _flow(what: str, seen: Counter[Way]) -> Flow | None:
    return Flow(what, tuple(way for way, _ in seen.most_common())) if seen else None
