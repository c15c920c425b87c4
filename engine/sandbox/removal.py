"""Removing folders that code under test has written in, whatever it has made of them."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_BY_DESCRIPTOR = {os.open, os.rename, os.rmdir, os.unlink, os.chmod} <= os.supports_dir_fd


@contextmanager
def passing_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A new folder in ``parent``, or where temporary files go; gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove ``folder`` and what is in it, locked or not; what a link points to stays."""
    for _ in removing(folder):
        pass


def removing(folder: Path) -> Iterator[None]:
    """The same in steps, none of which takes long: there may be many thousand folders.

    However deep they are, each costs the same and none a level of the stack: they are brought up
    to the top before they are looked into. What cannot be removed is left.
    """
    if _BY_DESCRIPTOR:
        with suppress(OSError):
            yield from _emptied(folder)
    with suppress(RecursionError):  # where the quick way cannot be gone
        shutil.rmtree(folder, ignore_errors=True)


def _emptied(folder: Path) -> Iterator[None]:
    if not folder.is_symlink():
        folder.chmod(0o700)
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        mark = uuid.uuid4().hex  # like nothing that is there
        names = (f"{mark}-{number}" for number in itertools.count())
        waiting: deque[str] = deque()
        yield from _raised(top, top, names, waiting)
        while waiting:
            name = waiting.popleft()
            with suppress(OSError):
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
                try:
                    yield from _raised(inner, top, names, waiting)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)


def _raised(inner: int, top: int, names: Iterator[str], raised: deque[str]) -> Iterator[None]:
    """Unlink what is in the folder ``inner``, and bring its folders up to ``top``, to be
    ``raised`` there by their new names."""
    with os.scandir(inner) as entries:
        found = list(entries)
    for entry in found:
        yield
        with suppress(OSError):
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.name, dir_fd=inner)
                continue
            os.chmod(entry.name, 0o700, dir_fd=inner)
            name = next(names)
            os.rename(entry.name, name, src_dir_fd=inner, dst_dir_fd=top)
            raised.append(name)
