"""What a function has names for, and which of them may be taken for one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst
import libcst.matchers as m


class Scope:
    """The local names of one function, and the attributes that its class reads."""

    def __init__(self, function: cst.FunctionDef | None, around: cst.CSTNode) -> None:
        """``around`` is the class, or the function itself where there is none."""
        self.locals = tuple(dict.fromkeys(_bound(function))) if function else ()
        self._attributes: dict[str, list[str]] = {}
        self._keys: list[str] = []
        for found in m.findall(around, m.Attribute(value=m.Name())):
            assert isinstance(found, cst.Attribute)
            assert isinstance(found.value, cst.Name)
            names = self._attributes.setdefault(found.value.value, [])
            if found.attr.value not in names and not found.attr.value.startswith("__"):
                names.append(found.attr.value)
        for found in m.findall(around, m.Index(value=m.SimpleString())):
            assert isinstance(found, cst.Index)
            assert isinstance(found.value, cst.SimpleString)
            if found.value.raw_value not in self._keys:
                self._keys.append(found.value.raw_value)

    def other_names(self, name: cst.Name) -> Iterator[str]:
        """The locals bound just before and just after ``name``."""
        yield from _neighbours(name.value, self.locals)

    def other_attributes(self, node: cst.Attribute) -> Iterator[str]:
        """What is read off the same object, of the same class or function."""
        if isinstance(node.value, cst.Name) and node.value.value not in {
            "torch",
            "math",
            "np",
            "nn",
        }:
            yield from _neighbours(node.attr.value, self._attributes.get(node.value.value, ()))

    def other_keys(self, node: cst.SimpleString) -> Iterator[str]:
        """What else is looked up by name."""
        yield from _neighbours(node.raw_value, self._keys)


def _neighbours(name: str, names: Sequence[str]) -> Iterator[str]:
    if name in names:
        place = list(names).index(name)
        yield from names[max(0, place - 1) : place]
        yield from names[place + 1 : place + 2]


def _bound(function: cst.FunctionDef) -> Iterable[str]:
    for parameter in function.params.params:
        if parameter.name.value != "self":
            yield parameter.name.value
    targets = m.findall(function.body, m.AssignTarget() | m.AnnAssign() | m.For())
    for found in targets:
        assert isinstance(found, cst.AssignTarget | cst.AnnAssign | cst.For)
        for name in m.findall(found.target, m.Name()):
            assert isinstance(name, cst.Name)
            if not m.findall(found.target, m.Attribute() | m.Subscript()):
                yield name.value
