"""What a mutant is: the clean codebase with one statement changed in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import libcst as cst


class Key(NamedTuple):
    """Names a mutant by its text, so that lines may move and other functions change."""

    file: str
    function: str
    """Its qualified name; empty at the top of the file."""
    original: str
    """The statement, or a compound statement's head, on one line."""
    mutated: str
    """The same after the change; empty where the statement is gone."""
    occurrence: int = 1
    """Which of the function's statements of that very text, from 1."""


@dataclass(frozen=True)
class Mutant:
    """One change of one file, not carried out yet."""

    key: Key
    operator: str
    """The kind of change."""
    module: cst.Module
    old: cst.CSTNode
    new: cst.CSTNode

    @property
    def source(self) -> str:
        """The file's whole text with the change."""
        changed = self.module.deep_replace(self.old, self.new)
        assert isinstance(changed, cst.Module)
        return changed.code

    def __str__(self) -> str:
        file, function, original, mutated, _ = self.key
        return f"{file} {function or 'top level'}: {original}  ->  {mutated or 'removed'}"
