"""The file in which answers travel: written by the process that runs the player's code, read by
the one that judges, which trusts nothing in it.

One safetensors file: a tensor for each case, named ``question/case``, and in the metadata the seed
and, as JSON, the fault of each question that raised.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import safetensors.torch
from torch import Tensor

from engine.evidence import Fault

LARGEST = 16 << 20
"""Bytes. Honest answers take well under one megabyte."""

_MOST_DIMENSIONS = 16
"""No answer has as many; a verdict that is to name millions of them could not be sent."""
_LONGEST_SENTENCE = 300


class Unreadable(Exception):
    """The file holds no answers; ``str(error)`` is one sentence that says why."""


@dataclass
class Sheet:
    """All answers of one submission."""

    seed: int
    tensors: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    """Question -> case -> answer."""
    faults: dict[str, Fault] = field(default_factory=dict)
    """Question -> what it raised."""


def write(sheet: Sheet, out: Path) -> None:
    """Write ``sheet`` to ``out``, which appears whole or not at all."""
    flat = {
        f"{question}/{case}": tensor
        for question, cases in sheet.tensors.items()
        for case, tensor in cases.items()
    }
    metadata = {"seed": str(sheet.seed), "faults": msgspec.json.encode(sheet.faults).decode()}
    temporary = out.with_name(f"{out.name}.part")
    temporary.write_bytes(safetensors.torch.save(flat, metadata))
    temporary.replace(out)


def read(path: Path) -> Sheet:
    """The answers in the file at ``path``. Raises Unreadable."""
    data = _bytes(path)
    try:
        flat = safetensors.torch.load(data)
    except Exception as error:
        raise Unreadable("The file of answers is damaged.") from error
    if any(tensor.ndim > _MOST_DIMENSIONS for tensor in flat.values()):
        raise Unreadable("The file of answers is damaged.")
    metadata = _metadata(data)
    try:
        seed = int(metadata["seed"])
        faults = msgspec.json.decode(metadata["faults"], type=dict[str, Fault])
    except (KeyError, TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise Unreadable("The file of answers does not say what it answers.") from error
    sheet = Sheet(seed, faults={name: _tidy(fault) for name, fault in faults.items()})
    for name, tensor in flat.items():
        question, _, case = name.partition("/")
        sheet.tensors.setdefault(question, {})[case] = tensor
    return sheet


def _bytes(path: Path) -> bytes:
    """The file's content, if it is an ordinary file of a reasonable size."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise Unreadable("The submission gave no answers.") from None
    except OSError as error:
        raise Unreadable("The file of answers cannot be opened.") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unreadable("The answers are not an ordinary file.")
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(data) > LARGEST:
        raise Unreadable(f"The file of answers is larger than {LARGEST >> 20} MB.")
    return data


def _metadata(data: bytes) -> Mapping[str, str]:
    """What safetensors keeps beside the tensors: it has checked the header's length already."""
    length = int.from_bytes(data[:8], "little")
    try:
        found = json.loads(data[8 : 8 + length]).get("__metadata__")
    except (ValueError, AttributeError, RecursionError) as error:
        raise Unreadable("The file of answers is damaged.") from error
    return found if isinstance(found, dict) else {}


def _tidy(fault: Fault) -> Fault:
    """``fault`` fit to be shown: one line each, printable, of reasonable length and place."""
    line = fault.line if fault.line is not None and 0 < fault.line < 1 << 31 else None
    file = None if fault.file is None else printable(fault.file)
    return Fault(printable(fault.sentence), file, line)


def printable(text: str) -> str:
    """``text`` on one line, without control characters, cut where it goes on for ever."""
    short = text[: 4 * _LONGEST_SENTENCE]
    line = " ".join("".join(c if c.isprintable() else " " for c in short).split())
    return line if len(line) <= _LONGEST_SENTENCE else f"{line[: _LONGEST_SENTENCE - 1]}…"
