"""Finding one's way in Python source: where a name is defined, and where a text stands.

Works on texts as they are being edited; a file that does not parse just then has no definitions.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W\d]\w*")
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Sources = Mapping[str, str]
"""Texts by file, with forward slashes."""


@dataclass(frozen=True)
class Spot:
    """A place in the source."""

    file: str
    line: int
    """From 0."""
    column: int = 0


@dataclass(frozen=True)
class Hit:
    """Where a text was found."""

    spot: Spot
    end: int
    """The column after its last character."""
    line: str


def word_at(text: str, line: int, column: int) -> str:
    """The name at a place; a name that ends there counts too. Empty when there is none."""
    lines = text.splitlines()
    if line >= len(lines):
        return ""
    words = [word for word in _WORD.finditer(lines[line]) if word.start() <= column <= word.end()]
    return words[-1].group() if words else ""


@lru_cache(maxsize=64)
def parsed(text: str) -> ast.Module | None:
    """The source as a tree; None for what does not parse."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def around(tree: ast.Module, line: int) -> Iterator[Scope]:
    """The functions and classes that a line (from 0) lies in, from the outside in."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, Scope) and _first(node) <= line + 1 <= (node.end_lineno or 0)
    ]
    yield from sorted(found, key=_first)


def definition(sources: Sources, at: Spot) -> Spot | None:
    """Where the name at a place is defined: nearest first, from the function around it to the
    other files; None when nobody knows."""
    name = word_at(sources.get(at.file, ""), at.line, at.column)
    if not name:
        return None
    tree = parsed(sources[at.file])
    attribute = _after_dot(sources[at.file], at, name)
    if tree is not None:
        scopes = list(around(tree, at.line))
        if attribute:
            scopes = [scope for scope in scopes if isinstance(scope, ast.ClassDef)]
        for scope in reversed(scopes):
            if (found := _bound_in(scope, name, attribute)) is not None:
                return _spot(sources, at.file, found)
        if not attribute and (found := _bound_in(tree, name, False)) is not None:
            return _followed(sources, tree, name) or _spot(sources, at.file, found)
    others = [file for file in sources if file != at.file]
    for file in [at.file, *others]:
        other = parsed(sources[file])
        for node in ast.walk(other) if other is not None else ():
            if isinstance(node, Scope) and node.name == name:
                return _spot(sources, file, _named(node))
    return None


def search(sources: Sources, words: str) -> Iterator[Hit]:
    """Everywhere that ``words`` stand, file by file; a capital in them makes case count."""
    if not words:
        return
    flags = re.NOFLAG if words != words.lower() else re.IGNORECASE
    wanted = re.compile(re.escape(words), flags)
    for file, text in sources.items():
        for number, line in enumerate(text.splitlines()):
            for found in wanted.finditer(line):
                yield Hit(Spot(file, number, found.start()), found.end(), line)


def _after_dot(text: str, at: Spot, name: str) -> bool:
    line = text.splitlines()[at.line]
    start = max(w.start() for w in _WORD.finditer(line) if w.start() <= at.column)
    return line[:start].rstrip().endswith(".")


def _first(node: Scope) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _bound_in(scope: ast.AST, name: str, attribute: bool) -> tuple[int, int] | None:
    """Line (from 0) and column where a scope first gives ``name`` a meaning; for an attribute, a
    method or ``self.name = …`` of the class."""
    for node in _inside(scope, deep=attribute):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if node.name == name:
                return _named(node)
            case ast.Attribute(attr=attr, ctx=ast.Store()) if attribute and attr == name:
                return node.lineno - 1, (node.end_col_offset or len(name)) - len(name)
            case ast.arg(arg=arg) if not attribute and arg == name:
                return node.lineno - 1, node.col_offset
            case ast.Name(id=id, ctx=ast.Store()) if id == name:
                return node.lineno - 1, node.col_offset
            case ast.alias() if not attribute and (node.asname or node.name) == name:
                return node.lineno - 1, node.col_offset
            case _:
                pass
    return None


def _inside(scope: ast.AST, *, deep: bool) -> Iterator[ast.AST]:
    """What a scope holds, in the order of the source; of other scopes in it, all when ``deep``,
    else their names only."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if deep or not isinstance(node, Scope | _FUNCTIONS):
            yield from _inside(node, deep=deep)


def _followed(sources: Sources, tree: ast.Module, name: str) -> Spot | None:
    """Where an imported name comes from, when that is one of the files."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    folder = node.module.replace(".", "/")
                    for file in (f"{folder}.py", f"{folder}/__init__.py"):
                        other = parsed(sources.get(file, ""))
                        if other and (found := _bound_in(other, alias.name, False)):
                            return _spot(sources, file, found)
    return None


def _spot(sources: Sources, file: str, found: tuple[int, int]) -> Spot:
    """``found`` in characters; ``ast`` counts columns in bytes of UTF-8."""
    line, column = found
    before = sources[file].splitlines()[line].encode()[:column]
    return Spot(file, line, len(before.decode(errors="replace")))


def _named(node: Scope) -> tuple[int, int]:
    before = "class " if isinstance(node, ast.ClassDef) else "def "
    extra = len("async ") if isinstance(node, ast.AsyncFunctionDef) else 0
    return node.lineno - 1, node.col_offset + extra + len(before)
