"""Loading a copy of the codebase from a folder, module by module, so that one broken file
leaves the others usable."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.evidence import Fault

PACKAGES = ("transformer", "training")
HOMES = {
    "Linear": "transformer.core",
    "Embedding": "transformer.core",
    "RMSNorm": "transformer.core",
    "silu": "transformer.core",
    "SwiGLU": "transformer.core",
    "RotaryPositionalEmbedding": "transformer.core",
    "softmax": "transformer.core",
    "scaled_dot_product_attention": "transformer.attention",
    "CausalMultiHeadAttention": "transformer.attention",
    "TransformerBlock": "transformer.transformer",
    "TransformerLM": "transformer.transformer",
    "next_token_distribution": "transformer.decoding",
    "generate": "transformer.decoding",
    "cross_entropy_loss": "training.loss",
    "AdamW": "training.optimizer",
    "cosine_learning_rate": "training.schedule",
    "clip_gradients": "training.clipping",
    "load_tokens": "training.data",
    "get_batch": "training.data",
    "save_checkpoint": "training.checkpoint",
    "load_checkpoint": "training.checkpoint",
    "TrainingConfig": "training.trainer",
    "train_step": "training.trainer",
    "train": "training.trainer",
}
"""Public name -> the module that defines it."""


class CodeFault(Exception):
    """The code under test raised, or lacks something; ``fault`` says what and where."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Codebase:
    """The modules under ``root``: ``codebase.module("transformer.core")``.

    Several codebases can be loaded in one process: each keeps its own modules, and whichever was
    asked last is the one that ``import transformer`` finds.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._modules: dict[str, ModuleType] = {}

    def module(self, name: str) -> Any:
        """The module of that dotted name. Raises CodeFault when it cannot be imported."""
        self.activate()
        try:
            return importlib.import_module(name)
        except BaseException as error:
            # Importing runs the player's code: SystemExit and KeyboardInterrupt are theirs too.
            raise CodeFault(fault_of(error, self.root)) from error
        finally:
            self._modules = _ours()

    def attribute(self, module: str, name: str) -> Any:
        """``name`` in ``module``. Raises CodeFault when the module does not define it."""
        found = self.module(module)
        try:
            return getattr(found, name)
        except AttributeError as error:
            file = f"{module.replace('.', '/')}.py"
            raise CodeFault(Fault(f"{file} defines no {name}", file)) from error

    def activate(self) -> None:
        """Make ``import transformer`` mean this codebase."""
        if self._active():
            return
        for name in _ours():
            del sys.modules[name]
        sys.modules.update(self._modules)
        root = str(self.root)
        if sys.path[:1] != [root]:
            if root in sys.path:
                sys.path.remove(root)
            sys.path.insert(0, root)
            importlib.invalidate_caches()

    def _active(self) -> bool:
        """Cheap, for it is asked often: whichever codebase came after has dropped our modules."""
        return (
            bool(self._modules)
            and sys.path[:1] == [str(self.root)]
            and all(sys.modules.get(name) is module for name, module in self._modules.items())
        )


def _ours() -> dict[str, ModuleType]:
    return {
        name: module for name, module in sys.modules.items() if name.partition(".")[0] in PACKAGES
    }


def fault_of(error: BaseException, root: Path) -> Fault:
    """What was raised, and the deepest line under ``root`` that it passed through."""
    if isinstance(error, CodeFault):
        return error.fault
    sentence = _sentence(error)
    if isinstance(error, SyntaxError) and error.filename:
        file = relative(error.filename, root)
        if file is not None:
            return Fault(sentence, file, error.lineno)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = relative(frame.filename, root)
        if file is not None:
            return Fault(sentence, file, frame.lineno)
    return Fault(sentence)


def print_error(error: BaseException, root: Path) -> None:
    """Print the traceback as the code under ``root`` would, without the frames that called it."""
    trace = error.__traceback__
    while trace is not None and relative(trace.tb_frame.f_code.co_filename, root) is None:
        trace = trace.tb_next
    if trace is None and fault_of(error, root).file is None:
        trace = error.__traceback__  # it is no doing of that code's
    traceback.print_exception(error.with_traceback(trace))


def _sentence(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{kind}: {error.msg}"
    try:
        said = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - an exception of the player's own may fail to print
        said = ""
    said = said.encode("utf-8", "backslashreplace").decode()  # half a letter cannot be sent
    if len(said) > 300:
        said = said[:299] + "…"
    return f"{kind}: {said}" if said else kind


def relative(filename: str, root: Path) -> str | None:
    """``filename`` as a path within ``root``; None for code that is not theirs."""
    try:
        path = Path(filename).resolve().relative_to(root)
    except (ValueError, OSError):
        return None
    # An environment within the root is no code of theirs.
    return None if "site-packages" in path.parts else path.as_posix()
