"""One fix to judge, what came of it, and the file that keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.level import Source


class Job(Struct, frozen=True):
    """Code to be judged, wherever that is done."""

    source: dict[str, str]
    """The whole of it, file by file."""
    seed: int
    """Of the exam's inputs: nobody knew it when the code was written."""
    engine: str
    """The version of judge and content that is asked for."""
    unconfined: bool = False
    """Whether it may run where nothing keeps it from the network and the file system."""


class Ruling(Struct, frozen=True):
    """What the judge says of some code."""

    solved: bool
    passed: tuple[str, ...] = ()
    """Names of the checks."""
    reason: str = ""
    """Why there was no full exam, if there was none."""


def fingerprint(source: Source) -> str:
    """The same for the same code and for no other."""
    return hashlib.sha256(msgspec.json.encode(sorted(source.items()))).hexdigest()


@cache
def engine_version() -> str:
    """The same wherever the same judge, on the same torch, knows the same codebase and levels."""
    digest = hashlib.sha256(metadata.version("torch").encode())
    for package in ("engine", "levels"):
        for name, data in sorted(_files(resources.files(package), package)):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return f"{metadata.version('tui-debugger')}-{digest.hexdigest()[:16]}"


class Rulings:
    """A file of rulings by fingerprint, of one version of the engine; a line each.

    Every ruling is on disk before ``keep`` returns, and a line that was cut short is passed over.
    """

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """``fresh`` leaves out of account what was kept before."""
        self.path = folder / f"{engine_version()}.jsonl"
        self._known = {} if fresh else dict(self._lines())

    @property
    def known(self) -> Mapping[str, Ruling]:
        """By fingerprint."""
        return self._known

    def keep(self, key: str, ruling: Ruling) -> None:
        """Add one. Raises OSError."""
        self._known[key] = ruling
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as stream:
            stream.write(b"\n" * self._cut(stream.tell()) + _encode((key, ruling)) + b"\n")

    def _cut(self, size: int) -> bool:
        """Whether the last line lacks its end."""
        if size == 0:
            return False
        with self.path.open("rb") as stream:
            stream.seek(size - 1)
            return stream.read(1) != b"\n"

    def _lines(self) -> Iterator[tuple[str, Ruling]]:
        if self.path.exists():
            for line in self.path.read_bytes().splitlines():
                try:
                    yield _decode(line)
                except msgspec.MsgspecError:
                    continue


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[str, Ruling]).decode


def _files(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _files(entry, path)
        elif path.endswith((".py", ".toml")):
            yield path, entry.read_bytes()
