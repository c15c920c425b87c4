"""Running torch without its compiler, which every optimizer would load and nothing here uses.

``torch.optim`` imports ``torch._dynamo`` at the first use of an optimizer, for two functions that
have nothing to do outside a compiled region: ``graph_break``, whose body is empty, and ``disable``,
which keeps a function from being compiled. The import takes as long as a verdict, and 70 MB.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch

NAME = "torch._dynamo"


class StandIn(ModuleType):
    """The compiler as long as nobody compiles: any other use of it loads the real one."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
        return getattr(importlib.import_module(NAME), name)

    @staticmethod
    def graph_break(msg: str = "") -> None:
        """Nothing is traced that could be broken."""

    @staticmethod
    def disable(fn: Callable[..., Any], *_: object, **__: object) -> Callable[..., Any]:
        """``fn``, which nobody compiles."""
        return fn


def leave_out_the_compiler() -> None:
    """Put the stand-in in its place, unless the compiler is there already."""
    if NAME not in sys.modules:
        sys.modules[NAME] = torch._dynamo = StandIn(NAME)
