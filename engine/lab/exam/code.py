"""The code under test by the names that its users call it: ``code.RMSNorm``, ``code.train``."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

from engine.evidence import Fault
from engine.lab.codebase import HOMES, Codebase, CodeFault
from engine.sandbox.ended import is_memory


class Code:
    """One codebase's public names.

    A module that cannot be imported is tried once; every later use of its names raises the same
    CodeFault, so that a slow import that fails is not paid for by each question.
    """

    def __init__(self, root: Path) -> None:
        self._codebase = Codebase(root)
        self._modules: dict[str, ModuleType | Fault] = {}

    @property
    def root(self) -> Path:
        """The folder that holds the code."""
        return self._codebase.root

    def activate(self) -> None:
        """Make imports inside the code under test find its own modules."""
        self._codebase.activate()

    def load(self) -> None:
        """Import every module, so that no question meets what another's import does to torch.

        Raises only where memory has run out: any other error is kept for whoever asks.
        """
        for module in dict.fromkeys(HOMES.values()):
            try:
                self._module(module)
            except CodeFault as error:
                if is_memory(error):
                    raise

    def __getattr__(self, name: str) -> Any:
        if name not in HOMES:
            raise AttributeError(name)
        module = self._module(HOMES[name])
        if hasattr(module, name):
            return getattr(module, name)
        return self._codebase.attribute(HOMES[name], name)  # raises, with the sentence for it

    def _module(self, name: str) -> ModuleType:
        if name not in self._modules:
            try:
                self._modules[name] = self._codebase.module(name)
            except CodeFault as error:
                self._modules[name] = error.fault
                raise  # with its cause, the first time
        found = self._modules[name]
        if isinstance(found, Fault):
            raise CodeFault(found)
        return found

    def replace(self, module: str, name: str, value: object) -> None:
        """Put ``value`` in the place of a name, for every module that is imported afterwards.

        For the referee's own copies of the clean codebase, in which it tries other forms of AdamW.
        """
        setattr(self._codebase.module(module), name, value)
