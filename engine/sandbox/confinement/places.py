"""Which parts of the disk any submission may read: Python's own, and none of the game's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from engine.sandbox.confinement.landlock import READ, WRITE, Access, Rule

PROJECT = Path(__file__).resolve().parents[3]
"""What holds the game's packages: a checkout, or the folder of installed packages."""

_PACKAGES = ("engine", "levels", "tui_debugger")
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store", "/gnu/store")
_CONFIGURATION = ("/etc/ld.so.cache", "/etc/localtime")
_HARDWARE = ("/sys/devices/system", "/proc/cpuinfo", "/proc/meminfo")
_SOURCES = ("/dev/zero", "/dev/random", "/dev/urandom")
_NOTHING = "/dev/null"


def rules(readable: Sequence[Path], writable: Sequence[Path]) -> Iterator[Rule]:
    """What a process may do that is to run Python, and to use those files and folders besides."""
    yield from shared()
    yield (f"/proc/{os.getpid()}", READ)
    for path in readable:
        yield (str(path), READ)
    for path in writable:
        yield (str(path), WRITE)


@cache
def shared() -> tuple[Rule, ...]:
    """What all of them have in common. Looked up once: a server does so before its first fork."""
    searched = [os.path.realpath(folder) for folder in sys.path if Path(folder).is_absolute()]
    prefixes = [
        os.path.realpath(folder)
        for folder in (*_SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix)
    ]
    hidden = {f"{folder}/{package}" for folder in searched for package in _PACKAGES}
    hidden = {str(PROJECT / package) for package in _PACKAGES} | set(filter(os.path.exists, hidden))
    if (PROJECT / "pyproject.toml").exists():
        hidden.add(str(PROJECT))  # a checkout: its tests and its history tell as much
    found = [(path, READ) for path in (*_CONFIGURATION, *_HARDWARE, *_SOURCES)]
    found.append((_NOTHING, READ | Access.WRITE_FILE))
    roots = dict.fromkeys((*prefixes, *searched))
    linked = {place for root in searched if root not in hidden for place in _linked(root)}
    for place in sorted(linked):
        if not any(f"{place}/".startswith(f"{known}/") for known in (*roots, *hidden)):
            roots[place] = None
    for root in roots:
        found += _open(root, hidden)
    return tuple(found)


def _linked(root: str) -> Iterator[str]:
    """Where the packages in ``root`` really are: some installers make links, to a package or to
    each of its files."""
    for entry in _entries(root):
        if entry.is_symlink():
            yield os.path.realpath(entry.path)
        elif entry.is_dir():
            files = (inner for inner in _entries(entry.path) if inner.is_file())
            first = next(files, None)
            if first is not None and first.is_symlink():
                yield str(Path(first.path).resolve().parent)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _open(root: str, hidden: set[str]) -> Iterator[Rule]:
    """``root`` without what is hidden in it; the names in a folder are no secret."""
    if root in hidden:
        return
    if not any(place.startswith(f"{root}/") for place in hidden):
        yield (root, READ)
        return
    yield (root, Access.LIST)
    with os.scandir(root) as entries:
        for entry in entries:
            if not entry.is_symlink():
                yield from _open(entry.path, hidden)
