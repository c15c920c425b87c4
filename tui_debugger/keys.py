"""The keys: which command has which, what the player chose in ``keys.toml``, and their names.

A command is defined once, as a ``Binding`` with an id, where it is carried out. Everything that
names a key asks here: key bar, palette and help through Textual's keymap, texts through ``key``
and ``with_keys``.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import tomli
from textual import events
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from engine.workspace import write_atomically

HEADER = "# Keys of tui-debugger, one command a line: its id, then a key or a list of keys.\n"
PANES = ("probes", "evidence", "hints", "output", "history", "brief")
"""What ids begin with that belong to one side of the level's screen, the code being the other."""
UNHEARD = frozenset(
    {
        *("ctrl+n", "ctrl+t", "ctrl+w", "ctrl+pageup", "ctrl+pagedown"),  # the browser's own
        *("alt+left", "alt+comma", "alt+full_stop", "ctrl+slash"),  # its terminal makes them others
    }
)
"""What does not come through a tab of Chromium, measured; every command has another key."""
_NAMED = re.compile(r"\{([a-z]+\.[a-z_]+)\}")
_KNOWN = {key.value.rpartition("+")[2] for key in Keys} | set(KEY_NAME_REPLACEMENTS)
_PARTS = re.compile(r"(?:(?:ctrl|shift|alt|super)\+)*([^+\s]+|\+)")


@dataclass(frozen=True)
class Command:
    """One thing that can be done, with the keys it has unless the player chose others."""

    id: str
    keys: tuple[str, ...]
    tells: str
    """What it does."""

    @property
    def area(self) -> str:
        """Where it can be done."""
        return self.id.partition(".")[0]


def commands() -> dict[str, Command]:
    """Every command of the interface, by id; loads all of it, since commands are defined where
    they are carried out."""
    from tui_debugger import screens

    names = [
        module.name for module in pkgutil.walk_packages(screens.__path__, "tui_debugger.screens.")
    ]
    for name in ("tui_debugger.app", *names):
        importlib.import_module(name)
    return defined()


def defined() -> dict[str, Command]:
    """The commands of what is loaded, by id."""
    found = {
        binding.id: Command(binding.id, tuple(_split(binding.key)), binding.tooltip)
        for kind in kinds(DOMNode)
        if kind.__module__.startswith("tui_debugger.")
        for binding in kind.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding) and binding.id
    }
    return dict(sorted(found.items()))


class KeyMap:
    """The commands' keys, as the player has them.

    What ``keys.toml`` asks for and cannot be had is left out, and ``problems`` says why.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._defined: dict[str, Command] = {}
        self.chosen: dict[str, tuple[str, ...]] = {}
        self.problems: list[str] = []
        self.unheard: frozenset[str] = frozenset()
        """Keys that do not arrive where the game is played; they come last, and name nothing."""
        for id, keys in self._read():
            problem = self.problem(id, keys)
            if problem:
                self.problems.append(f"{path.name}: {problem}")
            else:
                self.chosen[id] = keys

    @cached_property
    def commands(self) -> dict[str, Command]:
        """Every command, by id. Nobody who has not chosen any keys waits for all to be loaded."""
        return commands()

    def keys(self, id: str) -> tuple[str, ...]:
        """The keys of a command."""
        if id in self.chosen:
            keys = self.chosen[id]
        else:
            if id not in self._defined:
                self._defined = defined()
            keys = (self._defined.get(id) or self.commands[id]).keys
        return tuple(sorted(keys, key=self.unheard.__contains__))

    def problem(self, id: str, keys: tuple[str, ...]) -> str:
        """Why a command cannot have these keys; empty when it can."""
        if id not in self.commands:
            close = difflib.get_close_matches(id, self.commands, 1)
            return f"there is no command {id}{f'; {close[0]}?' if close else '.'}"
        for key in keys:
            base = _PARTS.fullmatch(key)
            if base is None or not (len(base[1]) == 1 or base[1] in _KNOWN):
                return f"{id}: {key!r} is no key."
            if len(key) == 1 and self.commands[id].area in ("app", "level", "code"):
                return f"{id}: {key!r} is a character that is typed into the code."
            if key in editing() and self.commands[id].area in ("app", "level", "code"):
                return f"{id}: {key} is a key of the editor."
            for other in self.commands.values():
                if key in self.keys(other.id) and self._meets(id, other.id):
                    return f"{id}: {key} is the key of {other.id} ({other.tells})."
        return "" if keys else f"{id}: it needs a key."

    def choose(self, id: str, keys: tuple[str, ...] | None) -> None:
        """Keep these keys for a command, or those it came with. Raises OSError."""
        chosen = {other: kept for other, kept in self.chosen.items() if other != id}
        if keys is not None and keys != self.commands[id].keys:
            chosen[id] = keys
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, HEADER + "".join(toml_lines(chosen)))
        self.chosen = chosen

    def keymap(self) -> dict[str, str]:
        """What Textual is to know of it: nothing, or the keys of every command.

        Its ``apply_keymap`` puts what it is told of last, and forgets what else had those keys.
        """
        if not (self.chosen or self.unheard):
            return {}
        return {id: ",".join(self.keys(id)) for id in self.commands}

    def _meets(self, id: str, other: str) -> bool:
        """Whether two commands could be wanted at the same place, and not shared a key before."""
        if id == other or set(self.commands[id].keys) & set(self.commands[other].keys):
            return False
        one, two = self.commands[id].area, self.commands[other].area
        sides = {"code", *PANES}
        return one == two or "app" in (one, two) or {one, two} - sides == {"level"}

    def _read(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        try:
            told = tomli.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self.problems.append(f"{self.path} cannot be read: {error}.")
            return
        for id, keys in _flat(told):
            listed = [keys] if isinstance(keys, str) else keys
            if isinstance(listed, list) and all(isinstance(key, str) for key in listed):
                yield id, tuple(listed)
            else:
                self.problems.append(f"{self.path.name}: {id} is neither a key nor a list of keys.")


class KeyedApp(App[None]):
    """An app whose commands have the keys that the player wants."""

    keys: KeyMap

    async def on_event(self, event: events.Event) -> None:
        """Where alt is held, nothing is typed: most terminals send the letter along, which an
        editor would take for text."""
        if isinstance(event, events.Key) and event.key.startswith("alt+"):
            event.character = None
        await super().on_event(event)

    def key(self, command: str) -> str:
        """The first key of a command, as the key bar names it."""
        return self.get_key_display(Binding(self.keys.keys(command)[0], ""))


def key(node: DOMNode, command: str) -> str:
    """The key of ``command``, as the key bar names it."""
    assert isinstance(node.app, KeyedApp)
    return node.app.key(command)


def with_keys(node: DOMNode, text: str) -> str:
    """``text`` with the key of a command for each ``{id}``."""
    return _NAMED.sub(lambda named: key(node, named[1]), text)


@cache
def editing() -> frozenset[str]:
    """The keys that the editor takes for itself."""
    from textual.widgets import TextArea  # the list of levels is there without it

    bindings = (binding for binding in TextArea.BINDINGS if isinstance(binding, Binding))
    return frozenset(key for binding in bindings for key in binding.key.split(","))


def toml_lines(chosen: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Lines of ``keys.toml``."""
    for id, keys in sorted(chosen.items()):
        quoted = ['"{}"'.format(key.replace("\\", "\\\\").replace('"', '\\"')) for key in keys]
        told = quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
        yield f"{id} = {told}\n"


def kinds(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """Every class that has been made of ``kind``."""
    for under in kind.__subclasses__():
        yield under
        yield from kinds(under)


def _flat(told: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",")]
