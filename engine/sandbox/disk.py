"""How much of the disk a job takes up."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from engine.sandbox.limits import LARGEST_FILE

SMALLEST = 64 << 10
"""Bytes that a file or folder counts as at least: there must be an end of their number too."""


def taken(folders: Sequence[Path], pids: Iterable[int], most: int) -> float:
    """Bytes in ``folders`` and in removed files that ``pids`` hold, counted to past ``most``.

    A folder that cannot be looked into, be it locked or too deep, counts as without end: code that
    means no harm makes none. Without /proc, removed files are not seen.
    """
    total = 0.0
    holders = list(pids)
    for size in (
        *map(_removed, holders),
        _mapped(holders, folders),
        *map(_beneath, folders),
    ):
        for amount in size:
            total += amount
            if total > most:
                return total
    return total


def _beneath(folder: Path) -> Iterator[float]:
    """The size of everything in ``folder``."""
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        yield max(SMALLEST, _size(entry.stat(follow_symlinks=False)))
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            pass  # removed, or replaced, while we looked
        except OSError:
            yield math.inf


def _removed(pid: int) -> Iterator[int]:
    with suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with suppress(OSError):
                found = entry.stat()
                if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                    yield _size(found)


def _mapped(pids: Sequence[int], folders: Sequence[Path]) -> Iterator[int]:
    """Removed files that are only mapped. How large they are is nowhere to be seen, so that each
    counts as the largest that there can be."""
    roots = tuple(f"{folder.resolve()}/".encode() for folder in folders)
    seen: set[tuple[bytes, bytes]] = set()
    for pid in pids:
        with suppress(OSError):
            # proc_pid_maps(5): range, rights, offset, device, inode, path.
            for line in Path(f"/proc/{pid}/maps").read_bytes().splitlines():
                if line.endswith(b" (deleted)"):
                    *_, device, inode, path = line.split(maxsplit=5)
                    if path.startswith(roots) and (device, inode) not in seen:
                        seen.add((device, inode))
                        yield LARGEST_FILE


def _size(found: os.stat_result) -> int:
    """Bytes on the disk: a file may be larger and hold nothing, or smaller and hold more."""
    return getattr(found, "st_blocks", -(-found.st_size // 512)) * 512
