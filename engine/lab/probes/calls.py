"""Watching calls: which functions of the code under test run, with tensors of which shapes."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import CodeType, FrameType

import msgspec
from torch import Tensor, nn

from engine.evidence import Call, Site, Traced

Home = Callable[[str], str | None]
"""From a file's name to its name within the code under test; None for code that is not."""

MOST = 100
"""Calls that are told apart; code that computes with ever other shapes is not followed further."""
MOST_NAMES = 40
_GENERATORS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class Calls:
    """Keeps a record of every way in which a function was called, told apart by the shapes."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._homes: dict[CodeType, str | None] = {}
        self._sites: dict[tuple[CodeType, int], Site | None] = {}
        self._running: list[tuple[FrameType, Site | None, tuple[Traced, ...]]] = []
        self._seen: dict[Call, Counter[Site | None]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take down what is called meanwhile, in this thread."""
        before = sys.getprofile()
        sys.setprofile(self._notice)
        try:
            yield
        finally:
            sys.setprofile(before)

    def taken(self) -> tuple[Call, ...]:
        """Every way seen, in the order in which they first ended."""
        return tuple(
            msgspec.structs.replace(call, times=sites.total(), sites=tuple(filter(None, sites)))
            for call, sites in self._seen.items()
        )

    def _notice(self, frame: FrameType, event: str, value: object) -> None:
        if event not in ("call", "return") or self._file(frame.f_code) is None:
            return
        if event == "call":
            given = _names(frame, _parameters(frame.f_code))
            self._running.append((frame, self._site(frame.f_back), given))
        elif self._running and self._running[-1][0] is frame:
            _, site, given = self._running.pop()
            self._end(frame, site, given, value)

    def _end(
        self, frame: FrameType, site: Site | None, given: tuple[Traced, ...], value: object
    ) -> None:
        code = frame.f_code
        now = _names(frame, frame.f_locals)
        others = tuple(item for item in now if item not in given)
        known = (*others, *_own(frame))[:MOST_NAMES]
        call = Call(self._file(code) or "", code.co_qualname, given, _returned(value), known)
        if call in self._seen or len(self._seen) < MOST:
            self._seen.setdefault(call, Counter())[site] += 1

    def _file(self, code: CodeType) -> str | None:
        """Where the code under test has that function; None for all others, and for what has no
        name or is not gone through in one go."""
        if code not in self._homes:
            passed = code.co_name.startswith("<") or code.co_flags & _GENERATORS
            self._homes[code] = None if passed else self._home(code.co_filename)
        return self._homes[code]

    def _site(self, frame: FrameType | None) -> Site | None:
        """The nearest call in the code under test that led to what is called."""
        while frame is not None and self._file(frame.f_code) is None:
            frame = frame.f_back
        if frame is None:
            return None
        code, key = frame.f_code, (frame.f_code, frame.f_lasti)
        if key not in self._sites:
            what = _called(frame)
            site = Site(self._file(code) or "", code.co_qualname, what)
            self._sites[key] = site if what else None
        return self._sites[key]


def _called(frame: FrameType) -> str:
    """What ``frame`` is calling, as its source has it; empty where nobody can tell."""
    code = frame.f_code
    # Only the end: the start of a call on several lines is told as that of its last attribute.
    _, line, _, column = list(code.co_positions())[frame.f_lasti // 2]
    linecache.checkcache(code.co_filename)
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (node.end_lineno, node.end_col_offset) == (line, column):
            return ast.unparse(node.func)
    return ""


def _parameters(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _names(frame: FrameType, names: Iterable[str]) -> tuple[Traced, ...]:
    held = frame.f_locals
    return _all_traced((name, held.get(name)) for name in names)


def _own(frame: FrameType) -> tuple[Traced, ...]:
    """The tensors of the module that a method belongs to."""
    for name in _parameters(frame.f_code)[:1]:
        module = frame.f_locals.get(name)
        if isinstance(module, nn.Module):
            own = vars(module)
            kept = (own.get(kind, {}) for kind in ("_parameters", "_buffers"))
            own = dict(ChainMap(*(held for held in kept if isinstance(held, dict)), own))
            return _all_traced((f"{name}.{attribute}", held) for attribute, held in own.items())
    return ()


def _returned(value: object) -> tuple[Traced, ...]:
    return _all_traced(("", item) for item in (value if isinstance(value, tuple) else (value,)))


def _all_traced(named: Iterable[tuple[str, object]]) -> tuple[Traced, ...]:
    found = (_traced(name, value) for name, value in named if isinstance(value, Tensor))
    return tuple(islice(found, MOST_NAMES))


def _traced(name: str, tensor: Tensor) -> Traced:
    try:
        kind = str(tensor.dtype).removeprefix("torch.")
        return Traced(name, tuple(int(n) for n in tensor.shape), kind)
    except Exception:  # noqa: BLE001 - a class of the player's own, and the code is to go on
        return Traced(name, (), type(tensor).__name__)
